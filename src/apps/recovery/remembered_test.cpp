#include "apps/recovery/remembered.h"

#include <gtest/gtest.h>

#include "apps/recovery/row.h"

namespace lifeboat::recovery {
namespace {

const Home kA{"fs-1", "200000"}, kB{"fs-1", "200005"};

HistoryEntry entry(std::string_view what, const Home& home, std::string_view copied = "",
                   const std::string& domain = "d-1") {
    HistoryEntry made;
    made.event = what;
    made.copy = copied;
    made.home = home;
    made.domain_id = domain;
    made.domain_name = "studio";
    return made;
}

// Domain d-0 is gone, every other one lives.
Remembered of(const std::vector<HistoryEntry>& history, const Home& home) {
    return remembered(history, home, "d-1", "studio",
                      [](const std::string& domain) { return domain != "d-0"; });
}

TEST(Remembered, NothingOfAProfileThatNeverWas) {
    const Remembered past = of({}, kA);
    EXPECT_FALSE(past.has_earlier_work);
    EXPECT_FALSE(past.knows_home);
    EXPECT_TRUE(past.replication);
}

TEST(Remembered, EarlierHomesOfThisDomainAndOfOneThatIsGone) {
    EXPECT_TRUE(of({entry("created", kA, "none")}, kB).has_earlier_work);
    EXPECT_TRUE(of({entry("created", kA, "none", "d-0")}, kB).has_earlier_work);
    EXPECT_FALSE(of({entry("created", kA, "none", "d-2")}, kB).has_earlier_work);
    HistoryEntry elsewhere = entry("created", kA, "none");
    elsewhere.domain_name = "lab";
    EXPECT_FALSE(of({elsewhere}, kB).has_earlier_work);
}

TEST(Remembered, WhatBefellTheHomeItHas) {
    std::vector<HistoryEntry> history = {entry("created", kA, "none")};
    EXPECT_EQ(of(history, kA).replication_status, status::kNone);
    EXPECT_TRUE(of(history, kA).knows_home);
    EXPECT_FALSE(of(history, kA).has_earlier_work);
    history.push_back(entry("created", kB, "due"));
    EXPECT_EQ(of(history, kB).replication_status, status::kPending);
    history.push_back(entry("failed", kB));
    EXPECT_EQ(of(history, kB).replication_status, status::kError);
    history.push_back(entry("recovered", kB));
    EXPECT_EQ(of(history, kB).replication_status, status::kSuccess);
    EXPECT_EQ(of({entry("created", kB, "off")}, kB).replication_status, status::kOff);
    // An entry of the AWS sample.
    EXPECT_EQ(of({entry("", kB)}, kB).replication_status, status::kNone);
}

TEST(Remembered, TheSwitchesAsTheyWereLast) {
    HistoryEntry off = entry("replication", kA);
    off.replication = false;
    EXPECT_FALSE(of({entry("created", kA, "none"), off}, kB).replication);
    HistoryEntry on = entry("protection", kA);
    on.protection = true;
    EXPECT_EQ(of({entry("created", kA, "none")}, kB).protection, std::nullopt);
    EXPECT_EQ(of({entry("created", kA, "none"), on}, kB).protection, true);
}

TEST(Remembered, ASnapshotSaysNothingOfTheSwitches) {
    HistoryEntry last = entry("deleted", kA);
    last.replication = false;
    last.protection = true;
    for (const std::string_view what : {event::kSnapshot, event::kSnapshotPartial,
                                        event::kSnapshotNothing, event::kSnapshotFailed}) {
        const Remembered past = of({last, entry(what, kA)}, kB);
        EXPECT_FALSE(past.replication) << what;
        EXPECT_EQ(past.protection, true) << what;
        EXPECT_TRUE(past.has_earlier_work) << what;
    }
}

}  // namespace
}  // namespace lifeboat::recovery

#include "apps/recovery/source_choice.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace lifeboat::recovery {
namespace {

const Home kA{"fs-1", "200000"}, kB{"fs-1", "200005"}, kC{"fs-1", "200010"};

class History {
  public:
    History& add(std::string_view what, const Home& home, std::string_view copied = "") {
        HistoryEntry entry;
        entry.event = what;
        entry.copy = copied;
        entry.home = home;
        entry.when = ++now_;
        entry.profile = {Kind::User, "user1"};
        entry.domain_id = "d-1";
        entry.domain_name = "studio";
        entries.push_back(entry);
        return *this;
    }
    History& keep(const Home& home, const std::string& id, std::int64_t unreadable = 0) {
        add(unreadable == 0 ? event::kSnapshot : event::kSnapshotPartial, home);
        entries.back().snapshot = KeptSnapshot{"u-user1", id, unreadable, now_};
        return *this;
    }
    // The last snapshot was begun when there were only `entries_before` entries.
    History& begun_after(std::int64_t entries_before) {
        entries.back().snapshot->began = entries_before;
        return *this;
    }
    std::vector<HistoryEntry> entries;

  private:
    std::int64_t now_ = 0;
};

std::vector<Home> homes(const SourceChoice& choice) {
    std::vector<Home> found;
    for (const Candidate& source : choice.sources)
        found.push_back(source.home);
    return found;
}

SourceChoice choose(const History& history, const Home& target) {
    return choose_source(candidates_of(history.entries, target));
}

TEST(ChooseSource, TakesThePreviousHome) {
    const SourceChoice choice = choose(
        History().add("created", kA, "none").add("deleted", kA).add("created", kB, "due"), kB);
    EXPECT_EQ(homes(choice), std::vector<Home>{kA});
    EXPECT_NE(choice.explanation.find("first home"), std::string::npos) << choice.explanation;
}

// The home in between got no copy: it is not the source, only a supplement.
TEST(C7, RecreatedTwiceBeforeTheFirstCopyRanTakesTheHomeThatHoldsTheWork) {
    const SourceChoice choice = choose(
        History().add("created", kA, "none").add("created", kB, "due").add("created", kC, "due"),
        kC);
    EXPECT_EQ(homes(choice), (std::vector<Home>{kA, kB}));
    EXPECT_NE(choice.explanation.find("no copy into it has succeeded"), std::string::npos);
}

TEST(C7, AHomeWhoseRecoverySucceededHoldsTheWork) {
    const SourceChoice choice = choose(History()
                                           .add("created", kA, "none")
                                           .add("created", kB, "due")
                                           .add("recovered", kB)
                                           .add("created", kC, "due"),
                                       kC);
    EXPECT_EQ(homes(choice), std::vector<Home>{kB});
}

TEST(C7, AHomeWhoseRecoveryFailedDoesNot) {
    const SourceChoice choice = choose(History()
                                           .add("created", kA, "none")
                                           .add("created", kB, "due")
                                           .add("failed", kB)
                                           .add("created", kC, "due"),
                                       kC);
    EXPECT_EQ(homes(choice), (std::vector<Home>{kA, kB}));
}

TEST(ChooseSource, AHomeWithoutReplicationOnlySupplements) {
    const SourceChoice choice = choose(
        History().add("created", kA, "none").add("created", kB, "off").add("created", kC, "due"),
        kC);
    EXPECT_EQ(homes(choice), (std::vector<Home>{kA, kB}));
}

TEST(ChooseSource, OfAnAdoptedHistoryTakesTheNewest) {
    EXPECT_EQ(homes(choose(History().add("", kA).add("", kB).add("created", kC, "due"), kC)),
              std::vector<Home>{kB});
}

TEST(ChooseSource, AnAdoptedHomeWhoseCopyFailedIsNotKnownToHoldTheWork) {
    History history;
    history.add("", kA).add("", kB).add("adopted", kB);
    history.entries.back().replication_status = "ERROR";
    EXPECT_EQ(homes(choose(history.add("created", kC, "due"), kC)), (std::vector<Home>{kA, kB}));
}

TEST(ChooseSource, PassesOverWhatCannotBeReachedAndSaysSo) {
    std::vector<Candidate> candidates = candidates_of(
        History().add("created", kA, "none").add("created", kB, "due").add("recovered", kB).entries,
        kC);
    candidates[1].obstacle = "its file system is gone";
    const SourceChoice choice = choose_source(candidates);
    EXPECT_EQ(homes(choice), std::vector<Home>{kA});
    EXPECT_NE(choice.explanation.find("its file system is gone"), std::string::npos);
}

TEST(ChooseSource, SaysWhenAllIsGone) {
    std::vector<Candidate> candidates =
        candidates_of(History().add("created", kA, "none").entries, kB);
    candidates[0].obstacle = "its file system is gone";
    EXPECT_EQ(choose_source(candidates).outcome, SourceChoice::Outcome::Gone);
}

TEST(ChooseSource, NothingWithoutAnEarlierHome) {
    EXPECT_EQ(choose(History().add("created", kB, "none"), kB).outcome,
              SourceChoice::Outcome::Nothing);
}

TEST(ChooseSource, AnEmptyUidIsNeverASource) {
    History history;
    history.add("", {"fs-1", ""}).add("", {"fs-1", "/"}).add("", {"", "200000"});
    EXPECT_EQ(choose(history, kB).outcome, SourceChoice::Outcome::Nothing);
}

// The homes `gone` are, as choose-source finds out.
SourceChoice choose_without(const History& history, const Home& target,
                            const std::vector<Home>& gone) {
    std::vector<Candidate> candidates = candidates_of(history.entries, target);
    for (Candidate& candidate : candidates) {
        if (std::find(gone.begin(), gone.end(), candidate.home) == gone.end()) continue;
        candidate.is_from_vault = candidate.snapshot.has_value();
        if (!candidate.snapshot) candidate.obstacle = "its file system is gone";
    }
    return choose_source(std::move(candidates));
}

TEST(ChooseSource, WhatIsGoneIsTakenFromItsSnapshot) {
    const SourceChoice choice = choose_without(History()
                                                   .add("created", kA, "none")
                                                   .add("deleted", kA)
                                                   .keep(kA, "1111")
                                                   .add("created", kB, "due"),
                                               kB, {kA});
    ASSERT_EQ(homes(choice), std::vector<Home>{kA});
    EXPECT_TRUE(choice.sources[0].is_from_vault);
    EXPECT_EQ(choice.sources[0].snapshot->id, "1111");
    EXPECT_NE(choice.explanation.find("the home itself is gone"), std::string::npos);
}

TEST(ChooseSource, AHomeThatIsThereIsBetterThanItsSnapshot) {
    const SourceChoice choice =
        choose(History().add("created", kA, "none").keep(kA, "1111").add("created", kB, "due"), kB);
    EXPECT_FALSE(choice.sources.at(0).is_from_vault);
}

TEST(ChooseSource, TheSnapshotOfTheNewestHomeThatHeldTheWorkCounts) {
    const History history = History()
                                .add("created", kA, "none")
                                .keep(kA, "1111")
                                .add("created", kB, "due")
                                .add("recovered", kB)
                                .keep(kB, "2222")
                                .add("created", kC, "due");
    EXPECT_EQ(homes(choose_without(history, kC, {kA, kB})), std::vector<Home>{kB});
    // An older home that is still there has not what was done since.
    EXPECT_EQ(homes(choose_without(history, kC, {kB})), std::vector<Home>{kB});
}

// Its copy had failed: the snapshot of it has only what was added.
TEST(ChooseSource, SnapshotsAreWeighedAsTheirHomesAre) {
    const SourceChoice choice = choose_without(History()
                                                   .add("created", kA, "none")
                                                   .keep(kA, "1111")
                                                   .add("created", kB, "due")
                                                   .keep(kB, "2222")
                                                   .add("created", kC, "due"),
                                               kC, {kA, kB});
    EXPECT_EQ(homes(choice), (std::vector<Home>{kA, kB}));
}

// The profile was deleted while the copy still ran; both ended well.
TEST(ChooseSource, ASnapshotBegunBeforeTheCopyEndedOnlySupplements) {
    const History recorded_first = History()
                                       .add("created", kA, "none")
                                       .add("created", kB, "due")
                                       .keep(kB, "2222")
                                       .add("recovered", kB)
                                       .add("created", kC, "due");
    const History recorded_last = History()
                                      .add("created", kA, "none")
                                      .add("created", kB, "due")
                                      .add("recovered", kB)
                                      .keep(kB, "2222")
                                      .begun_after(2)
                                      .add("created", kC, "due");
    for (const History& history : {recorded_first, recorded_last}) {
        const SourceChoice choice = choose_without(history, kC, {kB});
        EXPECT_EQ(homes(choice), (std::vector<Home>{kA, kB}));
        EXPECT_NE(choice.explanation.find("begun before the recovery into it had ended"),
                  std::string::npos)
            << choice.explanation;
        EXPECT_EQ(homes(choose(history, kC)), std::vector<Home>{kB}) << "the home is there";
    }
}

TEST(ChooseSource, AFirstHomeHeldItsWorkBeforeAnythingWasCopiedThere) {
    const History history =
        History().add("created", kA, "none").keep(kA, "1111").add("recovered", kA);
    EXPECT_EQ(choose_without(history, kB, {kA}).sources.at(0).evidence,
              Candidate::Evidence::Recovered);
}

TEST(ChooseSource, APartialSnapshotIsBetterThanOneBegunTooEarly) {
    const History history = History()
                                .add("created", kA, "none")
                                .add("created", kB, "due")
                                .keep(kB, "2222")
                                .add("recovered", kB)
                                .keep(kB, "3333", 1);
    EXPECT_EQ(choose_without(history, kC, {kB}).sources.at(0).snapshot->id, "3333");
}

TEST(ChooseSource, TheNewestWholeSnapshotOfAHome) {
    const History whole_last =
        History().add("created", kA, "none").keep(kA, "1111", 3).keep(kA, "2222");
    const History partial_last =
        History().add("created", kA, "none").keep(kA, "1111").keep(kA, "2222").keep(kA, "3333", 1);
    EXPECT_EQ(choose_without(whole_last, kB, {kA}).sources.at(0).snapshot->id, "2222");
    EXPECT_EQ(choose_without(partial_last, kB, {kA}).sources.at(0).snapshot->id, "2222");
    // Months of work may lie between.
    const History lived_in_again = History()
                                       .add("created", kA, "none")
                                       .add("deleted", kA)
                                       .keep(kA, "1111")
                                       .add("adopted", kA)
                                       .add("deleted", kA)
                                       .keep(kA, "2222", 1);
    EXPECT_EQ(choose_without(lived_in_again, kB, {kA}).sources.at(0).snapshot->id, "2222");
    const SourceChoice partial =
        choose_without(History().add("created", kA, "none").keep(kA, "1111", 3), kB, {kA});
    EXPECT_NE(partial.explanation.find("3 of its files could not be read"), std::string::npos);
}

}  // namespace
}  // namespace lifeboat::recovery

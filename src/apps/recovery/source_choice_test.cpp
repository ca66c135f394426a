#include "apps/recovery/source_choice.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace lifeboat::recovery

#include "vault/lock.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "base/testing/manual_clock.h"
#include "os/testing/temporary_directory.h"
#include "vault/directory_store.h"
#include "vault/forwarding_store.h"

namespace lifeboat::vault {
namespace {

// Saving takes as long as the test says.
class SlowStore final : public ForwardingStore {
  public:
    SlowStore(Store& store, lifeboat::testing::ManualClock& clock)
        : ForwardingStore(store), clock_(clock) {}
    void save(FileKind kind, const std::string& name, std::string_view content) override {
        clock_.advance(takes);
        ForwardingStore::save(kind, name, content);
    }
    Duration takes{0};

  private:
    lifeboat::testing::ManualClock& clock_;
};

class ALock : public ::testing::Test {
  protected:
    ALock() {
        DirectoryStore::make(folder_.path());
        store_.emplace(folder_.path(), random_);
        Repository::make(*store_, "password", {}, clock_, random_);
        repository_.emplace(*store_, "password", random_);
    }
    void leave(LockFile file) {
        file.time = ZonedTime::local(clock_.now() - age_);
        repository_->save_text(FileKind::Lock, encode_lock(file));
    }

    os::testing::TemporaryDirectory folder_;
    SeededRandom random_{11};
    SystemClock clock_;
    std::optional<DirectoryStore> store_;
    std::optional<Repository> repository_;
    std::chrono::seconds age_{60};
};

TEST_F(ALock, SharesWithSharedOnesOnly) {
    {
        const Lock one(*repository_, LockKind::Shared, clock_);
        const Lock two(*repository_, LockKind::Shared, clock_);
        EXPECT_THROW(Lock(*repository_, LockKind::Exclusive, clock_), Error);
        EXPECT_EQ(list_locks(*repository_).size(), 2u);
    }
    EXPECT_TRUE(list_locks(*repository_).empty());
    const Lock alone(*repository_, LockKind::Exclusive, clock_);
    EXPECT_THROW(Lock(*repository_, LockKind::Shared, clock_), Error);
    EXPECT_EQ(list_locks(*repository_).size(), 1u);
}

TEST_F(ALock, IsNotHinderedByTheDead) {
    LockFile dead{{}, {}, LockKind::Exclusive, LockOwner::current()};
    dead.owner.process = 0x7FFFFFFE;
    leave(dead);
    const Lock lock(*repository_, LockKind::Exclusive, clock_);
    EXPECT_TRUE(lock.found_stale());
    EXPECT_EQ(list_locks(*repository_).size(), 1u);
}

TEST_F(ALock, IsLostWhenItWasNotRefreshedForHalfAnHour) {
    lifeboat::testing::ManualClock clock(clock_.now());
    Lock lock(*repository_, LockKind::Shared, clock);
    clock.advance(std::chrono::minutes(29));
    lock.require_held();
    clock.advance(std::chrono::minutes(2));
    EXPECT_THROW(lock.require_held(), Error);
}

// After the machine slept, say: somebody may have pruned meanwhile.
TEST_F(ALock, IsNotRevivedAfterItWasLost) {
    lifeboat::testing::ManualClock clock(clock_.now());
    Lock lock(*repository_, LockKind::Shared, clock);
    clock.advance(std::chrono::minutes(20));
    lock.refresh();
    clock.advance(std::chrono::minutes(20));
    lock.require_held();
    EXPECT_EQ(list_locks(*repository_).size(), 1u);
    clock.advance(std::chrono::minutes(11));
    lock.refresh();
    EXPECT_THROW(lock.require_held(), Error);
}

TEST_F(ALock, IsLostWhenItsRefreshTookTooLong) {
    lifeboat::testing::ManualClock clock(clock_.now());
    SlowStore slow(*store_, clock);
    Repository repository(slow, "password", random_);
    Lock lock(repository, LockKind::Shared, clock);
    clock.advance(std::chrono::minutes(5));
    slow.takes = std::chrono::minutes(26);
    lock.refresh();
    EXPECT_THROW(lock.require_held(), Error) << "others saw the old one for 31 minutes";
}

TEST_F(ALock, OfAReaderIsTakenAnewAfterItWasLost) {
    lifeboat::testing::ManualClock clock(clock_.now());
    Lock lock(*repository_, LockKind::Shared, clock, LockOwner::current(), AfterLoss::Renewed);
    const Id before = list_locks(*repository_).at(0).id;
    clock.advance(std::chrono::minutes(31));
    {
        const Lock other(*repository_, LockKind::Exclusive, clock);
        EXPECT_THROW(lock.refresh(), Error);
        EXPECT_THROW(lock.require_held(), Error);
        EXPECT_EQ(list_locks(*repository_).size(), 1u) << "the other's";
    }
    lock.refresh();
    lock.require_held();
    const auto locks = list_locks(*repository_);
    ASSERT_EQ(locks.size(), 1u);
    EXPECT_NE(locks[0].id, before);
    EXPECT_THROW(Lock(*repository_, LockKind::Exclusive, clock), Error);
}

TEST_F(ALock, OfAnotherHostCountsForHalfAnHour) {
    const LockFile elsewhere{{}, {}, LockKind::Exclusive, {"elsewhere", "me", 1, 0, 0}};
    leave(elsewhere);
    EXPECT_THROW(Lock(*repository_, LockKind::Shared, clock_), Error);
    EXPECT_EQ(remove_locks(*repository_, clock_, false), 0u);
    EXPECT_EQ(remove_locks(*repository_, clock_, true), 1u);
    age_ = std::chrono::minutes(31);
    leave(elsewhere);
    EXPECT_TRUE(Lock(*repository_, LockKind::Shared, clock_).found_stale());
}

}  // namespace
}  // namespace lifeboat::vault

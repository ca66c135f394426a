// Locks of a repository, as restic's: a file each, shared or exclusive, refreshed while its owner
// lives.
//
// A lock is written first and the others are looked at then, so of two that do not go together at
// least one notices. A lock is stale when it was not refreshed for half an hour, or when it was
// made on this host by a process that is no more; stale locks hinder nobody and are removed.
#pragma once

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "vault/repository.h"
#include "vault/zoned_time.h"

namespace lifeboat::vault {

enum class LockKind { Shared, Exclusive };

struct LockOwner {
    std::string host;
    std::string user;
    std::int64_t process = 0;
    std::uint32_t uid = 0, gid = 0;

    // This process.
    static LockOwner current();
};

struct LockFile {
    Id id;  // of its file; not part of it
    ZonedTime time;
    LockKind kind = LockKind::Shared;
    LockOwner owner;

    bool is_stale(Time now, const std::string& this_host) const;
};

std::string encode_lock(const LockFile& lock);
LockFile decode_lock(std::string_view text);
// Those that can be read.
std::vector<LockFile> list_locks(Repository& repository);
// Removes stale ones, or all. Returns how many.
std::size_t remove_locks(Repository& repository, const Clock& clock, bool all);

// What becomes of a lock that was not refreshed for so long that others took it for stale.
enum class AfterLoss {
    Lost,     // it stays lost: what was relied on may have been removed
    Renewed,  // it is taken anew: for who only reads, and sees what is missing
};

// Held as long as this lives; a thread of its own refreshes it every five minutes.
class Lock {
  public:
    // Throws Unavailable when another's lock is in the way. `repository` and `clock` outlive this.
    Lock(Repository& repository, LockKind kind, const Clock& clock,
         const LockOwner& owner = LockOwner::current(), AfterLoss after_loss = AfterLoss::Lost);
    ~Lock();
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

    // A stale lock was found: its owner left work undone, perhaps.
    bool found_stale() const { return found_stale_; }
    // Throws Unavailable when it was once not refreshed for so long that others took it for stale:
    // then a prune may have deleted what was relied on.
    void require_held();
    // What the lock's own thread does every five minutes. A lock that others may have taken for
    // stale is not written anew but with AfterLoss::Renewed, and there only where nobody's is in
    // the way: throws Unavailable then, and stays lost until a next try. Not from several threads.
    void refresh();
    // Those of others now. Not to be called from several threads.
    std::vector<LockFile> others();

  private:
    void write();
    // Writes it where nobody's is in the way. Throws Unavailable, and leaves nothing then.
    void take();
    void refuse_if_hindered();
    // True when it is lost.
    bool notice_loss();
    void keep_fresh(const std::stop_token& stop);

    Repository& repository_;
    const Clock& clock_;
    const AfterLoss after_loss_;
    LockFile file_;
    std::vector<Id> written_;  // the last is the lock's
    std::mutex mutex_;         // over file_, written_ and is_lost_
    bool found_stale_ = false;
    bool is_lost_ = false;
    std::jthread refresher_;
};

}  // namespace lifeboat::vault

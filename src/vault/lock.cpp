#include "vault/lock.h"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>

#include "base/error.h"
#include "base/log.h"
#include "os/identity.h"
#include "vault/go_text.h"
#include "vault/json_input.h"

namespace lifeboat::vault {
namespace {

using namespace std::chrono_literals;

// restic's own figures.
constexpr auto kStaleAfter = 30min;
constexpr auto kRefreshEvery = 5min;

}  // namespace

LockOwner LockOwner::current() {
    return {os::host_name(), os::user_name(::geteuid()), ::getpid(), ::geteuid(), ::getegid()};
}

bool LockFile::is_stale(Time now, const std::string& this_host) const {
    if (now - time.time() > kStaleAfter) return true;
    return owner.host == this_host && !os::is_process(static_cast<pid_t>(owner.process));
}

std::string encode_lock(const LockFile& lock) {
    std::string out = "{\"time\":\"" + to_text(lock.time) + "\",\"exclusive\":";
    out += lock.kind == LockKind::Exclusive ? "true" : "false";
    out += ",\"hostname\":";
    append_go_json(out, lock.owner.host);
    out += ",\"username\":";
    append_go_json(out, lock.owner.user);
    out += ",\"pid\":" + std::to_string(lock.owner.process);
    if (lock.owner.uid != 0) out += ",\"uid\":" + std::to_string(lock.owner.uid);
    if (lock.owner.gid != 0) out += ",\"gid\":" + std::to_string(lock.owner.gid);
    return out += '}';
}

LockFile decode_lock(std::string_view text) {
    const JsonInput input(text, "a lock");
    LockFile lock;
    for (const auto& [key, value] : input.object(input.root())) {
        const auto number = [&, &given = value] {
            return static_cast<std::uint32_t>(input.number(given, UINT32_MAX));
        };
        if (key == "time") lock.time = ZonedTime::parse(input.text(value));
        if (key == "exclusive" && value.is_bool() && value.get_bool())
            lock.kind = LockKind::Exclusive;
        if (key == "hostname") lock.owner.host = input.text(value);
        if (key == "username") lock.owner.user = input.text(value);
        if (key == "pid") lock.owner.process = number();
        if (key == "uid") lock.owner.uid = number();
        if (key == "gid") lock.owner.gid = number();
    }
    return lock;
}

std::vector<LockFile> list_locks(Repository& repository) {
    std::vector<std::string> names;
    repository.store().each(FileKind::Lock,
                            [&](const std::string& name, std::uint64_t) { names.push_back(name); });
    std::vector<LockFile> locks;
    for (const std::string& name : names) {
        try {
            locks.push_back(decode_lock(repository.load_text(FileKind::Lock, name)));
            locks.back().id = *Id::parse(name);
        } catch (const Error& error) {
            if (error.category() == ErrorCategory::NotFound) continue;  // removed meanwhile
            // Whoever wrote this holds no lock: it was never whole.
            if (error.category() != ErrorCategory::Corruption) throw;
            log::warning("a lock cannot be read and is passed over",
                         {{"lock", name}, {"error", error.what()}});
        }
    }
    return locks;
}

std::size_t remove_locks(Repository& repository, const Clock& clock, bool all) {
    std::size_t removed = 0;
    const std::string host = os::host_name();
    for (const LockFile& lock : list_locks(repository)) {
        if (!all && !lock.is_stale(clock.now(), host)) continue;
        repository.store().remove(FileKind::Lock, lock.id.hex());
        ++removed;
    }
    return removed;
}

Lock::Lock(Repository& repository, LockKind kind, const Clock& clock, const LockOwner& owner,
           AfterLoss after_loss)
    : repository_(repository), clock_(clock), after_loss_(after_loss), file_{{}, {}, kind, owner} {
    take();
    refresher_ = std::jthread([this](const std::stop_token& stop) { keep_fresh(stop); });
}

Lock::~Lock() {
    refresher_.request_stop();
    refresher_ = {};
    try {
        repository_.store().remove(FileKind::Lock, file_.id.hex());
    } catch (const Error& error) {
        log::warning("a lock stays behind", {{"lock", file_.id.hex()}, {"error", error.what()}});
    }
}

void Lock::write() {
    LockFile next = file_;
    next.time = ZonedTime::local(clock_.now());
    next.id = repository_.save_text(FileKind::Lock, encode_lock(next));
    const std::scoped_lock lock(mutex_);
    // The old one may have become stale while the new one was on its way.
    if (!written_.empty()) is_lost_ |= file_.is_stale(clock_.now(), file_.owner.host);
    file_ = next;
    written_.push_back(next.id);
}

void Lock::take() {
    write();
    try {
        refuse_if_hindered();
    } catch (...) {
        repository_.store().remove(FileKind::Lock, file_.id.hex());
        throw;
    }
}

void Lock::refuse_if_hindered() {
    for (const LockFile& other : others()) {
        if (other.is_stale(clock_.now(), file_.owner.host)) {
            found_stale_ = true;
            repository_.store().remove(FileKind::Lock, other.id.hex());
            continue;
        }
        if (file_.kind == LockKind::Shared && other.kind == LockKind::Shared) continue;
        throw Error(ErrorCategory::Unavailable, "RepositoryLocked",
                    "the repository is locked" +
                        std::string(other.kind == LockKind::Exclusive ? " exclusively" : "") +
                        " by " + other.owner.user + "@" + other.owner.host + ", process " +
                        std::to_string(other.owner.process) + ", since " + to_text(other.time) +
                        "; try again when that is done, or remove what nobody holds any more by "
                        "`lifeboat vault unlock`");
    }
}

// The machine slept, or the store did not answer for long.
bool Lock::notice_loss() {
    const std::scoped_lock lock(mutex_);
    is_lost_ |= file_.is_stale(clock_.now(), file_.owner.host);
    return is_lost_;
}

void Lock::require_held() {
    if (!notice_loss()) return;
    const std::scoped_lock lock(mutex_);
    throw Error(ErrorCategory::Unavailable, "LockLost",
                "the repository's lock could not be refreshed since " + to_text(file_.time) +
                    ", so what this run relied on may have been removed meanwhile; run it again: "
                    "what arrived is not written twice");
}

std::vector<LockFile> Lock::others() {
    auto locks = list_locks(repository_);
    const std::scoped_lock lock(mutex_);
    std::erase_if(locks, [&](const LockFile& other) {
        return std::find(written_.begin(), written_.end(), other.id) != written_.end();
    });
    return locks;
}

void Lock::refresh() {
    const bool is_lost = notice_loss();
    if (is_lost && after_loss_ == AfterLoss::Lost) return;
    const Id before = file_.id;
    if (is_lost) {
        take();
        const std::scoped_lock lock(mutex_);
        is_lost_ = false;
    } else {
        write();
    }
    repository_.store().remove(FileKind::Lock, before.hex());
}

void Lock::keep_fresh(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock waiting(mutex);
    bool was_lost = false;
    while (!stop.stop_requested()) {
        never.wait_for(waiting, stop, kRefreshEvery, [] { return false; });
        if (stop.stop_requested()) return;
        const bool is_lost = notice_loss();
        if (is_lost && !was_lost)
            log::warning(
                "the repository's lock could not be refreshed for half an hour and counted "
                "no more; what others pruned meanwhile may be missing");
        was_lost = is_lost;
        try {
            refresh();
        } catch (const Error& error) {
            log::warning("the repository's lock could not be refreshed", {{"error", error.what()}});
        }
    }
}

}  // namespace lifeboat::vault

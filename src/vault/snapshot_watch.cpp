#include "vault/snapshot_watch.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"

namespace lifeboat::vault {
namespace {

std::vector<Snapshot> by_time(const std::map<std::string, std::optional<Snapshot>>& known) {
    std::vector<Snapshot> found;
    for (const auto& [name, snapshot] : known)
        if (snapshot) found.push_back(*snapshot);
    std::sort(found.begin(), found.end(), [](const Snapshot& a, const Snapshot& b) {
        return a.time != b.time ? a.time < b.time : a.id < b.id;
    });
    return found;
}

}  // namespace

SnapshotWatch::SnapshotWatch(Repository& repository, BlobReader& blobs, const Clock& clock,
                             SnapshotFilter filter, std::chrono::seconds every)
    : repository_(repository),
      blobs_(blobs),
      clock_(clock),
      filter_(std::move(filter)),
      every_(every),
      looked_(clock.now()) {
    folders_ = look();
    if (!folders_) folders_ = std::make_shared<SnapshotFolders>(std::vector<Snapshot>());
}

bool SnapshotWatch::is_due() const {
    const std::scoped_lock lock(mutex_);
    const Time now = clock_.now();
    return now >= looked_ + every_ || now < looked_;  // or the clock was set back
}

std::shared_ptr<const SnapshotFolders> SnapshotWatch::folders() {
    if (const std::unique_lock mine(looking_, std::try_to_lock); mine && is_due()) {
        std::shared_ptr<const SnapshotFolders> found;
        try {
            found = look();
        } catch (const Error& error) {
            log::warning("the snapshots could not be listed; those known before are shown",
                         {{"error", error.what()}});
        }
        const std::scoped_lock lock(mutex_);
        if (found) folders_ = std::move(found);
        looked_ = clock_.now();
    }
    const std::scoped_lock lock(mutex_);
    return folders_;
}

std::shared_ptr<const SnapshotFolders> SnapshotWatch::look() {
    std::set<std::string> there;
    repository_.store().each(FileKind::Snapshot,
                             [&](const std::string& name, std::uint64_t) { there.insert(name); });
    auto next = known_;
    std::erase_if(next, [&](const auto& entry) { return !there.contains(entry.first); });
    std::erase_if(unreadable_, [&](const std::string& name) { return !there.contains(name); });
    const bool has_gone = next.size() != known_.size();
    bool has_come = false;
    for (const std::string& name : there) {
        if (next.contains(name)) continue;
        try {
            next.emplace(name, load(name));
            has_come = true;
        } catch (const Error& error) {
            if (is_retryable(error)) throw;
            // Somebody may still write it, or may let us read it later.
            if (unreadable_.insert(name).second)
                log::warning("a snapshot cannot be read and is not shown until it can",
                             {{"snapshot", name}, {"error", error.what()}});
        }
    }
    if (!has_gone && !has_come) return nullptr;
    if (has_come) blobs_.load_index();
    auto folders = std::make_shared<SnapshotFolders>(by_time(next));
    known_ = std::move(next);
    for (const std::string& name : folders->hidden())
        log::warning("the name of a host or tag cannot name a folder and is not shown there",
                     {{"name", name}});
    return folders;
}

std::optional<Snapshot> SnapshotWatch::load(const std::string& name) {
    try {
        Snapshot snapshot = load_snapshot(repository_, name);
        if (filter_.takes(snapshot)) return snapshot;
    } catch (const Error& error) {
        // One that was forgotten meanwhile is not missed.
        if (error.category() != ErrorCategory::NotFound) throw;
    }
    return std::nullopt;
}

}  // namespace lifeboat::vault

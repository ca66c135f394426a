#include "vault/cool.h"

#include <algorithm>
#include <chrono>
#include <unordered_set>

#include "base/error.h"
#include "mover/pool.h"
#include "vault/needed_blobs.h"
#include "vault/retention.h"
#include "vault/snapshot.h"
#include "vault/tiers.h"

namespace lifeboat::vault {
namespace {

class Cooling {
  public:
    Cooling(Repository& repository, Tiers& tiers, const CoolOptions& options,
            CoolProgress& progress, const std::stop_token& stop)
        : repository_(repository),
          tiers_(tiers),
          options_(options),
          progress_(progress),
          stop_(stop),
          needed_(repository) {}

    CoolReport run() {
        // In this order: a pack that comes meanwhile is not moved.
        tiers_.each_pack([&](const TieredPack& pack) { packs_.push_back(pack); });
        auto [young, old] = divide();
        repository_.load_index();
        need(young);
        const auto hot = needed_packs();
        need(old);
        for (const PackEntry* pack : needed_packs())
            if (!hot.contains(pack) && has_data_alone(*pack)) coolable_.insert(pack->id);
        std::vector<TieredPack> chosen;
        for (const TieredPack& pack : packs_)
            if (choose(pack)) chosen.push_back(pack);
        if (!options_.dry_run) move(chosen);
        return report_;
    }

  private:
    using Snapshots = std::vector<Snapshot>;

    std::pair<Snapshots, Snapshots> divide() const {
        std::pair<Snapshots, Snapshots> divided;
        for (Snapshots& group : group_snapshots(list_snapshots(repository_, {}))) {
            const auto newest = std::max_element(
                group.begin(), group.end(),
                [](const Snapshot& a, const Snapshot& b) { return a.time < b.time; });
            for (auto it = group.begin(); it != group.end(); ++it) {
                const bool is_old =
                    it->time.time() < options_.before && (it != newest || options_.newest_too);
                (is_old ? divided.second : divided.first).push_back(*it);
            }
        }
        return divided;
    }

    void need(const Snapshots& snapshots) {
        for (const Snapshot& snapshot : snapshots)
            needed_.add(snapshot.tree, repository_.index());
        needed_.require_all("nothing was moved");
    }

    // Of several copies of a blob, any may be the one that is read.
    std::unordered_set<const PackEntry*> needed_packs() const {
        std::unordered_set<const PackEntry*> found;
        for (const PackEntry& pack : repository_.index().packs())
            if (std::any_of(pack.blobs.begin(), pack.blobs.end(), [&](const BlobPlace& place) {
                    return needed_.contains(place.type, place.id);
                }))
                found.insert(&pack);
        return found;
    }

    static bool has_data_alone(const PackEntry& pack) {
        return std::all_of(pack.blobs.begin(), pack.blobs.end(),
                           [](const BlobPlace& place) { return place.type == BlobType::Data; });
    }

    bool choose(const TieredPack& pack) {
        const bool is_elsewhere =
            !pack.is_cold || (!options_.storage_class.empty() &&
                              pack.storage_class != options_.storage_class && !pack.needs_thaw);
        const bool goes =
            is_elsewhere && pack.modified < options_.before && coolable_.contains(pack.id);
        auto& packs = goes ? report_.packs : pack.is_cold ? report_.cold_packs : report_.hot_packs;
        auto& bytes = goes ? report_.bytes : pack.is_cold ? report_.cold_bytes : report_.hot_bytes;
        ++packs;
        bytes += pack.size;
        return goes;
    }

    void move(const std::vector<TieredPack>& chosen) {
        report_.packs = report_.bytes = 0;
        std::atomic<bool> is_cut_short{false};
        mover::Pool pool(options_.workers, options_.workers);
        for (const TieredPack& pack : chosen)
            pool.submit([&] {
                if (stop_.stop_requested())
                    is_cut_short = true;
                else
                    move(pack);
            });
        while (!pool.wait_for(std::chrono::seconds(3600))) {
        }
        if (is_cut_short)
            throw Error(ErrorCategory::Cancelled, "Cancelled",
                        "it was interrupted; " + std::to_string(progress_.packs) + " of " +
                            std::to_string(chosen.size()) + " packs were moved, run it again");
        report_.packs = progress_.packs;
        report_.bytes = progress_.bytes;
    }

    void move(const TieredPack& pack) {
        try {
            tiers_.cool(pack.id, options_.storage_class);
            ++progress_.packs;
            progress_.bytes += pack.size;
        } catch (const Error& error) {
            // A prune was quicker.
            if (error.category() == ErrorCategory::NotFound) return;
            if (error.category() != ErrorCategory::Corruption) throw;
            const std::scoped_lock lock(mutex_);
            report_.problems.push_back("pack " + pack.id.hex() + ": " + error.what());
        }
    }

    Repository& repository_;
    Tiers& tiers_;
    const CoolOptions& options_;
    CoolProgress& progress_;
    const std::stop_token stop_;
    CoolReport report_;
    std::mutex mutex_;  // over report_.problems, while packs are moved
    NeededBlobs needed_;
    std::vector<TieredPack> packs_;
    std::unordered_set<Id, IdHash> coolable_;
};

}  // namespace

CoolReport cool(Repository& repository, const CoolOptions& options, CoolProgress& progress,
                const std::stop_token& stop) {
    Tiers* tiers = repository.store().tiers();
    if (tiers == nullptr)
        throw Error(ErrorCategory::Unsupported, "NoColdClass",
                    "packs of this repository cannot be moved from here; do it where its "
                    "directory is, or give its bucket");
    return Cooling(repository, *tiers, options, progress, stop).run();
}

}  // namespace lifeboat::vault

#include "vault/prune.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/fault.h"
#include "vault/blob_writer.h"
#include "vault/doomed.h"
#include "vault/needed_blobs.h"
#include "vault/orphans.h"
#include "vault/snapshot.h"
#include "vault/tiers.h"

namespace lifeboat::vault {
namespace {

class Prune {
  public:
    Prune(Repository& repository, Lock& lock, const Clock& clock, const PruneOptions& options,
          const std::stop_token& stop)
        : repository_(repository),
          lock_(lock),
          clock_(clock),
          options_(options),
          stop_(stop),
          codec_(repository.make_codec()),
          needed_(repository) {}

    PruneReport run() {
        // In this order: what comes meanwhile looks needed or unknown, never unneeded.
        list_packs();
        snapshots_ = list_snapshots(repository_, {});
        repository_.load_index();
        for (Doomed& doomed : load_doomed(repository_))
            marks_.emplace(doomed.pack, std::move(doomed));
        find_needed();
        classify();
        if (!options_.dry_run) {
            rewrite();
            require_going_on();
            replace_index();
        }
        delete_or_mark();
        return report_;
    }

  private:
    void require_going_on() const {
        if (stop_.stop_requested())
            throw Error(ErrorCategory::Cancelled, "Cancelled",
                        "the prune was interrupted, and nothing was deleted; run it again");
    }

    void list_packs() {
        Store& store = repository_.store();
        if (Tiers* tiers = store.tiers())
            tiers->each_pack([&](const TieredPack& pack) {
                sizes_.emplace(pack.id, pack.size);
                if (pack.is_cold || pack.needs_thaw) cold_.insert(pack.id);
            });
        else
            store.each(FileKind::Data, [&](const std::string& name, std::uint64_t size) {
                sizes_.emplace(*Id::parse(name), size);
            });
    }

    void find_needed() {
        for (const Snapshot& snapshot : snapshots_)
            needed_.add(snapshot.tree, repository_.index());
        if (needed_.missing_count() == 0) return;
        // A backup relied on what was doomed then, or its index is still to come.
        std::set<std::string> unindexed;
        for (const auto& [id, size] : sizes_)
            if (repository_.index().find_pack(id) == nullptr) unindexed.insert(id.hex());
        for (PackEntry& pack : read_headers(repository_, unindexed)) {
            // All of them: what missing trees need is not known yet.
            report_.rescued_packs += needed_.is_helped_by(pack) ? 1 : 0;
            repository_.add_pack(std::move(pack));
        }
        needed_.retry(repository_.index());
        needed_.require_all("nothing was pruned");
    }

    bool is_needed(const PackEntry& pack, const BlobPlace& place) const {
        // Of several copies, the one that is found counts.
        return needed_.contains(place.type, place.id) &&
               repository_.index().find(place.type, place.id).pack == &pack;
    }

    // Another pack may hold the same blobs, whole; until the index says so it looks unneeded.
    static void require_whole(const PackEntry& pack, std::optional<std::uint64_t> size) {
        if (size && *size >= least_pack_size(pack.blobs)) return;
        throw Error(ErrorCategory::Corruption, "PackDamaged",
                    "snapshots need pack " + pack.id.hex() + ", which " +
                        (size ? "is cut short" : "is not there") +
                        "; nothing was pruned. Make a new index by `lifeboat vault repair index`, "
                        "which finds other copies of what it held, and prune then");
    }

    void classify() {
        for (const PackEntry& pack : repository_.index().packs()) {
            const auto size = sizes_.find(pack.id);
            std::uint64_t needed = 0, unneeded = 0;
            for (const BlobPlace& place : pack.blobs)
                (is_needed(pack, place) ? needed : unneeded) += place.length;
            const auto there = size != sizes_.end()
                                   ? size->second
                                   : repository_.store().size(FileKind::Data, pack.id.hex());
            if (needed > 0) require_whole(pack, there);
            // One that came after the listing is somebody's who works just now.
            if (size == sizes_.end()) {
                if (there) kept_.push_back(&pack);
                continue;
            }
            const auto most = options_.most_unused * static_cast<double>(needed + unneeded);
            const bool stays_whole =
                cold_.contains(pack.id) || static_cast<double>(unneeded) <= most;
            if (unneeded == 0 || (needed > 0 && stays_whole)) {
                kept_.push_back(&pack);
                report_.needed_bytes += size->second;
                continue;
            }
            if (needed > 0) {
                rewritten_.push_back(&pack);
                report_.rewritten_bytes += size->second;
            }
            doomed_.insert(pack.id);
        }
        for (const auto& [id, size] : sizes_)
            if (repository_.index().find_pack(id) == nullptr) doomed_.insert(id);
    }

    void rewrite() {
        if (rewritten_.empty()) return;
        BlobWriter writer(repository_, CompressionMode::Auto, BlobWriter::Known::Nothing);
        for (const PackEntry* pack : rewritten_) {
            require_going_on();
            for (const BlobPlace& place : pack->blobs)
                if (is_needed(*pack, place))
                    writer.save(place.type, repository_.load_blob(place.type, place.id, *codec_));
        }
        writer.finish();
        fault::reach("vault.prune.rewritten");
    }

    void replace_index() {
        const bool changes = std::any_of(doomed_.begin(), doomed_.end(), [&](const Id& id) {
            return repository_.index().find_pack(id) != nullptr;
        });
        if (!changes && report_.rescued_packs == 0) return;
        lock_.require_held();
        std::vector<PackEntry> packs;
        for (const PackEntry* pack : kept_)
            packs.push_back(*pack);
        const auto before = repository_.index_files();
        save_index(repository_, std::move(packs));
        fault::reach("vault.prune.index-written");
        for (const std::string& name : before)
            repository_.store().remove(FileKind::Index, name);
        fault::reach("vault.prune.index-replaced");
    }

    // Others who hold locks now: whoever comes later reads the new index.
    std::set<std::string> holders() {
        std::set<std::string> found;
        for (const LockFile& other : lock_.others())
            found.insert(other.owner.host + ":" + std::to_string(other.owner.process));
        return found;
    }

    void delete_or_mark() {
        const auto now_holding = holders();
        if (!options_.dry_run && !doomed_.empty()) rescue_late();
        const ZonedTime now = ZonedTime::local(clock_.now());
        std::vector<Doomed> waiting, over;
        for (const Id& id : doomed_) {
            const auto mark = marks_.find(id);
            const Doomed doomed =
                mark != marks_.end() ? mark->second : Doomed{id, now, now_holding};
            const bool is_held = std::any_of(
                doomed.holders.begin(), doomed.holders.end(),
                [&](const std::string& holder) { return now_holding.contains(holder); });
            const bool is_over =
                now.seconds - doomed.since.seconds >= options_.margin.count() && !is_held &&
                needed_.missing_count() == 0;  // else the next run finds out where it is
            (is_over ? over : waiting).push_back(doomed);
        }
        for (const Doomed& doomed : waiting)
            report_.doomed_bytes += sizes_.at(doomed.pack);
        for (const Doomed& doomed : over)
            report_.deleted_bytes += sizes_.at(doomed.pack);
        report_.doomed_packs = waiting.size();
        report_.deleted_packs = over.size();
        if (options_.dry_run) return;
        // The old marks went with the old index where that was replaced; a second list does no
        // harm.
        if (!waiting.empty()) repository_.save_text(FileKind::Index, encode_doomed(waiting));
        if (!over.empty()) lock_.require_held();
        for (const Doomed& doomed : over) {
            repository_.store().remove(FileKind::Data, doomed.pack.hex());
            fault::reach("vault.prune.pack-deleted");
        }
    }

    // Looks at what came since this run listed it: of backups that ended meanwhile, and hold no
    // lock any more. What their snapshots need of doomed packs is indexed again at once.
    void rescue_late() {
        Index index = read_index(repository_);
        for (const Snapshot& snapshot : list_snapshots(repository_, {}))
            needed_.add(snapshot.tree, index);
        std::vector<const PackEntry*> doomed;
        for (const PackEntry& pack : repository_.index().packs())
            if (doomed_.contains(pack.id)) doomed.push_back(&pack);
        std::vector<PackEntry> rescued = needed_.find_in(doomed, index);
        report_.rescued_packs += rescued.size();
        save_index(repository_, std::move(rescued));
        // Also those whose index came meanwhile.
        std::erase_if(doomed_, [&](const Id& id) { return index.find_pack(id) != nullptr; });
    }

    Repository& repository_;
    Lock& lock_;
    const Clock& clock_;
    const PruneOptions& options_;
    const std::stop_token stop_;
    std::unique_ptr<Codec> codec_;
    PruneReport report_;
    std::map<Id, std::uint64_t> sizes_;
    std::set<Id> cold_;
    std::vector<Snapshot> snapshots_;  // when this run began
    std::map<Id, Doomed> marks_;
    NeededBlobs needed_;
    std::vector<const PackEntry*> kept_, rewritten_;
    std::set<Id> doomed_;
};

}  // namespace

PruneReport prune(Repository& repository, Lock& lock, const Clock& clock,
                  const PruneOptions& options, const std::stop_token& stop) {
    return Prune(repository, lock, clock, options, stop).run();
}

}  // namespace lifeboat::vault

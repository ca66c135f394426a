#include "vault/prune.h"

#include <algorithm>
#include <map>
#include <unordered_set>

#include "base/error.h"
#include "base/fault.h"
#include "vault/blob_writer.h"
#include "vault/doomed.h"
#include "vault/orphans.h"
#include "vault/snapshot.h"
#include "vault/tree.h"

namespace lifeboat::vault {
namespace {

using IdSet = std::unordered_set<Id, IdHash>;

class Prune {
  public:
    Prune(Repository& repository, Lock& lock, const Clock& clock, const PruneOptions& options)
        : repository_(repository),
          lock_(lock),
          clock_(clock),
          options_(options),
          codec_(repository.make_codec()) {}

    PruneReport run() {
        // In this order: what comes meanwhile looks needed or unknown, never unneeded.
        repository_.store().each(FileKind::Data, [&](const std::string& name, std::uint64_t size) {
            sizes_.emplace(*Id::parse(name), size);
        });
        snapshots_ = list_snapshots(repository_, {});
        repository_.load_index();
        for (Doomed& doomed : load_doomed(repository_))
            marks_.emplace(doomed.pack, std::move(doomed));
        find_needed();
        classify();
        if (!options_.dry_run) {
            rewrite();
            replace_index();
        }
        delete_or_mark();
        return report_;
    }

  private:
    void need(BlobType type, const Id& id, const Index& index, IdSet& missing) {
        if (!needed_[static_cast<int>(type)].insert(id).second) return;
        if (!index.has(type, id)) missing.insert(id);
    }

    void find_needed() {
        IdSet missing = follow(snapshots_, repository_.index());
        if (missing.empty()) return;
        // A backup relied on what was doomed then, or its index is still to come.
        std::set<std::string> unindexed;
        for (const auto& [id, size] : sizes_)
            if (repository_.index().find_pack(id) == nullptr) unindexed.insert(id.hex());
        for (PackEntry& pack : read_headers(repository_, unindexed)) {
            const bool helps = std::any_of(pack.blobs.begin(), pack.blobs.end(),
                                           [&](auto& blob) { return missing.contains(blob.id); });
            // All of them where trees are missing: what those need is not known yet.
            if (!helps && needed_[1].empty()) continue;
            repository_.add_pack(std::move(pack));
            report_.rescued_packs += helps ? 1 : 0;
        }
        needed_[0].clear();
        needed_[1].clear();
        missing = follow(snapshots_, repository_.index());
        if (missing.empty()) return;
        throw Error(ErrorCategory::Corruption, "BlobsMissing",
                    "snapshots need " + std::to_string(missing.size()) + " blobs, " +
                        missing.begin()->hex() +
                        " among them, that no pack holds; nothing was pruned. `lifeboat vault "
                        "check` says what is affected");
    }

    // Adds to what is needed. Returns what of that the index lacks.
    IdSet follow(const std::vector<Snapshot>& snapshots, const Index& index) {
        IdSet missing;
        for (const Snapshot& snapshot : snapshots) {
            std::vector<Id> waiting{snapshot.tree};
            while (!waiting.empty()) {
                const Id tree = waiting.back();
                waiting.pop_back();
                if (needed_[1].contains(tree)) continue;
                need(BlobType::Tree, tree, index, missing);
                const auto [pack, place] = index.find(BlobType::Tree, tree);
                if (pack == nullptr) continue;
                for (const Node& node :
                     decode_tree(repository_.load_blob_at(*pack, *place, *codec_))) {
                    if (node.subtree) waiting.push_back(*node.subtree);
                    for (const Id& id : node.content.value_or(std::vector<Id>()))
                        need(BlobType::Data, id, index, missing);
                }
            }
        }
        return missing;
    }

    bool is_needed(const PackEntry& pack, const BlobPlace& place) const {
        // Of several copies, the one that is found counts.
        return needed_[static_cast<int>(place.type)].contains(place.id) &&
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
            if (unneeded == 0 || (needed > 0 && static_cast<double>(unneeded) <= most)) {
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
        for (const PackEntry* pack : rewritten_)
            for (const BlobPlace& place : pack->blobs)
                if (is_needed(*pack, place))
                    writer.save(place.type, repository_.load_blob(place.type, place.id, *codec_));
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
                now.seconds - doomed.since.seconds >= options_.margin.count() && !is_held;
            (is_over ? over : waiting).push_back(doomed);
        }
        if (!options_.dry_run && !over.empty()) spare(over, waiting);
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

    // Takes out of `over` what is relied on by those whose snapshots or indexes came since this run
    // listed them, and who hold no lock any more.
    void spare(std::vector<Doomed>& over, std::vector<Doomed>& waiting) {
        const std::vector<Snapshot> snapshots = list_snapshots(repository_, {});
        const Index index = read_index();
        std::erase_if(
            over, [&](const Doomed& doomed) { return index.find_pack(doomed.pack) != nullptr; });
        // What was needed before is in packs that stay.
        if (follow(snapshots, index).empty()) return;
        // The next run finds in which packs it is.
        waiting.insert(waiting.end(), over.begin(), over.end());
        over.clear();
    }

    // As it is now.
    Index read_index() {
        std::vector<std::string> names;
        repository_.store().each(FileKind::Index, [&](const std::string& name, std::uint64_t) {
            names.push_back(name);
        });
        Index index;
        for (const std::string& name : names) {
            try {
                for (PackEntry& pack : decode_index(repository_.load_text(FileKind::Index, name)))
                    index.add(std::move(pack));
            } catch (const Error& error) {
                // Replaced by another prune; what it lacks then looks missing.
                if (error.category() != ErrorCategory::NotFound) throw;
            }
        }
        return index;
    }

    Repository& repository_;
    Lock& lock_;
    const Clock& clock_;
    const PruneOptions& options_;
    std::unique_ptr<Codec> codec_;
    PruneReport report_;
    std::map<Id, std::uint64_t> sizes_;
    std::vector<Snapshot> snapshots_;  // when this run began
    std::map<Id, Doomed> marks_;
    IdSet needed_[2];  // by BlobType
    std::vector<const PackEntry*> kept_, rewritten_;
    std::set<Id> doomed_;
};

}  // namespace

PruneReport prune(Repository& repository, Lock& lock, const Clock& clock,
                  const PruneOptions& options) {
    return Prune(repository, lock, clock, options).run();
}

}  // namespace lifeboat::vault

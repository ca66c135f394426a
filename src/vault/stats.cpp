#include "vault/stats.h"

#include <set>
#include <unordered_map>
#include <unordered_set>

#include "vault/sha256.h"
#include "vault/tree_path.h"

namespace lifeboat::vault {
namespace {

using Ids = std::unordered_set<Id, IdHash>;

// Two files with the same content have the same one; so have all without.
Id fingerprint(const Node& node) {
    Sha256 hash;
    if (node.content)
        for (const Id& id : *node.content)
            hash.update({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
    return hash.finish();
}

class Count {
  public:
    Count(Repository& repository, StatsMode mode) : repository_(repository), mode_(mode) {}

    void add(const Snapshot& snapshot) {
        ++stats_.snapshots;
        if (mode_ == StatsMode::RawData) return add_blobs(snapshot.tree);
        inodes_.clear();  // they mean something within one snapshot
        walk_tree(repository_, snapshot.tree, "", [&](const std::string& path, const Node& node) {
            if (mode_ == StatsMode::RestoreSize)
                add_restored(node);
            else if (contents_.insert(fingerprint(node)).second)
                add_content(path, node);
            return true;
        });
    }
    const Stats& stats() const { return stats_; }

  private:
    void add_restored(const Node& node) {
        ++stats_.files;
        const bool is_new = inodes_.emplace(node.device_id, node.inode).second;
        if (is_new || node.inode == 0) stats_.bytes += node.size;
    }

    void add_content(const std::string& path, const Node& node) {
        if (mode_ == StatsMode::FilesByContents) {
            ++stats_.files;
            stats_.bytes += node.size;
            return;
        }
        for (const Id& id : node.content.value_or(std::vector<Id>())) {
            const auto [blobs, is_new] = blobs_of_paths_.try_emplace(path);
            if (is_new) ++stats_.files;
            if (!blobs->second.insert(id).second) continue;
            ++stats_.blobs;
            stats_.bytes += plain_size(place_of(BlobType::Data, id));
        }
    }

    // The trees below `tree` and what they need, but for what was counted already.
    void add_blobs(const Id& tree) {
        if (!add_blob(BlobType::Tree, tree)) return;
        walk_tree(repository_, tree, "", [&](const std::string&, const Node& node) {
            for (const Id& id : node.content.value_or(std::vector<Id>()))
                add_blob(BlobType::Data, id);
            return node.subtree && add_blob(BlobType::Tree, *node.subtree);
        });
    }

    bool add_blob(BlobType type, const Id& id) {
        if (!blobs_[static_cast<int>(type)].insert(id).second) return false;
        const BlobPlace& place = place_of(type, id);
        ++stats_.blobs;
        stats_.bytes += place.length;
        stats_.plain_bytes += plain_size(place) + kSealOverhead;
        return true;
    }

    const BlobPlace& place_of(BlobType type, const Id& id) const {
        const auto found = repository_.index().find(type, id);
        if (found.pack == nullptr) throw blob_not_found(type, id);
        return *found.place;
    }

    Repository& repository_;
    const StatsMode mode_;
    Stats stats_;
    std::set<std::pair<std::uint64_t, std::uint64_t>> inodes_;
    Ids contents_;
    Ids blobs_[2];  // by BlobType
    std::unordered_map<std::string, Ids> blobs_of_paths_;
};

}  // namespace

Stats count(Repository& repository, const std::vector<Snapshot>& snapshots, StatsMode mode) {
    Count counted(repository, mode);
    for (const Snapshot& snapshot : snapshots)
        counted.add(snapshot);
    return counted.stats();
}

}  // namespace lifeboat::vault

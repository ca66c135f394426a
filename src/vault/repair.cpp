#include "vault/repair.h"

#include <algorithm>

#include "base/error.h"
#include "base/fault.h"
#include "vault/blob_writer.h"
#include "vault/tree.h"

namespace lifeboat::vault {
namespace {

class Repair {
  public:
    Repair(Repository& repository, bool dry_run)
        : repository_(repository),
          dry_run_(dry_run),
          writer_(repository),
          codec_(repository.make_codec()) {}

    // The id of what is left of a tree; nullopt when it cannot be read.
    std::optional<Id> repair(const Id& tree, const std::string& path, unsigned depth = 0) {
        std::vector<Node> nodes;
        try {
            if (depth > kMostDepth)
                throw Error(ErrorCategory::Corruption, "InvalidTree", "they nest without end");
            nodes = decode_tree(repository_.load_blob(BlobType::Tree, tree, *codec_));
        } catch (const Error& error) {
            // Anything else says only that the store could not be asked.
            if (!tells_damage(error)) throw;
            losses_.push_back("directory '" + path + "' cannot be read: " + error.what());
            return std::nullopt;
        }
        bool changed = false;
        for (Node& node : nodes) {
            const std::string below = path + "/" + node.name;
            if (node.type == NodeType::File)
                changed |= shorten(node, below);
            else if (node.type == NodeType::Directory)
                changed |= repair_directory(node, below, depth);
        }
        return changed ? save(nodes) : tree;
    }

    std::vector<std::string> take_losses() { return std::exchange(losses_, {}); }
    void finish() {
        if (!dry_run_) writer_.finish();
    }

  private:
    bool shorten(Node& node, const std::string& path) {
        std::vector<Id> kept;
        std::uint64_t size = 0;
        for (const Id& id : node.content.value_or(std::vector<Id>())) {
            const auto found = repository_.index().find(BlobType::Data, id);
            if (found.pack == nullptr) continue;
            kept.push_back(id);
            size += plain_size(*found.place);
        }
        const std::size_t had = node.content ? node.content->size() : 0;
        if (node.content && kept.size() == had && size == node.size) return false;
        losses_.push_back("file '" + path + "' has lost " + std::to_string(had - kept.size()) +
                          " of its " + std::to_string(had) +
                          " blobs: " + std::to_string(node.size) + " bytes before, " +
                          std::to_string(size) + " now");
        node.content = std::move(kept);
        node.size = size;
        return true;
    }

    bool repair_directory(Node& node, const std::string& path, unsigned depth) {
        const auto subtree = node.subtree ? repair(*node.subtree, path, depth + 1) : std::nullopt;
        if (subtree && subtree == node.subtree) return false;
        node.subtree = subtree ? *subtree : save({});
        return true;
    }

    Id save(const std::vector<Node>& nodes) {
        const std::string text = encode_tree(nodes);
        return dry_run_ ? Id::of(text) : writer_.save(BlobType::Tree, text);
    }

    Repository& repository_;
    const bool dry_run_;
    BlobWriter writer_;
    std::unique_ptr<Codec> codec_;
    std::vector<std::string> losses_;
};

}  // namespace

std::vector<RepairedSnapshot> repair_snapshots(Repository& repository,
                                               const std::vector<Snapshot>& snapshots,
                                               const RepairOptions& options) {
    Repair work(repository, options.dry_run);
    std::vector<RepairedSnapshot> repaired;
    for (const Snapshot& snapshot : snapshots) {
        const auto tree = work.repair(snapshot.tree, "");
        if (tree == snapshot.tree) continue;
        RepairedSnapshot& one = repaired.emplace_back();
        one.before = snapshot;
        one.losses = work.take_losses();
        if (!tree) continue;
        one.after = snapshot;
        one.after->id = {};
        one.after->tree = *tree;
        one.after->original = snapshot.original.value_or(snapshot.id);
        if (!snapshot.has_tag(kRepaired)) one.after->tags.emplace_back(kRepaired);
    }
    work.finish();
    fault::reach("vault.repair.trees-written");
    if (options.dry_run) return repaired;
    for (RepairedSnapshot& one : repaired)
        if (one.after) one.after->id = save_snapshot(repository, *one.after);
    if (options.forgets)
        for (const RepairedSnapshot& one : repaired)
            if (one.after && !one.before.has_tag(kLegalHold))
                repository.store().remove(FileKind::Snapshot, one.before.id.hex());
    return repaired;
}

}  // namespace lifeboat::vault

#include "vault/copy.h"

#include <algorithm>
#include <unordered_set>

#include "base/fault.h"
#include "vault/blob_batch.h"
#include "vault/orphans.h"
#include "vault/tree.h"

namespace lifeboat::vault {
namespace {

// Blobs that are read together, and the ids in memory for it.
constexpr std::size_t kBatch = 4096;
// Of trees that wait for what they need.
constexpr std::size_t kMostTreeBytes = 16 << 20;

// The same but for what a copy changes.
bool is_copy(const Snapshot& copy, const Snapshot& of) {
    return copy.original == of.original.value_or(of.id) && copy.time == of.time &&
           copy.tree == of.tree && copy.host == of.host && copy.user == of.user &&
           copy.paths == of.paths && copy.excludes == of.excludes && copy.tags == of.tags;
}

class Copy {
  public:
    Copy(Repository& from, Repository& to) : from_(from), writer_(to), codec_(from.make_codec()) {}

    void copy(const Id& root, const std::stop_token& stop) {
        std::vector<Id> waiting{root};
        while (!waiting.empty()) {
            if (stop.stop_requested()) {
                writer_.finish();
                throw Error(ErrorCategory::Cancelled, "Cancelled",
                            "the copy was interrupted; what arrived is kept for the next one");
            }
            const Id tree = waiting.back();
            waiting.pop_back();
            // Also where the destination has it: what it needs may lack there, after a crash.
            if (!seen_.insert(tree).second) continue;
            const std::string text(from_.load_blob(BlobType::Tree, tree, *codec_));
            for (const Node& node : decode_tree(text)) {
                if (node.subtree) waiting.push_back(*node.subtree);
                for (const Id& id : node.content.value_or(std::vector<Id>()))
                    if (!writer_.has(BlobType::Data, id)) wanted_.push_back(id);
            }
            // What a tree needs goes before it.
            tree_bytes_ += text.size();
            trees_.push_back(text);
            if (wanted_.size() >= kBatch || tree_bytes_ >= kMostTreeBytes) flush();
        }
        flush();
    }

    CopyReport finish() {
        writer_.finish();
        CopyReport report;
        report.data = writer_.totals(BlobType::Data);
        report.trees = writer_.totals(BlobType::Tree);
        return report;
    }

  private:
    void flush() {
        load_blobs(
            from_, BlobType::Data, wanted_, *codec_,
            [&](std::size_t, std::string_view plain) { writer_.save(BlobType::Data, plain); },
            [&](std::size_t, const Error& why) { throw Error(why); });
        for (const std::string& text : trees_)
            writer_.save(BlobType::Tree, text);
        wanted_.clear();
        trees_.clear();
        tree_bytes_ = 0;
    }

    Repository& from_;
    BlobWriter writer_;
    std::unique_ptr<Codec> codec_;
    std::unordered_set<Id, IdHash> seen_;
    std::vector<Id> wanted_;
    std::vector<std::string> trees_;
    std::size_t tree_bytes_ = 0;
};

}  // namespace

CopyReport copy_snapshots(Repository& from, const std::vector<Snapshot>& snapshots, Repository& to,
                          Lock& lock, const std::stop_token& stop) {
    const auto there = list_snapshots(to, {});
    std::vector<Snapshot> copied, skipped;
    Copy copy(from, to);
    for (const Snapshot& snapshot : snapshots) {
        const bool is_there = std::any_of(there.begin(), there.end(), [&](const Snapshot& other) {
            return other.id == snapshot.id || is_copy(other, snapshot);
        });
        if (is_there) {
            skipped.push_back(snapshot);
            continue;
        }
        copy.copy(snapshot.tree, stop);
        Snapshot made = snapshot;
        if (!made.original) made.original = snapshot.id;
        made.parent.reset();  // means nothing there
        copied.push_back(std::move(made));
    }
    CopyReport report = copy.finish();
    fault::reach("vault.copy.blobs-written");
    lock.require_held();
    for (Snapshot& snapshot : copied)
        snapshot.id = save_snapshot(to, snapshot);
    // A prune that listed the snapshots before did not see these.
    for (const Snapshot& snapshot : copied)
        index_again(to, snapshot.tree);
    report.copied = std::move(copied);
    report.skipped = std::move(skipped);
    return report;
}

}  // namespace lifeboat::vault

#include "vault/needed_blobs.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "vault/tree.h"

namespace lifeboat::vault {

NeededBlobs::NeededBlobs(const Repository& repository)
    : repository_(repository), codec_(repository.make_codec()) {}

void NeededBlobs::need(BlobType type, const Id& id, const Index& index) {
    const int t = static_cast<int>(type);
    if (needed_[t].insert(id).second && !index.has(type, id)) missing_[t].insert(id);
}

void NeededBlobs::add(const Id& root, const Index& index) {
    std::vector<Id> waiting{root};
    while (!waiting.empty()) {
        const Id tree = waiting.back();
        waiting.pop_back();
        if (contains(BlobType::Tree, tree)) continue;
        need(BlobType::Tree, tree, index);
        const auto [pack, place] = index.find(BlobType::Tree, tree);
        if (pack == nullptr) continue;
        for (const Node& node : decode_tree(repository_.load_blob_at(*pack, *place, *codec_))) {
            if (node.subtree) waiting.push_back(*node.subtree);
            for (const Id& id : node.content.value_or(std::vector<Id>()))
                need(BlobType::Data, id, index);
        }
    }
}

Id NeededBlobs::first_missing() const {
    return missing_[0].empty() ? *missing_[1].begin() : *missing_[0].begin();
}

void NeededBlobs::require_all(std::string_view undone) const {
    if (missing_count() == 0) return;
    throw Error(ErrorCategory::Corruption, "BlobsMissing",
                "snapshots need " + std::to_string(missing_count()) + " blobs, " +
                    first_missing().hex() + " among them, that no pack holds; " +
                    std::string(undone) + ". `lifeboat vault check` says what is affected");
}

void NeededBlobs::retry(const Index& index) {
    const Set trees = std::exchange(missing_[static_cast<int>(BlobType::Tree)], {});
    std::erase_if(missing_[static_cast<int>(BlobType::Data)],
                  [&](const Id& id) { return index.has(BlobType::Data, id); });
    for (const Id& tree : trees) {
        needed_[static_cast<int>(BlobType::Tree)].erase(tree);
        add(tree, index);
    }
}

bool NeededBlobs::is_helped_by(const PackEntry& pack) const {
    return std::any_of(pack.blobs.begin(), pack.blobs.end(),
                       [&](const BlobPlace& place) { return is_missing(place.type, place.id); });
}

std::vector<PackEntry> NeededBlobs::find_in(const std::vector<const PackEntry*>& packs,
                                            Index& index) {
    std::vector<PackEntry> found;
    for (bool is_more = true; is_more && missing_count() > 0;) {
        is_more = false;
        for (const PackEntry* pack : packs) {
            if (index.find_pack(pack->id) != nullptr || !is_helped_by(*pack)) continue;
            index.add(*pack);
            found.push_back(*pack);
            is_more = true;
        }
        retry(index);
    }
    return found;
}

}  // namespace lifeboat::vault

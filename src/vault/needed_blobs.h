// Which blobs trees need, and which of these an index lacks.
#pragma once

#include <memory>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "vault/repository.h"

namespace lifeboat::vault {

class NeededBlobs {
  public:
    // `repository` outlives this.
    explicit NeededBlobs(const Repository& repository);

    // The tree and all below it, as far as `index` says where trees lie; those that are known
    // already are not followed again. Throws what loading a tree throws.
    void add(const Id& tree, const Index& index);
    bool contains(BlobType type, const Id& id) const { return of(needed_, type).contains(id); }
    // Those the index lacked when they were added.
    std::size_t missing_count() const { return missing_[0].size() + missing_[1].size(); }
    bool is_missing(BlobType type, const Id& id) const { return of(missing_, type).contains(id); }
    // Any of them; there is one.
    Id first_missing() const;
    // Throws Corruption when there are any; `undone` is what is not done for it: "nothing was
    // pruned".
    void require_all(std::string_view undone) const;
    // Looks for what is missing in an index that has more, and follows the trees it finds.
    void retry(const Index& index);
    // Does the pack hold what is missing?
    bool is_helped_by(const PackEntry& pack) const;
    // Adds to `index` those of `packs` that help, and those that help then. Returns them.
    std::vector<PackEntry> find_in(const std::vector<const PackEntry*>& packs, Index& index);

  private:
    using Set = std::unordered_set<Id, IdHash>;
    static const Set& of(const Set (&sets)[2], BlobType type) {
        return sets[static_cast<int>(type)];
    }
    void need(BlobType type, const Id& id, const Index& index);

    const Repository& repository_;
    std::unique_ptr<Codec> codec_;
    Set needed_[2], missing_[2];  // by BlobType
};

}  // namespace lifeboat::vault

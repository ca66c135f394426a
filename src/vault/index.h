// The index: which pack holds a blob. Index files list packs; several may list the same one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "vault/pack.h"

namespace lifeboat::vault {

struct PackEntry {
    Id id;
    std::vector<BlobPlace> blobs;
};

// The JSON text of one index file.
std::string encode_index(const std::vector<PackEntry>& packs);
// Throws Corruption for what is no index file.
std::vector<PackEntry> decode_index(std::string_view text);

// All index files together.
class Index {
  public:
    // A pack that is known already is passed over.
    void add(PackEntry pack);

    struct Found {
        const PackEntry* pack;
        const BlobPlace* place;
    };
    // Of several copies, the one added last. pack == nullptr: none.
    Found find(BlobType type, const Id& id) const;
    const std::unordered_map<Id, PackEntry, IdHash>& packs() const { return packs_; }

  private:
    std::unordered_map<Id, PackEntry, IdHash> packs_;
    std::unordered_map<Id, Found, IdHash> blobs_[2];
};

}  // namespace lifeboat::vault

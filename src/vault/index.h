// The index: which pack holds a blob. Index files list packs; several may list the same one.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "vault/index_file.h"

namespace lifeboat::vault {

// All index files together. About 60 bytes a blob.
class Index {
  public:
    // A pack that is known already is passed over.
    void add(PackEntry pack);

    struct Found {
        const PackEntry* pack;
        const BlobPlace* place;
    };
    // Of several copies, the one added first. pack == nullptr: none. What it points to stays.
    Found find(BlobType type, const Id& id) const;
    // The others.
    std::vector<Found> find_copies(BlobType type, const Id& id) const;
    bool has(BlobType type, const Id& id) const { return find(type, id).pack != nullptr; }
    const PackEntry* find_pack(const Id& id) const;
    // In the order they were added.
    const std::deque<PackEntry>& packs() const { return packs_; }
    std::size_t blob_count() const { return used_; }

  private:
    struct Slot {
        std::uint32_t pack = kFree;
        std::uint32_t blob = 0;
    };
    static constexpr std::uint32_t kFree = 0xFFFFFFFF;

    const BlobPlace& at(Slot slot) const { return packs_[slot.pack].blobs[slot.blob]; }
    // Where the blob is, or where it would go. There is always a free slot.
    std::size_t slot_of(BlobType type, const Id& id) const;
    void grow();

    std::deque<PackEntry> packs_;
    std::unordered_map<Id, std::uint32_t, IdHash> numbers_;
    // Open addressing: ids are digests already.
    std::vector<Slot> slots_;
    std::size_t used_ = 0;
    std::unordered_multimap<Id, Slot, IdHash> copies_;  // but for those in slots_
};

}  // namespace lifeboat::vault

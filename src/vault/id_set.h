// A set of ids that takes little memory: about 15 bytes each, for the millions a backup must know.
//
// Of an id, which is a SHA-256, the first 128 bits are kept. Two blobs that have these in common
// would be taken for one: nobody meets such a pair by accident, and to make one on purpose takes
// 2^64 steps, and harms only who makes it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "vault/id.h"

namespace lifeboat::vault {

class IdSet {
  public:
    IdSet() : buckets_(kBuckets) {}

    // false: it was there.
    bool insert(const Id& id);
    bool contains(const Id& id) const;
    std::size_t size() const { return size_; }

  private:
    // By the first two bytes; the next fourteen are what a bucket holds, sorted.
    static constexpr std::size_t kBuckets = 1 << 16;
    using Rest = std::array<unsigned char, 14>;
    using Bucket = std::vector<Rest>;

    static std::size_t bucket_of(const Id& id) {
        return std::size_t{id.bytes[0]} << 8 | id.bytes[1];
    }
    static Rest rest_of(const Id& id);

    std::vector<Bucket> buckets_;
    std::size_t size_ = 0;
};

}  // namespace lifeboat::vault

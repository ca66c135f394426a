#include "vault/id_set.h"

#include <algorithm>

namespace lifeboat::vault {

IdSet::Rest IdSet::rest_of(const Id& id) {
    Rest rest;
    std::copy_n(id.bytes.begin() + 2, rest.size(), rest.begin());
    return rest;
}

bool IdSet::insert(const Id& id) {
    Bucket& bucket = buckets_[bucket_of(id)];
    const Rest rest = rest_of(id);
    const auto at = std::lower_bound(bucket.begin(), bucket.end(), rest);
    if (at != bucket.end() && *at == rest) return false;
    const auto place = at - bucket.begin();
    // By an eighth: doubling would waste half.
    if (bucket.size() == bucket.capacity()) bucket.reserve(bucket.size() + bucket.size() / 8 + 2);
    bucket.insert(bucket.begin() + place, rest);
    ++size_;
    return true;
}

bool IdSet::contains(const Id& id) const {
    const Bucket& bucket = buckets_[bucket_of(id)];
    return std::binary_search(bucket.begin(), bucket.end(), rest_of(id));
}

}  // namespace lifeboat::vault

// An index file: which blobs packs hold, and where.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vault/pack.h"

namespace lifeboat::vault {

struct PackEntry {
    Id id;
    std::vector<BlobPlace> blobs;
};

// Its JSON text.
std::string encode_index(const std::vector<PackEntry>& packs);
// Throws Corruption for what is no index file.
std::vector<PackEntry> decode_index(std::string_view text);

}  // namespace lifeboat::vault

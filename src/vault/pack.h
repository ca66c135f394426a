// A pack: sealed blobs one after the other, then the sealed header that lists them, then the
// header's sealed length (32 bits, little endian).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vault/cipher.h"
#include "vault/id.h"

namespace lifeboat::vault {

enum class BlobType : unsigned char { Data = 0, Tree = 1 };
std::string_view to_string(BlobType type);  // "data", "tree"

// Where a blob lies in its pack.
struct BlobPlace {
    Id id;
    BlobType type = BlobType::Data;
    std::uint32_t offset = 0;
    std::uint32_t length = 0;        // sealed
    std::uint32_t plain_length = 0;  // 0: not compressed

    friend bool operator==(const BlobPlace&, const BlobPlace&) = default;
};

// How many bytes the blob itself has.
std::uint64_t plain_size(const BlobPlace& place);

// Sealed header and its length, as they end a pack.
std::string encode_pack_end(const std::vector<BlobPlace>& blobs, Cipher& cipher);

// How many bytes a pack with these blobs has, or more: it may have others.
std::uint64_t least_pack_size(const std::vector<BlobPlace>& blobs);

// The blobs of a whole pack. Throws Corruption for what is no pack, or whose header does not
// account for every byte.
std::vector<BlobPlace> read_pack_header(std::string_view pack, Cipher& cipher);
// The same from the last bytes of a pack of `size` bytes, so many as its last four say, or more.
std::vector<BlobPlace> read_pack_end(std::string_view end, std::uint64_t size, Cipher& cipher);
// How many bytes that are, of which `end` has the last four at least.
std::uint64_t pack_end_size(std::string_view end);

}  // namespace lifeboat::vault

#include "vault/pack.h"

#include <algorithm>

#include "base/error.h"

namespace lifeboat::vault {
namespace {

constexpr std::size_t kLengthField = 4;
constexpr unsigned char kCompressed = 2;

void put(std::string& out, std::uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8)
        out += static_cast<char>(value >> shift);
}

std::uint32_t get(std::string_view bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < kLengthField; ++i)
        value |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    return value;
}

Error damaged(const char* what) {
    return Error(ErrorCategory::Corruption, "InvalidPack",
                 std::string("the pack's header cannot be used: ") + what);
}

std::string_view take(std::string_view& from, std::size_t size) {
    if (from.size() < size) throw damaged("its last entry is cut off");
    const auto part = from.substr(0, size);
    from.remove_prefix(size);
    return part;
}

}  // namespace

std::string_view to_string(BlobType type) {
    return type == BlobType::Tree ? "tree" : "data";
}

std::uint64_t plain_size(const BlobPlace& place) {
    if (place.plain_length != 0) return place.plain_length;
    return place.length < kSealOverhead ? 0 : place.length - kSealOverhead;
}

std::string encode_pack_end(const std::vector<BlobPlace>& blobs, Cipher& cipher) {
    std::string header;
    for (const BlobPlace& blob : blobs) {
        const bool compressed = blob.plain_length != 0;
        header += static_cast<char>(static_cast<unsigned char>(blob.type) +
                                    (compressed ? kCompressed : 0));
        put(header, blob.length);
        if (compressed) put(header, blob.plain_length);
        header.append(reinterpret_cast<const char*>(blob.id.bytes.data()), blob.id.bytes.size());
    }
    std::string end = cipher.seal(header);
    put(end, static_cast<std::uint32_t>(end.size()));
    return end;
}

std::uint64_t least_pack_size(const std::vector<BlobPlace>& blobs) {
    std::uint64_t end = 0, header = kSealOverhead + kLengthField;
    for (const BlobPlace& blob : blobs) {
        end = std::max(end, std::uint64_t{blob.offset} + blob.length);
        header += 1 + kLengthField * (blob.plain_length != 0 ? 2 : 1) + sizeof blob.id.bytes;
    }
    return end + header;
}

std::uint64_t pack_end_size(std::string_view end) {
    if (end.size() < kLengthField) throw damaged("the file is too short");
    return std::uint64_t{get(end.substr(end.size() - kLengthField))} + kLengthField;
}

std::vector<BlobPlace> read_pack_header(std::string_view pack, Cipher& cipher) {
    return read_pack_end(pack, pack.size(), cipher);
}

std::vector<BlobPlace> read_pack_end(std::string_view end, std::uint64_t size, Cipher& cipher) {
    const std::uint64_t length = pack_end_size(end);
    if (length > size || length > end.size()) throw damaged("it claims to be longer than the file");
    const std::string header = cipher.open(end.substr(end.size() - length, length - kLengthField));
    const std::uint64_t all_blobs = size - length;
    std::vector<BlobPlace> blobs;
    std::uint64_t offset = 0;
    std::string_view rest = header;
    while (!rest.empty()) {
        const auto kind = static_cast<unsigned char>(take(rest, 1)[0]);
        if (kind > 3) throw damaged("it has a kind of blob that is not known");
        BlobPlace blob;
        blob.type = (kind & 1) != 0 ? BlobType::Tree : BlobType::Data;
        blob.offset = static_cast<std::uint32_t>(offset);
        blob.length = get(take(rest, kLengthField));
        if ((kind & kCompressed) != 0) blob.plain_length = get(take(rest, kLengthField));
        std::memcpy(blob.id.bytes.data(), take(rest, 32).data(), 32);
        offset += blob.length;
        if (offset > all_blobs) throw damaged("its blobs are longer than the file");
        blobs.push_back(blob);
    }
    if (offset != all_blobs) throw damaged("bytes of the file belong to no blob");
    return blobs;
}

}  // namespace lifeboat::vault

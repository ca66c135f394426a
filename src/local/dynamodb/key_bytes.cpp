#include "local/dynamodb/key_bytes.h"

#include "base/error.h"

namespace lifeboat::local::dynamodb {
namespace {

void append_escaped(std::string& bytes, std::string_view text) {
    for (const char c : text) {
        bytes += c;
        if (c == '\0') bytes += '\xFF';
    }
}

std::string_view bytes_of(const Value& value) {
    if (const auto* text = value.get<std::string>()) return *text;
    if (const auto* binary = value.get<Binary>()) return binary->bytes;
    throw Error(ErrorCategory::Internal, "InternalServerError",
                "a key of a type that has no order");
}

// FNV-1a with a finishing mix: stable for ever, because it is part of the stored keys.
std::uint32_t stable_hash(std::string_view bytes) {
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    for (const char c : bytes) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001B3ULL;
    }
    hash ^= hash >> 33;
    hash *= 0xFF51AFD7ED558CCDULL;
    hash ^= hash >> 33;
    return static_cast<std::uint32_t>(hash >> 32);
}

void append_big_endian(std::string& bytes, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes += static_cast<char>(value >> shift & 0xFF);
}

}  // namespace

void append_key_part(std::string& bytes, const Value& value) {
    if (const auto* number = value.get<Number>()) return number->append_ordered(bytes);
    append_escaped(bytes, bytes_of(value));
    bytes += '\x00';
    bytes += '\x01';
}

std::string partition_bytes(const Value& hash_key) {
    std::string part;
    append_key_part(part, hash_key);
    std::string bytes;
    bytes.reserve(kHashPrefixSize + part.size());
    append_big_endian(bytes, stable_hash(part));
    return bytes + part;
}

void append_key_prefix(std::string& bytes, const Value& prefix) {
    append_escaped(bytes, bytes_of(prefix));
}

std::string after_prefix(std::string prefix) {
    while (!prefix.empty() && prefix.back() == '\xFF')
        prefix.pop_back();
    if (!prefix.empty()) ++prefix.back();
    return prefix;
}

std::string segment_start(std::uint32_t segment, std::uint32_t total_segments) {
    std::string bytes;
    if (segment == 0) return bytes;
    append_big_endian(bytes,
                      static_cast<std::uint32_t>((std::uint64_t{segment} << 32) / total_segments));
    return bytes;
}

}  // namespace lifeboat::local::dynamodb

// Key values as bytes which compare, byte by byte, as DynamoDB orders the values; so that one
// B-tree keeps tables and indexes in order.
//
// A row key is: 4 bytes of hash of the partition key, the partition key, the sort key. The hash in
// front spreads a Scan's segments evenly and keeps a partition together. Strings and binaries are
// written with 0x00 as 0x00 0xFF and end with 0x00 0x01; numbers as Number::append_ordered. Every
// part says where it ends, so no key is a prefix of another.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "local/dynamodb/value.h"

namespace lifeboat::local::dynamodb {

inline constexpr std::size_t kMaxHashKeySize = 2048;
inline constexpr std::size_t kMaxRangeKeySize = 1024;
inline constexpr std::size_t kHashPrefixSize = 4;

// Appends a string, number or binary. Other types never are keys: Error{Internal}.
void append_key_part(std::string& bytes, const Value& value);

// The hash and the partition key: the common prefix of a partition's rows.
std::string partition_bytes(const Value& hash_key);

// Appends a string's or binary's bytes without the end: the common prefix of all that begin so.
void append_key_prefix(std::string& bytes, const Value& prefix);

// The smallest byte string greater than all that begin with `prefix`; empty when there is none.
std::string after_prefix(std::string prefix);

// The first row-key bytes of a Scan's segment: segment 0 begins at "".
std::string segment_start(std::uint32_t segment, std::uint32_t total_segments);

}  // namespace lifeboat::local::dynamodb

// Names in a tree as keys of objects, and back.
//
// Below the prefix "homes/ada/" the file "notes/today" is the object "homes/ada/notes/today", the
// directory "notes" the empty object "homes/ada/notes/". Not every key is a name in a tree, and
// whoever may write to a bucket may choose keys: what does not stay below the root is refused.
#pragma once

#include <string>
#include <string_view>

namespace lifeboat::bucket {

// "a//b" and "/a/b/" are "a/b/"; "" stays "".
std::string normal_prefix(std::string_view text);

// `path` is relative to the root, "" the root itself. `prefix` is as normal_prefix gives it.
std::string file_key(std::string_view prefix, std::string_view path);
std::string directory_key(std::string_view prefix, std::string_view path);

// Throws Error{Unsupported, "NameNotAllowed"} for what S3 takes no key for: more than 1024 bytes,
// or not UTF-8.
void check_key(std::string_view key);

struct KeyPath {
    // Relative to the root, "" for the prefix itself. With a fault: the folders above it.
    std::string path;
    bool is_directory = false;
    std::string fault;  // why this is no name in a tree; empty when it is one
};
// `key` must begin with `prefix`.
KeyPath path_of_key(std::string_view prefix, std::string_view key);

}  // namespace lifeboat::bucket

// A tree: the names of one directory with all restic knows about each, as the JSON of a tree blob.
// What restic wrote comes out byte for byte as it went in.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vault/id.h"
#include "vault/zoned_time.h"

namespace lifeboat::vault {

enum class NodeType { File, Directory, Symlink, Device, CharDevice, Fifo, Socket, Irregular };
std::string_view to_string(NodeType type);  // "file", "dir", "symlink", "dev", ...

struct ExtendedAttribute {
    std::string name;
    std::optional<std::string> value;  // absent: null

    friend bool operator==(const ExtendedAttribute&, const ExtendedAttribute&) = default;
};

struct Node {
    std::string name;  // any bytes
    NodeType type = NodeType::File;
    std::uint32_t mode = 0;  // bits of Go's FileMode; see go_mode
    ZonedTime mtime, atime, ctime;
    std::uint32_t uid = 0, gid = 0;
    std::string user, group;
    std::uint64_t inode = 0, device_id = 0;
    std::uint64_t size = 0;
    std::uint64_t links = 0;
    std::string link_target;       // any bytes
    bool raw_link_target = false;  // written a second time, as base64
    std::vector<ExtendedAttribute> attributes;
    std::string generic_attributes;  // JSON; empty: none
    std::uint64_t device = 0;
    std::optional<std::vector<Id>> content;
    std::optional<Id> subtree;
    std::string error;

    friend bool operator==(const Node&, const Node&) = default;
};

// How deep directories may nest. Each level takes some stack, and whoever nests them may be
// hostile.
inline constexpr unsigned kMostDepth = 2000;

// Go's FileMode (type, set-uid, set-gid, sticky, permissions) of a system's mode, and the
// permissions with those three bits back.
std::uint32_t go_mode(mode_t mode);
mode_t permissions_of(std::uint32_t go_mode);

// The blob's text, with the newline restic ends it by.
std::string encode_tree(const std::vector<Node>& nodes);
// Throws Corruption for what is no tree. Names are given as they are, however odd.
std::vector<Node> decode_tree(std::string_view text);

}  // namespace lifeboat::vault

#include "vault/tree.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>

#include <boost/json/serialize.hpp>

#include "base/encoding.h"
#include "base/error.h"
#include "vault/go_text.h"
#include "vault/json_input.h"

namespace lifeboat::vault {
namespace {

constexpr std::array<std::string_view, 8> kTypes{"file",    "dir",  "symlink", "dev",
                                                 "chardev", "fifo", "socket",  "irregular"};

struct ModeBits {
    mode_t system;
    std::uint32_t go;
};
// https://pkg.go.dev/io/fs#FileMode
constexpr ModeBits kTypeBits[] = {{S_IFREG, 0},
                                  {S_IFDIR, 1U << 31},
                                  {S_IFLNK, 1U << 27},
                                  {S_IFBLK, 1U << 26},
                                  {S_IFCHR, 1U << 26 | 1U << 21},
                                  {S_IFIFO, 1U << 25},
                                  {S_IFSOCK, 1U << 24}};
constexpr ModeBits kExtraBits[] = {{S_ISUID, 1U << 23}, {S_ISGID, 1U << 22}, {S_ISVTX, 1U << 20}};

void append_number(std::string& out, std::uint64_t value) {
    char text[20];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    out.append(text, end);
}

// Members in order, zeros left out unless said otherwise.
class Writer {
  public:
    explicit Writer(std::string& out) : out_(out) {}

    std::string& member(std::string_view name) {
        out_ += is_first_ ? "{\"" : ",\"";
        is_first_ = false;
        out_ += name;
        return out_ += "\":";
    }
    void text(std::string_view name, std::string_view value) {
        if (!value.empty()) append_go_json(member(name), value);
    }
    void number(std::string_view name, std::uint64_t value) {
        if (value != 0) append_number(member(name), value);
    }
    void time(std::string_view name, const ZonedTime& value) {
        append_text(member(name) += '"', value);
        out_ += '"';
    }
    void end() { out_ += '}'; }

  private:
    std::string& out_;
    bool is_first_ = true;
};

void append_id(std::string& out, const Id& id) {
    out += '"';
    out += id.hex();
    out += '"';
}

void append_attributes(std::string& out, const std::vector<ExtendedAttribute>& attributes) {
    char before = '[';
    for (const ExtendedAttribute& attribute : attributes) {
        out += before;
        before = ',';
        out += "{\"name\":";
        append_go_json(out, attribute.name);
        out += ",\"value\":";
        out += attribute.value ? '"' + base64_encode(*attribute.value) + "\"}" : "null}";
    }
    out += ']';
}

void append_node(std::string& out, const Node& node) {
    Writer to(out);
    append_go_json(to.member("name"), go_quote(node.name));
    append_go_json(to.member("type"), to_string(node.type));
    to.number("mode", node.mode);
    to.time("mtime", node.mtime);
    to.time("atime", node.atime);
    to.time("ctime", node.ctime);
    append_number(to.member("uid"), node.uid);
    append_number(to.member("gid"), node.gid);
    to.text("user", node.user);
    to.text("group", node.group);
    to.number("inode", node.inode);
    to.number("device_id", node.device_id);
    to.number("size", node.size);
    to.number("links", node.links);
    to.text("linktarget", node.link_target);
    if (node.raw_link_target) to.text("linktarget_raw", base64_encode(node.link_target));
    if (!node.attributes.empty())
        append_attributes(to.member("extended_attributes"), node.attributes);
    if (!node.generic_attributes.empty())
        to.member("generic_attributes") += node.generic_attributes;
    to.number("device", node.device);
    to.member("content");
    if (!node.content) {
        out += "null";
    } else {
        out += '[';
        for (const Id& id : *node.content) {
            if (&id != node.content->data()) out += ',';
            append_id(out, id);
        }
        out += ']';
    }
    if (node.subtree) append_id(to.member("subtree"), *node.subtree);
    to.text("error", node.error);
    to.end();
}

namespace json = boost::json;

std::string bytes_of(const JsonInput& input, const json::value& value) {
    auto bytes = base64_decode(input.text(value));
    if (!bytes)
        throw Error(ErrorCategory::Corruption, "InvalidFormat",
                    "a tree cannot be read: bytes are not written as base64");
    return std::move(*bytes);
}

void read_attributes(const JsonInput& input, const json::value& list, Node& node) {
    for (const json::value& entry : input.array(list)) {
        ExtendedAttribute attribute;
        for (const auto& [key, value] : input.object(entry)) {
            if (key == "name") attribute.name = input.text(value);
            if (key == "value" && !value.is_null()) attribute.value = bytes_of(input, value);
        }
        node.attributes.push_back(std::move(attribute));
    }
}

NodeType type_of(std::string_view name) {
    const auto at = std::find(kTypes.begin(), kTypes.end(), name);
    if (at == kTypes.end())
        throw Error(ErrorCategory::Corruption, "InvalidFormat",
                    "a tree cannot be read: '" + std::string(name) + "' is no type of a file");
    return static_cast<NodeType>(at - kTypes.begin());
}

using Read = void (*)(const JsonInput&, const json::value&, Node&);
struct Member {
    std::string_view name;
    Read read;
};
constexpr std::uint64_t kMost32 = UINT32_MAX;
constexpr Member kMembers[] = {
    {"name", [](auto& in, auto& v, Node& n) { n.name = go_unquote(in.text(v)); }},
    {"type", [](auto& in, auto& v, Node& n) { n.type = type_of(in.text(v)); }},
    {"mode",
     [](auto& in, auto& v, Node& n) { n.mode = static_cast<uint32_t>(in.number(v, kMost32)); }},
    {"mtime", [](auto& in, auto& v, Node& n) { n.mtime = ZonedTime::parse(in.text(v)); }},
    {"atime", [](auto& in, auto& v, Node& n) { n.atime = ZonedTime::parse(in.text(v)); }},
    {"ctime", [](auto& in, auto& v, Node& n) { n.ctime = ZonedTime::parse(in.text(v)); }},
    {"uid",
     [](auto& in, auto& v, Node& n) { n.uid = static_cast<uint32_t>(in.number(v, kMost32)); }},
    {"gid",
     [](auto& in, auto& v, Node& n) { n.gid = static_cast<uint32_t>(in.number(v, kMost32)); }},
    {"user", [](auto& in, auto& v, Node& n) { n.user = in.text(v); }},
    {"group", [](auto& in, auto& v, Node& n) { n.group = in.text(v); }},
    {"inode", [](auto& in, auto& v, Node& n) { n.inode = in.number(v); }},
    {"device_id", [](auto& in, auto& v, Node& n) { n.device_id = in.number(v); }},
    {"size", [](auto& in, auto& v, Node& n) { n.size = in.number(v); }},
    {"links", [](auto& in, auto& v, Node& n) { n.links = in.number(v); }},
    {"linktarget",
     [](auto& in, auto& v, Node& n) {
         if (!n.raw_link_target) n.link_target = in.text(v);
     }},
    {"linktarget_raw",
     [](auto& in, auto& v, Node& n) {
         n.link_target = bytes_of(in, v);
         n.raw_link_target = true;
     }},
    {"extended_attributes", [](auto& in, auto& v, Node& n) { read_attributes(in, v, n); }},
    {"generic_attributes",
     [](auto&, auto& v, Node& n) { n.generic_attributes = json::serialize(v); }},
    {"device", [](auto& in, auto& v, Node& n) { n.device = in.number(v); }},
    {"content",
     [](auto& in, auto& v, Node& n) {
         if (v.is_null()) return;
         n.content.emplace();
         n.content->reserve(in.array(v).size());
         for (const json::value& id : in.array(v))
             n.content->push_back(in.id(id));
     }},
    {"subtree",
     [](auto& in, auto& v, Node& n) {
         if (!v.is_null()) n.subtree = in.id(v);
     }},
    {"error", [](auto& in, auto& v, Node& n) { n.error = in.text(v); }},
};

}  // namespace

std::string_view to_string(NodeType type) {
    return kTypes[static_cast<std::size_t>(type)];
}

std::uint32_t go_mode(mode_t mode) {
    std::uint32_t bits = mode & 0777;
    for (const auto& [system, go] : kTypeBits)
        if ((mode & S_IFMT) == system) bits |= go;
    for (const auto& [system, go] : kExtraBits)
        if ((mode & system) != 0) bits |= go;
    return bits;
}

mode_t permissions_of(std::uint32_t go_mode) {
    mode_t mode = go_mode & 0777;
    for (const auto& [system, go] : kExtraBits)
        if ((go_mode & go) != 0) mode |= system;
    return mode;
}

std::string encode_tree(const std::vector<Node>& nodes) {
    std::string out;
    out.reserve(64 + nodes.size() * 512);
    out += "{\"nodes\":[";
    for (const Node& node : nodes) {
        if (&node != nodes.data()) out += ',';
        append_node(out, node);
    }
    return out += "]}\n";
}

std::vector<Node> decode_tree(std::string_view text) {
    const JsonInput input(text, "a tree");
    std::vector<Node> nodes;
    const json::value* list = input.object(input.root()).if_contains("nodes");
    if (list == nullptr)
        throw Error(ErrorCategory::Corruption, "InvalidFormat",
                    "a tree cannot be read: it has no nodes");
    const json::array& entries = input.array(*list);
    nodes.reserve(entries.size());
    for (const json::value& entry : entries) {
        Node& node = nodes.emplace_back();
        // Members come in the table's order, so the search goes on where it stopped.
        std::size_t next = 0;
        for (const auto& [key, value] : input.object(entry)) {
            const std::string_view name(key.data(), key.size());
            for (std::size_t tried = 0; tried < std::size(kMembers); ++tried) {
                const Member& member = kMembers[(next + tried) % std::size(kMembers)];
                if (member.name != name) continue;
                member.read(input, value, node);
                next += tried + 1;
                break;
            }
        }
    }
    return nodes;
}

}  // namespace lifeboat::vault

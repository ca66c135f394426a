#include "vault/tree_path.h"

#include <algorithm>

#include "base/error.h"

namespace lifeboat::vault {
namespace {

void walk(Repository& repository, Codec& codec, const Id& tree, const std::string& path,
          const std::function<bool(const std::string&, const Node&)>& visit, unsigned depth) {
    if (depth > kMostDepth)
        throw Error(ErrorCategory::Corruption, "InvalidTree",
                    "directories nest without end below '" + path.substr(0, 200) + "'");
    for (const Node& node : decode_tree(repository.load_blob(BlobType::Tree, tree, codec))) {
        const std::string below = path + "/" + node.name;
        if (visit(below, node) && node.subtree)
            walk(repository, codec, *node.subtree, below, visit, depth + 1);
    }
}

// nullopt: `path` names nothing, and so the root.
std::optional<Node> node_at(Repository& repository, const Id& tree, std::string_view path) {
    const auto codec = repository.make_codec();
    std::optional<Node> at;
    const std::string whole(path);
    while (!path.empty()) {
        const auto slash = path.find('/');
        const std::string_view name = path.substr(0, slash);
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
        if (name.empty()) continue;
        auto nodes =
            decode_tree(repository.load_blob(BlobType::Tree, at ? *at->subtree : tree, *codec));
        const auto node =
            std::find_if(nodes.begin(), nodes.end(), [&](const Node& n) { return n.name == name; });
        if (node == nodes.end() || !node->subtree)
            throw Error(ErrorCategory::NotFound, "PathNotFound",
                        "the snapshot has no directory '" + whole + "'");
        at = std::move(*node);
    }
    return at;
}

}  // namespace

Node directory_at(Repository& repository, const Id& tree, std::string_view path) {
    std::optional<Node> node = node_at(repository, tree, path);
    if (!node)
        throw Error(ErrorCategory::NotFound, "PathNotFound",
                    "'" + std::string(path) + "' names no directory of the snapshot");
    return *std::move(node);
}

Id tree_at(Repository& repository, const Id& tree, std::string_view path) {
    const std::optional<Node> node = node_at(repository, tree, path);
    return node ? *node->subtree : tree;
}

Node file_at(Repository& repository, const Id& tree, std::string_view path) {
    const auto slash = path.rfind('/');
    const std::string_view above = slash == std::string_view::npos ? "" : path.substr(0, slash);
    const std::string_view name = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
    const auto codec = repository.make_codec();
    const Id directory = tree_at(repository, tree, above);
    for (Node& node : decode_tree(repository.load_blob(BlobType::Tree, directory, *codec))) {
        if (node.name != name) continue;
        if (node.type == NodeType::File) return std::move(node);
        throw Error(ErrorCategory::InvalidInput, "NotFile",
                    "'" + std::string(path) + "' is a " + std::string(to_string(node.type)) +
                        " in the snapshot and no file; `lifeboat vault restore` brings it back");
    }
    throw Error(ErrorCategory::NotFound, "PathNotFound",
                "the snapshot has no file '" + std::string(path) + "'");
}

void walk_tree(Repository& repository, const Id& tree, const std::string& path,
               const std::function<bool(const std::string&, const Node&)>& visit) {
    const auto codec = repository.make_codec();
    walk(repository, *codec, tree, path, visit, 0);
}

}  // namespace lifeboat::vault

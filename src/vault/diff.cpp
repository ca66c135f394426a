#include "vault/diff.h"

#include <algorithm>

#include "vault/tree_path.h"

namespace lifeboat::vault {
namespace {

using Tell = std::function<void(Difference, const std::string&, const Node&)>;

std::vector<Node> sorted(std::vector<Node> nodes) {
    std::sort(nodes.begin(), nodes.end(),
              [](const Node& a, const Node& b) { return a.name < b.name; });
    return nodes;
}

bool has_same_metadata(const Node& a, const Node& b) {
    return a.mode == b.mode && a.mtime == b.mtime && a.uid == b.uid && a.gid == b.gid &&
           a.attributes == b.attributes;
}

class Diff {
  public:
    Diff(Repository& repository, const Tell& tell)
        : repository_(repository), tell_(tell), codec_(repository.make_codec()) {}

    void compare(const Id& before, const Id& after, const std::string& path) {
        if (before == after) return;
        const auto old_nodes = load(before), new_nodes = load(after);
        auto a = old_nodes.begin();
        auto b = new_nodes.begin();
        while (a != old_nodes.end() || b != new_nodes.end()) {
            if (b == new_nodes.end() || (a != old_nodes.end() && a->name < b->name)) {
                tell_all(Difference::Removed, path, *a++);
            } else if (a == old_nodes.end() || b->name < a->name) {
                tell_all(Difference::Added, path, *b++);
            } else {
                compare_nodes(*a++, *b++, path);
            }
        }
    }

  private:
    std::vector<Node> load(const Id& tree) {
        return sorted(decode_tree(repository_.load_blob(BlobType::Tree, tree, *codec_)));
    }

    void tell_all(Difference difference, const std::string& path, const Node& node) {
        const std::string below = path + "/" + node.name;
        tell_(difference, below, node);
        if (node.subtree)
            walk_tree(repository_, *node.subtree, below,
                      [&](const std::string& deeper, const Node& found) {
                          tell_(difference, deeper, found);
                          return true;
                      });
    }

    void compare_nodes(const Node& a, const Node& b, const std::string& path) {
        const std::string below = path + "/" + b.name;
        if (a.type != b.type) {
            tell_(Difference::Type, below, b);
            return;
        }
        if (a.content != b.content || a.link_target != b.link_target || a.device != b.device)
            tell_(Difference::Content, below, b);
        else if (!has_same_metadata(a, b))
            tell_(Difference::Metadata, below, b);
        if (a.subtree && b.subtree) compare(*a.subtree, *b.subtree, below);
    }

    Repository& repository_;
    const Tell& tell_;
    std::unique_ptr<Codec> codec_;
};

}  // namespace

void diff_trees(Repository& repository, const Id& before, const Id& after, const Tell& tell) {
    Diff(repository, tell).compare(before, after, "");
}

}  // namespace lifeboat::vault

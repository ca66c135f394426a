#include "vault/tree_listing.h"

#include <algorithm>

namespace lifeboat::vault {
namespace {

constexpr std::size_t kLongestName = 255;

bool is_before(const Node& a, const Node& b) {
    return a.name < b.name;
}

std::size_t bytes_of(const Node& node) {
    std::size_t sum = sizeof node + node.attributes.size() * sizeof(ExtendedAttribute);
    for (const std::string* text : {&node.name, &node.user, &node.group, &node.link_target,
                                    &node.generic_attributes, &node.error})
        if (text->capacity() > std::string().capacity()) sum += text->capacity() + 1;
    for (const ExtendedAttribute& attribute : node.attributes)
        sum += attribute.name.size() + attribute.value.value_or("").size();
    if (node.content) sum += node.content->capacity() * sizeof(Id);
    return sum;
}

}  // namespace

bool is_component(std::string_view name) {
    return !name.empty() && name.size() <= kLongestName && name != "." && name != ".." &&
           name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

const Node* TreeListing::find(std::string_view name) const {
    const auto at = std::lower_bound(nodes.begin(), nodes.end(), name,
                                     [](const Node& node, std::string_view wanted) {
                                         return std::string_view(node.name) < wanted;
                                     });
    return at != nodes.end() && at->name == name ? &*at : nullptr;
}

std::size_t TreeListing::bytes() const {
    std::size_t sum = sizeof *this + (nodes.capacity() - nodes.size()) * sizeof(Node);
    for (const Node& node : nodes)
        sum += bytes_of(node);
    return sum;
}

TreeListing list_tree(std::vector<Node> nodes) {
    TreeListing listing;
    // Of two with one name, the first one is shown.
    if (!std::is_sorted(nodes.begin(), nodes.end(), is_before))
        std::stable_sort(nodes.begin(), nodes.end(), is_before);
    std::size_t shown = 0;
    for (Node& node : nodes) {
        const bool is_new = shown == 0 || nodes[shown - 1].name != node.name;
        if (!is_new || !is_component(node.name) || node.type == NodeType::Irregular) {
            if (listing.hidden++ == 0) listing.first_hidden = node.name;
            continue;
        }
        if (&nodes[shown] != &node) nodes[shown] = std::move(node);
        ++shown;
    }
    nodes.resize(shown);
    listing.nodes = std::move(nodes);
    return listing;
}

}  // namespace lifeboat::vault

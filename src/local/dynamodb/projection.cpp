#include "local/dynamodb/projection.h"

#include <map>
#include <optional>

namespace lifeboat::local::dynamodb {
namespace {

// The paths as a tree; a node without branches takes all that is there.
struct Branch {
    std::map<Step, Branch> branches;
};

std::optional<Value> pick(const Branch& branch, const Value& value) {
    if (branch.branches.empty()) return value;
    if (const Map* map = value.get<Map>()) {
        Map out;
        for (const auto& [step, below] : branch.branches) {
            const auto* name = std::get_if<std::string>(&step);
            const auto it = name == nullptr ? map->end() : map->find(*name);
            if (it == map->end()) continue;
            if (auto picked = pick(below, it->second)) out.emplace(*name, std::move(*picked));
        }
        if (!out.empty()) return Value(std::move(out));
    } else if (const List* list = value.get<List>()) {
        List out;
        for (const auto& [step, below] : branch.branches) {
            const auto* index = std::get_if<std::size_t>(&step);
            if (index == nullptr || *index >= list->size()) continue;
            if (auto picked = pick(below, (*list)[*index])) out.push_back(std::move(*picked));
        }
        if (!out.empty()) return Value(std::move(out));
    }
    return std::nullopt;
}

}  // namespace

Projection Projection::parse(std::string_view expression, Placeholders& placeholders) {
    Tokens tokens(expression, "ProjectionExpression");
    std::vector<Path> paths;
    do
        paths.push_back(parse_path(tokens, placeholders));
    while (tokens.take_if(","));
    if (tokens.peek().kind != Token::Kind::End) throw tokens.unexpected();
    std::vector<const Path*> all;
    for (const Path& path : paths)
        all.push_back(&path);
    check_overlaps(all, tokens);
    return Projection(std::move(paths));
}

Item Projection::of(const Item& item) const {
    std::map<std::string, Branch> attributes;
    for (const Path& path : paths_) {
        Branch* branch = &attributes[path.attribute()];
        for (std::size_t i = 1; i < path.steps.size(); ++i)
            branch = &branch->branches[path.steps[i]];
    }
    Item out;
    for (const auto& [name, branch] : attributes) {
        const auto it = item.find(name);
        if (it == item.end()) continue;
        if (auto picked = pick(branch, it->second)) out.emplace(name, std::move(*picked));
    }
    return out;
}

}  // namespace lifeboat::local::dynamodb

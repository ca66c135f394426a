#include "local/dynamodb/path.h"

#include <algorithm>
#include <charconv>

namespace lifeboat::local::dynamodb {
namespace {

std::size_t parse_index(Tokens& tokens) {
    const Token& token = tokens.peek();
    std::size_t index = 0;
    const char* end = token.text.data() + token.text.size();
    const auto [stop, error] = std::from_chars(token.text.data(), end, index);
    if (token.kind != Token::Kind::Word || stop != end) throw tokens.unexpected();
    if (error != std::errc() || index > 0xFFFF'FFFF)
        throw tokens.problem("List index is not within the allowable range; index: [" +
                             std::string(token.text) + "]");
    tokens.take();
    return index;
}

}  // namespace

Path parse_path(Tokens& tokens, Placeholders& placeholders) {
    Path path;
    const auto take_name = [&] {
        const Token& token = tokens.peek();
        const bool word =
            token.kind == Token::Kind::Word && !(token.text[0] >= '0' && token.text[0] <= '9');
        if (!word && token.kind != Token::Kind::Name) throw tokens.unexpected();
        tokens.take();
        path.steps.emplace_back(placeholders.name(token, tokens));
    };
    take_name();
    while (true) {
        if (tokens.take_if(".")) {
            take_name();
        } else if (tokens.take_if("[")) {
            path.steps.emplace_back(parse_index(tokens));
            tokens.expect("]");
        } else {
            break;
        }
        if (path.steps.size() > static_cast<std::size_t>(kMaxValueDepth))
            throw tokens.problem(
                "The document path has too many nesting elements; nesting depth: " +
                std::to_string(path.steps.size()));
    }
    return path;
}

const Value* resolve(const Path& path, const Item& item) {
    const auto top = item.find(path.attribute());
    const Value* value = top == item.end() ? nullptr : &top->second;
    for (std::size_t i = 1; i < path.steps.size() && value != nullptr; ++i) {
        if (const auto* name = std::get_if<std::string>(&path.steps[i])) {
            const Map* map = value->get<Map>();
            if (map == nullptr) return nullptr;
            const auto it = map->find(*name);
            value = it == map->end() ? nullptr : &it->second;
        } else {
            const List* list = value->get<List>();
            const auto index = std::get<std::size_t>(path.steps[i]);
            value = list == nullptr || index >= list->size() ? nullptr : &(*list)[index];
        }
    }
    return value;
}

std::string quoted(const Path& path) {
    std::string out = "[";
    for (const Step& step : path.steps) {
        if (out.size() > 1) out += ", ";
        if (const auto* name = std::get_if<std::string>(&step))
            out += *name;
        else
            out += "[" + std::to_string(std::get<std::size_t>(step)) + "]";
    }
    return out + "]";
}

void check_overlaps(const std::vector<const Path*>& paths, const Tokens& tokens) {
    for (std::size_t i = 0; i < paths.size(); ++i)
        for (std::size_t j = i + 1; j < paths.size(); ++j) {
            const auto& a = paths[i]->steps;
            const auto& b = paths[j]->steps;
            const auto common = std::min(a.size(), b.size());
            std::size_t same = 0;
            while (same < common && a[same] == b[same])
                ++same;
            const bool overlap = same == common;
            if (!overlap && a[same].index() == b[same].index()) continue;
            throw tokens.problem(std::string("Two document paths ") +
                                 (overlap ? "overlap" : "conflict") +
                                 " with each other; must remove or rewrite one of these paths; "
                                 "path one: " +
                                 quoted(*paths[i]) + ", path two: " + quoted(*paths[j]));
        }
}

}  // namespace lifeboat::local::dynamodb

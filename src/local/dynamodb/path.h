// A document path: where in an item a value lies, as a.b[3].c.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "local/dynamodb/placeholders.h"
#include "local/dynamodb/value.h"

namespace lifeboat::local::dynamodb {

// A map's member or a list's index.
using Step = std::variant<std::string, std::size_t>;

struct Path {
    std::vector<Step> steps;  // the first is a name

    const std::string& attribute() const { return std::get<std::string>(steps.front()); }
    bool is_attribute() const { return steps.size() == 1; }
    bool operator==(const Path&) const = default;
};

// Reads a path at the next token. Throws as Tokens and Placeholders do, and for more than
// kMaxValueDepth steps.
Path parse_path(Tokens& tokens, Placeholders& placeholders);

// The value, or nullptr where there is none.
const Value* resolve(const Path& path, const Item& item);

// "[a, b, [3]]", as error messages quote a path.
std::string quoted(const Path& path);

// Throws when one path lies within another, or takes for a list what another takes for a map.
void check_overlaps(const std::vector<const Path*>& paths, const Tokens& tokens);

}  // namespace lifeboat::local::dynamodb

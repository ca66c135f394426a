// JSON values and the few helpers every layer needs: bounded parsing, tolerant text, member look-up
// with errors that name the member.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/json_fwd.h"
#include "base/ordered_object.h"

extern template class nlohmann::basic_json<lifeboat::OrderedObject>;

namespace lifeboat {

// Deeper nesting is refused by parse_json: values are walked recursively in many places.
inline constexpr int kMaxJsonDepth = 256;

// How many arrays and objects of a JSON text lie within each other.
int json_depth(std::string_view text);

// Parses one JSON text. Throws Error{InvalidInput, "SerializationException"} that says `what` was
// being read and where it went wrong.
Json parse_json(std::string_view text, std::string_view what);

// Compact text. Bytes that are not UTF-8 come out as U+FFFD; never throws.
std::string to_text(const Json& value);
std::string to_pretty_text(const Json& value);
// Compact, with the members of every object in order of their names' bytes: the same for values
// that differ in the order of members only. Numbers keep their form: 1 and 1.0 stay apart.
std::string canonical_text(const Json& value);

// Look-ups that never insert and never throw on a missing member or on a value that is no object.
const Json* find(const Json& object, std::string_view member);
std::optional<std::string> find_string(const Json& object, std::string_view member);
std::optional<std::int64_t> find_integer(const Json& object, std::string_view member);
std::optional<bool> find_bool(const Json& object, std::string_view member);
// Follows a chain of members ("detail", "requestParameters", "domainId").
const Json* find_path(const Json& value, std::initializer_list<std::string_view> members);

// The member, or Error{InvalidInput, "ValidationException"} naming it. `require_string` also
// refuses an empty string.
const Json& require(const Json& object, std::string_view member);
std::string require_string(const Json& object, std::string_view member);
std::int64_t require_integer(const Json& object, std::string_view member);
// The member, or `fallback` when it is absent or null; a wrong type is an error as above.
std::string string_or(const Json& object, std::string_view member, std::string_view fallback);
std::int64_t integer_or(const Json& object, std::string_view member, std::int64_t fallback);
bool bool_or(const Json& object, std::string_view member, bool fallback);

}  // namespace lifeboat

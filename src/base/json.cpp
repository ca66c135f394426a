#include "base/json.h"

#include <algorithm>

#include "base/error.h"

template class nlohmann::basic_json<lifeboat::OrderedObject>;

namespace lifeboat {
namespace {

Error invalid(std::string_view member, std::string_view problem) {
    return Error(ErrorCategory::InvalidInput, "ValidationException",
                 "'" + std::string(member) + "' " + std::string(problem));
}

Json in_canonical_order(const Json& value) {
    if (value.is_array()) {
        Json ordered = Json::array();
        for (const Json& element : value)
            ordered.push_back(in_canonical_order(element));
        return ordered;
    }
    if (!value.is_object()) return value;
    Json ordered = Json::object();
    for (const auto& member : value.get_ref<const Json::object_t&>().sorted())
        ordered.emplace(member->first, in_canonical_order(member->second));
    return ordered;
}

bool absent(const Json* value) {
    return value == nullptr || value->is_null();
}

}  // namespace

int json_depth(std::string_view text) {
    int depth = 0, deepest = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            deepest = std::max(deepest, ++depth);
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return deepest;
}

Json parse_json(std::string_view text, std::string_view what) {
    if (json_depth(text) > kMaxJsonDepth)
        throw Error(ErrorCategory::InvalidInput, "SerializationException",
                    std::string(what) + " is nested more than " + std::to_string(kMaxJsonDepth) +
                        " levels deep");
    try {
        return Json::parse(text);
    } catch (const Json::exception& e) {
        std::string reason = e.what();
        // "[json.exception.parse_error.101] parse error at line 1, column 2: ..."
        if (const auto bracket = reason.find("] "); bracket != std::string::npos)
            reason.erase(0, bracket + 2);
        throw Error(ErrorCategory::InvalidInput, "SerializationException",
                    std::string(what) + " is not valid JSON: " + reason);
    }
}

std::string to_text(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string to_pretty_text(const Json& value) {
    return value.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string canonical_text(const Json& value) {
    return to_text(in_canonical_order(value));
}

const Json* find(const Json& object, std::string_view member) {
    if (!object.is_object()) return nullptr;
    const auto it = object.find(member);
    return it == object.end() ? nullptr : &*it;
}

std::optional<std::string> find_string(const Json& object, std::string_view member) {
    const Json* value = find(object, member);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return value->get_ref<const std::string&>();
}

std::optional<std::int64_t> find_integer(const Json& object, std::string_view member) {
    const Json* value = find(object, member);
    if (value == nullptr || !value->is_number_integer()) return std::nullopt;
    return value->get<std::int64_t>();
}

std::optional<bool> find_bool(const Json& object, std::string_view member) {
    const Json* value = find(object, member);
    if (value == nullptr || !value->is_boolean()) return std::nullopt;
    return value->get<bool>();
}

const Json* find_path(const Json& value, std::initializer_list<std::string_view> members) {
    const Json* here = &value;
    for (const auto member : members) {
        here = find(*here, member);
        if (here == nullptr) return nullptr;
    }
    return here;
}

const Json& require(const Json& object, std::string_view member) {
    const Json* value = find(object, member);
    if (absent(value)) throw invalid(member, "is required and is missing");
    return *value;
}

std::string require_string(const Json& object, std::string_view member) {
    const Json& value = require(object, member);
    if (!value.is_string()) throw invalid(member, "must be a string");
    if (value.get_ref<const std::string&>().empty()) throw invalid(member, "must not be empty");
    return value.get<std::string>();
}

std::int64_t require_integer(const Json& object, std::string_view member) {
    const Json& value = require(object, member);
    if (!value.is_number_integer()) throw invalid(member, "must be an integer");
    return value.get<std::int64_t>();
}

std::string string_or(const Json& object, std::string_view member, std::string_view fallback) {
    const Json* value = find(object, member);
    if (absent(value)) return std::string(fallback);
    if (!value->is_string()) throw invalid(member, "must be a string");
    return value->get<std::string>();
}

std::int64_t integer_or(const Json& object, std::string_view member, std::int64_t fallback) {
    const Json* value = find(object, member);
    if (absent(value)) return fallback;
    if (!value->is_number_integer()) throw invalid(member, "must be an integer");
    return value->get<std::int64_t>();
}

bool bool_or(const Json& object, std::string_view member, bool fallback) {
    const Json* value = find(object, member);
    if (absent(value)) return fallback;
    if (!value->is_boolean()) throw invalid(member, "must be true or false");
    return value->get<bool>();
}

}  // namespace lifeboat

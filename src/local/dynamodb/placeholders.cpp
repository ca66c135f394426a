#include "local/dynamodb/placeholders.h"

#include <algorithm>

#include "base/json.h"
#include "local/dynamodb/refusal.h"
#include "local/dynamodb/reserved_words.h"

namespace lifeboat::local::dynamodb {
namespace {

// ExpressionAttributeNames and -Values together may take 2 MB (Quotas).
constexpr std::size_t kMaxAttributeNameSize = 64 * 1024 - 1;

bool is_placeholder(std::string_view text, char first) {
    return text.size() > 1 && text.front() == first &&
           std::all_of(text.begin() + 1, text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_';
           });
}

const Json* placeholder_map(const Json& request, std::string_view member, char first) {
    const Json* map = find(request, member);
    if (map == nullptr || map->is_null()) return nullptr;
    const std::string name(member);
    if (!map->is_object()) throw refusal(name + " must be a map");
    if (map->empty()) throw refusal(name + " must not be empty");
    for (const auto& [key, value] : map->items())
        if (!is_placeholder(key, first))
            throw refusal(name + " contains invalid key: Syntax error; key: \"" + key + "\"");
    return map;
}

template <typename Entries>
std::string unused_keys(const Entries& entries) {
    std::string keys;
    for (const auto& [key, entry] : entries)
        if (!entry.used) keys += (keys.empty() ? "" : ", ") + key;
    return keys;
}

}  // namespace

Placeholders::Placeholders(const Json& request) {
    if (const Json* names = placeholder_map(request, "ExpressionAttributeNames", '#')) {
        have_names_ = true;
        for (const auto& [key, value] : names->items()) {
            if (!value.is_string() || value.get_ref<const std::string&>().empty() ||
                value.get_ref<const std::string&>().size() > kMaxAttributeNameSize)
                throw refusal("ExpressionAttributeNames contains invalid value for key " + key +
                              ": an attribute name has 1 to 65535 bytes");
            names_[key].content = value.get<std::string>();
        }
    }
    if (const Json* values = placeholder_map(request, "ExpressionAttributeValues", ':')) {
        have_values_ = true;
        for (const auto& [key, value] : values->items()) {
            try {
                values_[key].content = Value::from_json(value);
            } catch (const Error& e) {
                if (e.code() != "ValidationException") throw;
                throw refusal("ExpressionAttributeValues contains invalid value: " + e.message() +
                              " for key " + key);
            }
        }
    }
}

std::string Placeholders::name(const Token& token, const Tokens& tokens) {
    if (token.kind == Token::Kind::Name) {
        const auto it = names_.find(token.text);
        if (it == names_.end())
            throw tokens.problem(
                "An expression attribute name used in the document path is not defined; attribute "
                "name: " +
                std::string(token.text));
        it->second.used = true;
        return it->second.content;
    }
    if (is_reserved_word(token.text))
        throw tokens.problem("Attribute name is a reserved keyword; reserved keyword: " +
                             std::string(token.text));
    return std::string(token.text);
}

const Value& Placeholders::value(const Token& token, const Tokens& tokens) {
    const auto it = values_.find(token.text);
    if (it == values_.end())
        throw tokens.problem(
            "An expression attribute value used in expression is not defined; attribute value: " +
            std::string(token.text));
    it->second.used = true;
    return it->second.content;
}

void Placeholders::check_all_used(std::string_view absent_expressions) const {
    if (!absent_expressions.empty()) {
        if (have_names_)
            throw refusal("ExpressionAttributeNames can only be specified when using expressions");
        if (have_values_)
            throw refusal(
                "ExpressionAttributeValues can only be specified when using expressions: " +
                std::string(absent_expressions));
    }
    if (const auto keys = unused_keys(names_); !keys.empty())
        throw refusal("Value provided in ExpressionAttributeNames unused in expressions: keys: {" +
                      keys + "}");
    if (const auto keys = unused_keys(values_); !keys.empty())
        throw refusal("Value provided in ExpressionAttributeValues unused in expressions: keys: {" +
                      keys + "}");
}

}  // namespace lifeboat::local::dynamodb

#include "local/page_token.h"

#include <algorithm>
#include <charconv>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/json.h"

namespace lifeboat::local {
namespace {

constexpr std::size_t kMarkBytes = 9;  // a multiple of three: base64 without padding

std::string mark_of(std::string_view scope) {
    return sha256(scope).substr(0, kMarkBytes);
}

bool parse_number(std::string_view text, std::int64_t& number) {
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

}  // namespace

std::string listing_scope(std::string_view operation, const Json& request,
                          std::initializer_list<std::string_view> paging) {
    Json filters = request.is_object() ? request : Json::object();
    for (const std::string_view member : paging)
        filters.erase(std::string(member));
    return std::string(operation) + " " + canonical_text(filters);
}

std::string page_token(std::string_view scope, std::string_view position) {
    std::string token = base64_encode(mark_of(scope) + std::string(position));
    while (!token.empty() && token.back() == '=')
        token.pop_back();
    std::replace(token.begin(), token.end(), '+', '-');
    std::replace(token.begin(), token.end(), '/', '_');
    return token;
}

std::optional<std::string> page_position(std::string_view scope, std::string_view token) {
    std::string text(token);
    if (text.find_first_of("+/=") != std::string::npos) return std::nullopt;
    std::replace(text.begin(), text.end(), '-', '+');
    std::replace(text.begin(), text.end(), '_', '/');
    while (text.size() % 4 != 0)
        text += '=';
    const auto bytes = base64_decode(text);
    if (!bytes || bytes->size() < kMarkBytes || bytes->substr(0, kMarkBytes) != mark_of(scope))
        return std::nullopt;
    return bytes->substr(kMarkBytes);
}

std::string position_text(NumberedPosition position) {
    return std::to_string(position.number) + "." + std::to_string(position.id);
}

std::optional<NumberedPosition> parse_position(std::string_view text) {
    const auto dot = text.find('.');
    NumberedPosition position;
    if (dot == std::string_view::npos || !parse_number(text.substr(0, dot), position.number) ||
        !parse_number(text.substr(dot + 1), position.id))
        return std::nullopt;
    return position;
}

}  // namespace lifeboat::local

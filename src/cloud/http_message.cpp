#include "cloud/http_message.h"

#include <algorithm>

#include "base/encoding.h"

namespace lifeboat::cloud {
namespace {

constexpr std::size_t kUsualHeaders = 10;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string decode(std::string_view text, Plus plus) {
    return plus == Plus::Literal ? percent_decode(text) : form_decode(text);
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

void HttpHeaders::add(std::string_view name, std::string_view value) {
    if (headers_.empty()) headers_.reserve(kUsualHeaders);
    headers_.push_back({std::string(name), std::string(value)});
}

void HttpHeaders::set(std::string_view name, std::string_view value) {
    remove(name);
    add(name, value);
}

void HttpHeaders::remove(std::string_view name) {
    std::erase_if(headers_,
                  [&](const HttpHeader& header) { return equal_ignoring_case(header.name, name); });
}

const std::string* HttpHeaders::find(std::string_view name) const {
    for (const HttpHeader& header : headers_)
        if (equal_ignoring_case(header.name, name)) return &header.value;
    return nullptr;
}

std::string HttpHeaders::get(std::string_view name) const {
    const std::string* value = find(name);
    return value != nullptr ? *value : std::string();
}

std::string_view path_of(std::string_view target) {
    return target.substr(0, target.find('?'));
}

std::string_view query_of(std::string_view target) {
    const auto mark = target.find('?');
    return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

QueryParameters parse_query(std::string_view query, Plus plus) {
    QueryParameters parameters;
    while (!query.empty()) {
        const auto end = query.find('&');
        const std::string_view part = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
        if (part.empty()) continue;
        const auto equals = part.find('=');
        parameters.emplace_back(
            decode(part.substr(0, equals), plus),
            equals == std::string_view::npos ? "" : decode(part.substr(equals + 1), plus));
    }
    return parameters;
}

}  // namespace lifeboat::cloud

#include "local/settings.h"

#include <charconv>
#include <cmath>

#include "base/error.h"

namespace lifeboat::local {
namespace {

Error wrong(std::string_view key, const std::string& value, std::string_view wanted) {
    return Error(ErrorCategory::InvalidInput, "InvalidSetting",
                 "the setting '" + std::string(key) + "' is '" + value + "' but must be " +
                     std::string(wanted));
}

}  // namespace

const std::string* Settings::find(std::string_view key) const {
    const auto it = values_.find(key);
    return it == values_.end() ? nullptr : &it->second;
}

std::string Settings::text(std::string_view key, std::string_view fallback) const {
    const std::string* value = find(key);
    return value ? *value : std::string(fallback);
}

std::int64_t Settings::integer(std::string_view key, std::int64_t fallback) const {
    const std::string* value = find(key);
    if (value == nullptr) return fallback;
    std::int64_t number = 0;
    const char* end = value->data() + value->size();
    const auto parsed = std::from_chars(value->data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end) throw wrong(key, *value, "a whole number");
    return number;
}

bool Settings::boolean(std::string_view key, bool fallback) const {
    const std::string* value = find(key);
    if (value == nullptr) return fallback;
    if (*value == "true") return true;
    if (*value == "false") return false;
    throw wrong(key, *value, "true or false");
}

Duration Settings::seconds(std::string_view key, Duration fallback) const {
    const std::string* value = find(key);
    if (value == nullptr) return fallback;
    double number = 0;
    const char* end = value->data() + value->size();
    const auto parsed = std::from_chars(value->data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end || !(number >= 0 && number < 1e9))
        throw wrong(key, *value, "a number of seconds");
    return Duration(static_cast<std::int64_t>(std::llround(number * 1e6)));
}

}  // namespace lifeboat::local

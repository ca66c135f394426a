#include "local/datasync/listing.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/json.h"
#include "local/datasync/refusal.h"

namespace lifeboat::local::datasync {
namespace {

// API reference: MaxResults is at most 100, and so many are returned by default.
constexpr std::int64_t kMostResults = 100;

template <class Number>
bool parse_whole(const std::string& text, Number& number) {
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    return parsed.ec == std::errc() && parsed.ptr == end;
}

std::vector<std::string> values_of(const Json& filter) {
    return require(filter, "Values").get<std::vector<std::string>>();
}

double parse_time(const std::string& text) {
    if (const auto time = parse_iso8601(text)) return to_epoch_seconds(*time);
    double seconds = 0;
    if (!parse_whole(text, seconds))
        refuse("The filter value '" + text + "' is not a time; write 2026-01-02T09:18:24Z.");
    return seconds;
}

}  // namespace

Page::Page(const Json& request) {
    const std::int64_t wanted = integer_or(request, "MaxResults", 0);
    limit_ = static_cast<std::size_t>(wanted == 0 ? kMostResults : wanted);
    const std::string token = string_or(request, "NextToken", "");
    if (!token.empty() && !parse_whole(token, after_)) refuse("The NextToken is not valid.");
}

Page::~Page() = default;

bool Page::add(std::int64_t number, Json item) {
    if (items_.size() == limit_) {
        more_ = true;
        return false;
    }
    last_ = number;
    items_.push_back(std::move(item));
    return true;
}

Json Page::answer(const char* member) const {
    Json answer = {{member, items_}};
    if (more_) answer["NextToken"] = std::to_string(last_);
    return answer;
}

bool matches(const Json& filter, const std::vector<std::string>& texts) {
    const std::string op = require_string(filter, "Operator");
    const std::vector<std::string> values = values_of(filter);
    const auto any = [&](auto test) {
        return std::any_of(values.begin(), values.end(), [&](const std::string& value) {
            return std::any_of(texts.begin(), texts.end(),
                               [&](const std::string& text) { return test(text, value); });
        });
    };
    const auto equal = [](const std::string& text, const std::string& value) {
        return text == value;
    };
    const auto contains = [](const std::string& text, const std::string& value) {
        return text.find(value) != std::string::npos;
    };
    if (op == "Equals" || op == "In") return any(equal);
    if (op == "NotEquals") return !any(equal);
    if (op == "Contains") return any(contains);
    if (op == "NotContains") return !any(contains);
    if (op == "BeginsWith")
        return any([](const std::string& text, const std::string& value) {
            return text.starts_with(value);
        });
    refuse("The operator " + op + " cannot be used with the filter " +
           require_string(filter, "Name") + ".");
}

bool matches(const Json& filter, Time time) {
    const std::string op = require_string(filter, "Operator");
    const double seconds = to_epoch_seconds(time);
    const std::vector<std::string> values = values_of(filter);
    return std::any_of(values.begin(), values.end(), [&](const std::string& value) {
        const double limit = parse_time(value);
        if (op == "Equals" || op == "In") return seconds == limit;
        if (op == "NotEquals") return seconds != limit;
        if (op == "LessThan") return seconds < limit;
        if (op == "LessThanOrEqual") return seconds <= limit;
        if (op == "GreaterThan") return seconds > limit;
        if (op == "GreaterThanOrEqual") return seconds >= limit;
        refuse("The operator " + op + " cannot be used with the filter CreationTime.");
    });
}

}  // namespace lifeboat::local::datasync

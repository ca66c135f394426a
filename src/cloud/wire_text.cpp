#include "cloud/wire_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/json.h"

namespace lifeboat::cloud {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
    Number value{};
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || problem != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::string rfc822(Time time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
    return fmt::format(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[std::chrono::weekday(day).c_encoding()],
        static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
        static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
        clock.seconds().count());
}

// "Sun, 06 Nov 1994 08:49:37 GMT", perhaps with a fraction.
std::optional<double> parse_rfc822(std::string_view text) {
    const auto comma = text.find(", ");
    if (comma == std::string_view::npos || !text.ends_with(" GMT")) return std::nullopt;
    text = text.substr(comma + 2, text.size() - comma - 2 - 4);
    if (text.size() < 20) return std::nullopt;
    for (std::size_t month = 0; month < kMonths.size(); ++month) {
        if (text.substr(3, 3) != kMonths[month]) continue;
        const auto time = parse_iso8601(fmt::format("{}-{:02}-{}T{}Z", text.substr(7, 4), month + 1,
                                                    text.substr(0, 2), text.substr(12)));
        if (!time) return std::nullopt;
        return to_epoch_seconds(*time);
    }
    return std::nullopt;
}

std::string quoted_when_needed(const std::string& text) {
    if (text.find_first_of(",\"") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

}  // namespace

std::string timestamp_text(double epoch_seconds, TimestampFormat format) {
    if (format == TimestampFormat::EpochSeconds) {
        const double millis = std::round(epoch_seconds * 1000);
        return std::fmod(millis, 1000) == 0 ? fmt::format("{:.0f}", millis / 1000)
                                            : fmt::format("{:.3f}", millis / 1000);
    }
    const Time time = from_epoch_seconds(epoch_seconds);
    if (format == TimestampFormat::Rfc822) return rfc822(time);
    const bool whole = std::fmod(std::round(epoch_seconds * 1000), 1000) == 0;
    return whole ? to_iso8601(time) : to_iso8601_millis(time);
}

std::optional<double> parse_timestamp(std::string_view text) {
    if (const auto number = parse_number<double>(text))
        return std::isfinite(*number) ? number : std::nullopt;
    if (const auto time = parse_iso8601(text)) return to_epoch_seconds(*time);
    return parse_rfc822(text);
}

std::string scalar_text(const Shape& shape, const Json& value, TimestampFormat standard) {
    if (shape.kind == ShapeKind::Timestamp && value.is_number())
        return timestamp_text(
            value.get<double>(),
            shape.timestamp_format == TimestampFormat::Default ? standard : shape.timestamp_format);
    if (value.is_string()) return value.get<std::string>();
    return to_text(value);
}

Json scalar_from_text(const Shape& shape, std::string_view text) {
    switch (shape.kind) {
        case ShapeKind::Boolean: {
            const std::string lower = lower_case(text);
            if (lower == "true") return true;
            if (lower == "false") return false;
            break;
        }
        case ShapeKind::Integer:
        case ShapeKind::Long:
            if (const auto number = parse_number<std::int64_t>(text)) return *number;
            break;
        case ShapeKind::Double:
            if (const auto number = parse_number<double>(text))
                if (std::isfinite(*number)) return *number;
            break;
        case ShapeKind::Timestamp:
            if (const auto time = parse_timestamp(text)) return *time;
            break;
        default:
            break;
    }
    return std::string(text);
}

std::string header_list_text(const Shape& list, const Json& values) {
    std::string out;
    for (const Json& value : values) {
        if (value.is_null()) continue;
        if (!out.empty()) out += ", ";
        const std::string text = scalar_text(*list.element, value, TimestampFormat::Rfc822);
        out += list.element->kind == ShapeKind::String ? quoted_when_needed(text) : text;
    }
    return out;
}

std::vector<std::string> split_header_list(const Shape& list, std::string_view text) {
    // RFC 822 dates have a comma of their own.
    const bool dates = list.element->kind == ShapeKind::Timestamp &&
                       (list.element->timestamp_format == TimestampFormat::Default ||
                        list.element->timestamp_format == TimestampFormat::Rfc822);
    std::vector<std::string> parts(1);
    bool quoted = false;
    bool own_comma = dates;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted && c == '\\' && i + 1 < text.size()) {
            parts.back() += text[++i];
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted && !std::exchange(own_comma, dates && !own_comma)) {
            parts.emplace_back();
        } else if (c != ' ' || quoted || !parts.back().empty()) {
            parts.back() += c;
        }
    }
    for (std::string& part : parts)
        while (!part.empty() && part.back() == ' ')
            part.pop_back();
    if (parts.size() == 1 && parts[0].empty()) parts.clear();
    return parts;
}

}  // namespace lifeboat::cloud

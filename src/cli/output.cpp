#include "cli/output.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "base/encoding.h"
#include "base/json.h"

namespace lifeboat::cli {
namespace {

// Columns that a text takes, counting each UTF-8 character as one.
std::size_t width(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0U) != 0x80;
    }));
}

}  // namespace

std::string shown(std::string_view text) {
    const bool valid = is_utf8(text);
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !valid))
            out += fmt::format("\\x{:02x}", byte);
        else
            out += c;
    }
    return out;
}

void Output::table(const Json& value, const std::vector<std::string>& headers,
                   const std::vector<std::vector<std::string>>& rows, const std::string& nothing) {
    if (is_json()) {
        stream_ << to_pretty_text(value) << '\n';
        return;
    }
    if (rows.empty()) {
        stream_ << nothing << '\n';
        return;
    }
    std::vector<std::vector<std::string>> lines{headers};
    for (const auto& row : rows) {
        lines.emplace_back();
        for (const std::string& cell : row)
            lines.back().push_back(shown(cell));
    }
    std::vector<std::size_t> widths(headers.size(), 0);
    for (const auto& line : lines)
        for (std::size_t i = 0; i < line.size() && i < widths.size(); ++i)
            widths[i] = std::max(widths[i], width(line[i]));
    for (const auto& line : lines) {
        std::string text;
        for (std::size_t i = 0; i < line.size(); ++i) {
            text += line[i];
            if (i + 1 < line.size()) text += std::string(widths[i] - width(line[i]) + 2, ' ');
        }
        stream_ << text << '\n';
    }
}

void Output::record(const Json& value,
                    const std::vector<std::pair<std::string, std::string>>& pairs) {
    if (is_json()) {
        stream_ << to_pretty_text(value) << '\n';
        return;
    }
    std::size_t widest = 0;
    for (const auto& [name, text] : pairs)
        widest = std::max(widest, width(name));
    for (const auto& [name, text] : pairs)
        stream_ << name << std::string(widest - width(name) + 2, ' ') << shown(text) << '\n';
}

void Output::done(const Json& value, const std::string& sentence) {
    if (is_json())
        stream_ << to_pretty_text(value) << '\n';
    else
        stream_ << shown(sentence) << '\n';
}

std::string member_text(const Json& object, std::string_view member) {
    const Json* value = find(object, member);
    if (value == nullptr || value->is_null()) return "";
    return value->is_string() ? value->get<std::string>() : to_text(*value);
}

std::string human_bytes(std::int64_t bytes) {
    static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < std::size(kUnits)) {
        value /= 1024;
        ++unit;
    }
    return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string human_count(std::int64_t count) {
    std::string digits = std::to_string(count);
    const std::size_t first = digits.front() == '-' ? 1 : 0;
    for (std::size_t at = digits.size(); at > first + 3; at -= 3)
        digits.insert(at - 3, ",");
    return digits;
}

std::string human_milliseconds(std::int64_t milliseconds) {
    if (milliseconds < 1000) return fmt::format("{} ms", milliseconds);
    if (milliseconds < 60'000)
        return fmt::format("{:.1f} s", static_cast<double>(milliseconds) / 1000);
    const std::int64_t seconds = milliseconds / 1000;
    if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
    return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
}

}  // namespace lifeboat::cli

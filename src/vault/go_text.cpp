#include "vault/go_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/error.h"

namespace lifeboat::vault {
namespace {

constexpr char kDigits[] = "0123456789abcdef";
constexpr std::uint32_t kInvalid = 0xFFFFFFFF;

struct Range {
    std::uint32_t first, last;
};
// What Unicode knows and unicode.IsPrint refuses: controls, spaces but U+0020, formatting
// characters, private use.
constexpr Range kNotPrinted[] = {
    {0x7F, 0xA0},       {0xAD, 0xAD},       {0x600, 0x605},     {0x61C, 0x61C},
    {0x6DD, 0x6DD},     {0x70F, 0x70F},     {0x890, 0x891},     {0x8E2, 0x8E2},
    {0x1680, 0x1680},   {0x180E, 0x180E},   {0x2000, 0x200F},   {0x2028, 0x202F},
    {0x205F, 0x206F},   {0x3000, 0x3000},   {0xD800, 0xF8FF},   {0xFEFF, 0xFEFF},
    {0xFFF0, 0xFFFB},   {0xFFFE, 0xFFFF},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD},
    {0x1D173, 0x1D17A}, {0xE0000, 0x10FFFF}};

bool is_printed(std::uint32_t rune) {
    if (rune < 0x20) return false;
    if (rune < 0x7F) return true;
    if (rune >= 0xE0100 && rune <= 0xE01EF) return true;  // variation selectors
    return std::none_of(std::begin(kNotPrinted), std::end(kNotPrinted),
                        [&](const Range& r) { return r.first <= rune && rune <= r.last; });
}

// The code point at the front of `text` and the bytes it takes; kInvalid and 1 where there is none.
std::pair<std::uint32_t, std::size_t> rune_at(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return {first, 1};
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) return {kInvalid, 1};
    std::uint32_t rune = first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return {kInvalid, 1};
        rune = rune << 6 | (byte(i) & 0x3F);
    }
    constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
    if (rune < kLeast[length] || rune > 0x10FFFF || (rune >= 0xD800 && rune <= 0xDFFF))
        return {kInvalid, 1};
    return {rune, length};
}

void append_hex(std::string& out, const char* prefix, std::uint32_t value, int digits) {
    out += prefix;
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
        out += kDigits[value >> shift & 15];
}

void append_utf8(std::string& out, std::uint32_t rune) {
    if (rune < 0x80) {
        out += static_cast<char>(rune);
        return;
    }
    const int more = rune < 0x800 ? 1 : rune < 0x10000 ? 2 : 3;
    constexpr unsigned kFirst[] = {0, 0xC0, 0xE0, 0xF0};
    out += static_cast<char>(kFirst[more] | rune >> (6 * more));
    for (int i = more - 1; i >= 0; --i)
        out += static_cast<char>(0x80 | (rune >> (6 * i) & 0x3F));
}

constexpr std::string_view kShortNames = "abfnrtv\\\"";
constexpr std::string_view kShortBytes = "\a\b\f\n\r\t\v\\\"";

[[noreturn]] void refuse(std::string_view quoted) {
    throw Error(ErrorCategory::Corruption, "InvalidName",
                "the name '" + std::string(quoted) + "' in a tree is not quoted as it should be");
}

}  // namespace

std::string go_quote(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 8);
    while (!text.empty()) {
        const auto [rune, length] = rune_at(text);
        const std::size_t is_short =
            length == 1 ? kShortBytes.find(text[0]) : std::string_view::npos;
        if (is_short != std::string_view::npos) {
            out += '\\';
            out += kShortNames[is_short];
        } else if (rune == kInvalid) {
            append_hex(out, "\\x", static_cast<unsigned char>(text[0]), 2);
        } else if (is_printed(rune)) {
            out += text.substr(0, length);
        } else if (rune < 0x20 || rune == 0x7F) {
            append_hex(out, "\\x", rune, 2);
        } else if (rune < 0x10000) {
            append_hex(out, "\\u", rune, 4);
        } else {
            append_hex(out, "\\U", rune, 8);
        }
        text.remove_prefix(length);
    }
    return out;
}

std::string go_unquote(std::string_view quoted) {
    if (quoted.find_first_of("\\\"\n") == std::string_view::npos) return std::string(quoted);
    std::string out;
    for (std::size_t at = 0; at < quoted.size(); ++at) {
        if (quoted[at] == '"' || quoted[at] == '\n') refuse(quoted);
        if (quoted[at] != '\\') {
            out += quoted[at];
            continue;
        }
        if (++at == quoted.size()) refuse(quoted);
        const char kind = quoted[at];
        if (const auto known = kShortNames.find(kind); known != std::string_view::npos) {
            out += kShortBytes[known];
            continue;
        }
        const bool is_octal = kind >= '0' && kind <= '7';
        const std::size_t digits = is_octal      ? 3
                                   : kind == 'x' ? 2
                                   : kind == 'u' ? 4
                                   : kind == 'U' ? 8
                                                 : 0;
        if (!is_octal) ++at;
        if (digits == 0 || quoted.size() - at < digits) refuse(quoted);
        std::uint64_t value = 0;
        for (const char c : quoted.substr(at, digits)) {
            const char* digit = std::find(kDigits, kDigits + 16, static_cast<char>(c | 0x20));
            if (digit - kDigits >= (is_octal ? 8 : 16)) refuse(quoted);
            value = value * (is_octal ? 8 : 16) + static_cast<std::uint64_t>(digit - kDigits);
        }
        at += digits - 1;
        if (digits < 4) {
            if (value > 0xFF) refuse(quoted);
            out += static_cast<char>(value);
        } else {
            if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) refuse(quoted);
            append_utf8(out, static_cast<std::uint32_t>(value));
        }
    }
    return out;
}

void append_go_json(std::string& out, std::string_view text) {
    out += '"';
    std::size_t plain = 0, at = 0;
    const auto flush = [&] { out += text.substr(plain, at - plain); };
    while (at < text.size()) {
        const auto c = static_cast<unsigned char>(text[at]);
        if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&') {
            ++at;
            continue;
        }
        const auto [rune, length] = rune_at(text.substr(at));
        if (rune != kInvalid && length > 1 && rune != 0x2028 && rune != 0x2029) {
            at += length;
            continue;
        }
        flush();
        if (c == '"' || c == '\\') {
            out += '\\';
            out += static_cast<char>(c);
        } else if (c == '\n' || c == '\r' || c == '\t') {
            out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
        } else {
            append_hex(out, "\\u", rune == kInvalid ? 0xFFFD : rune, 4);
        }
        at += length;
        plain = at;
    }
    flush();
    out += '"';
}

}  // namespace lifeboat::vault

#include "local/events/json_tokens.h"

#include <fmt/format.h>

#include "base/error.h"

namespace lifeboat::local::events {
namespace {

constexpr std::size_t kLongestExcerpt = 500;
constexpr std::size_t kDeepest = 1000;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_name_character(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

// Length of the UTF-8 sequence that starts with `lead`, and how many UTF-16 units it is.
struct Width {
    std::size_t bytes;
    std::size_t units;
};
Width width_of(char lead) {
    const auto byte = static_cast<unsigned char>(lead);
    if (byte < 0x80) return {1, 1};
    if (byte >= 0xf0) return {4, 2};
    if (byte >= 0xe0) return {3, 1};
    if (byte >= 0xc0) return {2, 1};
    return {1, 1};
}

void append_utf8(std::string& out, unsigned code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xc0 | (code >> 6));
        out += static_cast<char>(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        out += static_cast<char>(0xe0 | (code >> 12));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
        out += static_cast<char>(0x80 | (code & 0x3f));
    } else {
        out += static_cast<char>(0xf0 | (code >> 18));
        out += static_cast<char>(0x80 | ((code >> 12) & 0x3f));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
        out += static_cast<char>(0x80 | (code & 0x3f));
    }
}

constexpr std::string_view kValueWords =
    "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

}  // namespace

bool is_number(JsonToken token) {
    return token == JsonToken::Integer || token == JsonToken::Float;
}

std::string JsonTokens::location_at(std::size_t position) const {
    std::size_t line = 1, column = 1, at = 0;
    while (at < position && at < text_.size()) {
        const char c = text_[at];
        if (c == '\n' || (c == '\r' && !(at + 1 < text_.size() && text_[at + 1] == '\n'))) {
            ++line;
            column = 1;
            ++at;
            continue;
        }
        const Width width = width_of(c);
        at += width.bytes;
        column += width.units;
    }
    std::string excerpt;
    std::size_t units = 0, cut = 0;
    for (at = 0; at < text_.size();) {
        const Width width = width_of(text_[at]);
        if (units + width.units > kLongestExcerpt) {
            cut += width.units;
        } else {
            const auto byte = static_cast<unsigned char>(text_[at]);
            if ((byte < 0x20 && byte != '\n' && byte != '\r') || byte == 0x7f)
                excerpt += fmt::format("\\u{:04X}", byte);
            else
                excerpt += text_.substr(at, width.bytes);
            units += width.units;
        }
        at += width.bytes;
    }
    return fmt::format("[Source: (String)\"{}\"{}; line: {}, column: {}]", excerpt,
                       cut ? fmt::format("[truncated {} chars]", cut) : "", line, column);
}

void JsonTokens::fail(const std::string& message) const {
    throw Error(ErrorCategory::InvalidInput, "JsonParseException", message + "\n at " + location());
}

std::string JsonTokens::character_at(std::size_t position) const {
    const auto byte = static_cast<unsigned char>(text_[position]);
    if (byte < 0x20) return fmt::format("(CTRL-CHAR, code {})", byte);
    std::string_view bytes = text_.substr(position, width_of(text_[position]).bytes);
    unsigned code = byte;
    if (bytes.size() > 1) {
        code = byte & (0x7fU >> bytes.size());
        for (char c : bytes.substr(1))
            code = (code << 6) | (static_cast<unsigned char>(c) & 0x3f);
    }
    return fmt::format("('{}' (code {}))", bytes, code);
}

void JsonTokens::fail_unexpected(const std::string& comment) {
    const std::string message =
        fmt::format("Unexpected character {}: {}", character_at(position_), comment);
    position_ += width_of(text_[position_]).bytes;
    fail(message);
}

void JsonTokens::fail_token() {
    const std::size_t start = position_;
    while (!at_end() && is_name_character(text_[position_]))
        ++position_;
    if (position_ == start) {
        const std::string words = std::string("expected a valid value ").append(kValueWords);
        fail_unexpected(words);
    }
    fail(fmt::format("Unrecognized token '{}': was expecting {}",
                     text_.substr(start, position_ - start), kValueWords));
}

void JsonTokens::skip_space() {
    while (!at_end()) {
        const char c = text_[position_];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            ++position_;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            const std::string message = fmt::format(
                "Illegal character ({}): only regular white space (\\r, \\n, \\t) is allowed "
                "between "
                "tokens",
                character_at(position_));
            ++position_;
            fail(message);
        } else {
            return;
        }
    }
}

JsonToken JsonTokens::next() {
    if (value_of_name_) {
        token_ = *value_of_name_;
        value_of_name_.reset();
        open_scope(token_);
        return token_;
    }
    if (string_unread_) text();
    skip_space();
    if (at_end()) {
        if (scopes_.empty()) return token_ = JsonToken::End;
        fail(fmt::format(
            "Unexpected end-of-input: expected close marker for {} (start marker at {})",
            scopes_.back().object ? "Object" : "Array", location_at(scopes_.back().start)));
    }
    const char c = text_[position_];
    if (c == ']' || c == '}') {
        close_scope(c);
        return token_;
    }
    if (scopes_.empty()) {
        if (root_read_) fail_unexpected("was expecting the end of the text");
        root_read_ = true;
        value_start_ = position_;
        token_ = read_value();
        open_scope(token_);
        return token_;
    }
    expect_comma();
    if (scopes_.back().object) {
        read_name();
        expect_colon();
        value_start_ = position_;
        value_of_name_ = read_value();
        return token_ = JsonToken::FieldName;
    }
    value_start_ = position_;
    token_ = read_value();
    open_scope(token_);
    return token_;
}

void JsonTokens::expect_comma() {
    Scope& scope = scopes_.back();
    if (scope.entries++ == 0) return;
    const char* kind = scope.object ? "Object" : "Array";
    if (text_[position_] != ',')
        fail_unexpected(fmt::format("was expecting comma to separate {} entries", kind));
    ++position_;
    skip_space();
    if (at_end()) fail(fmt::format("Unexpected end-of-input within/between {} entries", kind));
}

void JsonTokens::read_name() {
    if (text_[position_] != '"') fail_unexpected("was expecting double-quote to start field name");
    ++position_;
    current_.clear();
    read_string(current_);
}

void JsonTokens::expect_colon() {
    skip_space();
    if (at_end()) fail("Unexpected end-of-input within/between Object entries");
    if (text_[position_] != ':')
        fail_unexpected("was expecting a colon to separate field name and value");
    ++position_;
    skip_space();
    if (at_end()) fail("Unexpected end-of-input within/between Object entries");
}

JsonToken JsonTokens::read_value() {
    switch (const char c = text_[position_]) {
        case '"':
            ++position_;
            string_unread_ = true;
            return JsonToken::String;
        case '{':
            ++position_;
            return JsonToken::ObjectStart;
        case '[':
            ++position_;
            return JsonToken::ArrayStart;
        case 't':
            read_literal("true");
            return JsonToken::True;
        case 'f':
            read_literal("false");
            return JsonToken::False;
        case 'n':
            read_literal("null");
            return JsonToken::Null;
        default:
            if (c == '-' || is_digit(c)) return read_number();
            fail_token();
    }
}

void JsonTokens::read_literal(std::string_view literal) {
    const std::size_t end = position_ + literal.size();
    if (text_.substr(position_, literal.size()) != literal ||
        (end < text_.size() && is_name_character(text_[end])))
        fail_token();
    position_ = end;
}

JsonToken JsonTokens::read_number() {
    const auto digit_follows = [&] { return !at_end() && is_digit(text_[position_]); };
    const auto fail_number = [&](const char* why) {
        if (at_end()) fail("Unexpected end-of-input in a Number value");
        const std::string message = fmt::format("Unexpected character {} in numeric value: {}",
                                                character_at(position_), why);
        ++position_;
        fail(message);
    };
    if (text_[position_] == '-') {
        ++position_;
        if (!digit_follows())
            fail_number("expected digit (0-9) to follow minus sign, for valid numeric value");
    }
    if (text_[position_] == '0') {
        ++position_;
        if (digit_follows()) fail("Invalid numeric value: Leading zeroes not allowed");
    }
    while (digit_follows())
        ++position_;
    JsonToken kind = JsonToken::Integer;
    if (!at_end() && text_[position_] == '.') {
        kind = JsonToken::Float;
        ++position_;
        if (!digit_follows()) fail_number("Decimal point not followed by a digit");
        while (digit_follows())
            ++position_;
    }
    if (!at_end() && (text_[position_] == 'e' || text_[position_] == 'E')) {
        kind = JsonToken::Float;
        ++position_;
        if (!at_end() && (text_[position_] == '+' || text_[position_] == '-')) ++position_;
        if (!digit_follows()) fail_number("Exponent indicator not followed by a digit");
        while (digit_follows())
            ++position_;
    }
    return kind;
}

void JsonTokens::open_scope(JsonToken token) {
    if (token != JsonToken::ObjectStart && token != JsonToken::ArrayStart) return;
    if (scopes_.size() >= kDeepest)
        fail(fmt::format("Document nesting depth ({}) exceeds the maximum allowed ({})",
                         kDeepest + 1, kDeepest));
    scopes_.push_back({token == JsonToken::ObjectStart, value_start_});
}

void JsonTokens::close_scope(char closing) {
    const bool object = closing == '}';
    ++position_;
    if (scopes_.empty() || scopes_.back().object != object) {
        if (scopes_.empty())
            fail(
                fmt::format("Unexpected close marker '{}': expected '{}' (for root starting at {})",
                            closing, object ? ']' : '}', location_at(0)));
        fail(fmt::format("Unexpected close marker '{}': expected '{}' (for {} starting at {})",
                         closing, object ? ']' : '}', object ? "Array" : "Object",
                         location_at(scopes_.back().start)));
    }
    scopes_.pop_back();
    token_ = object ? JsonToken::ObjectEnd : JsonToken::ArrayEnd;
}

const std::string& JsonTokens::text() {
    switch (token_) {
        case JsonToken::FieldName:
            return current_;
        case JsonToken::String:
            if (string_unread_) {
                current_.clear();
                read_string(current_);
                string_unread_ = false;
            }
            return current_;
        case JsonToken::Integer:
        case JsonToken::Float: {
            std::size_t end = value_start_;
            while (end < text_.size() &&
                   (is_digit(text_[end]) || text_[end] == '-' || text_[end] == '+' ||
                    text_[end] == '.' || text_[end] == 'e' || text_[end] == 'E'))
                ++end;
            return current_ = text_.substr(value_start_, end - value_start_);
        }
        case JsonToken::ObjectStart:
            return current_ = "{";
        case JsonToken::ObjectEnd:
            return current_ = "}";
        case JsonToken::ArrayStart:
            return current_ = "[";
        case JsonToken::ArrayEnd:
            return current_ = "]";
        case JsonToken::True:
            return current_ = "true";
        case JsonToken::False:
            return current_ = "false";
        case JsonToken::Null:
            return current_ = "null";
        case JsonToken::End:
            break;
    }
    return current_ = "";
}

void JsonTokens::read_string(std::string& out) {
    for (;;) {
        if (at_end())
            fail("Unexpected end-of-input: was expecting closing quote for a string value");
        const char c = text_[position_];
        if (c == '"') {
            ++position_;
            return;
        }
        if (c == '\\') {
            ++position_;
            read_escape(out);
        } else if (static_cast<unsigned char>(c) < 0x20) {
            const std::string message = fmt::format(
                "Illegal unquoted character ({}): has to be escaped using backslash to be included "
                "in string value",
                character_at(position_));
            ++position_;
            fail(message);
        } else {
            out += c;
            ++position_;
        }
    }
}

void JsonTokens::read_escape(std::string& out) {
    if (at_end()) fail("Unexpected end-of-input in character escape sequence");
    const char c = text_[position_];
    constexpr std::string_view kEscapes = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (const auto found = kEscapes.find(c); found != std::string_view::npos) {
        out += kMeanings[found];
        ++position_;
        return;
    }
    if (c != 'u') {
        const std::string message =
            fmt::format("Unrecognized character escape {}", character_at(position_));
        position_ += width_of(c).bytes;
        fail(message);
    }
    ++position_;
    unsigned code = read_hex4();
    const bool low_follows = code >= 0xd800 && code < 0xdc00 && text_.substr(position_, 2) == "\\u";
    if (low_follows) {
        const std::size_t second = position_;
        position_ += 2;
        const unsigned low = read_hex4();
        if (low >= 0xdc00 && low < 0xe000)
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        else
            position_ = second;
    }
    // Half a surrogate pair is no character.
    append_utf8(out, code >= 0xd800 && code < 0xe000 ? 0xfffd : code);
}

unsigned JsonTokens::read_hex4() {
    unsigned code = 0;
    for (int i = 0; i < 4; ++i, ++position_) {
        if (at_end()) fail("Unexpected end-of-input in character escape sequence");
        const char c = text_[position_];
        const unsigned digit = is_digit(c)              ? static_cast<unsigned>(c - '0')
                               : (c >= 'a' && c <= 'f') ? static_cast<unsigned>(c - 'a' + 10)
                               : (c >= 'A' && c <= 'F') ? static_cast<unsigned>(c - 'A' + 10)
                                                        : 16U;
        if (digit == 16) fail_unexpected("expected a hex-digit for character escape sequence");
        code = code * 16 + digit;
    }
    return code;
}

}  // namespace lifeboat::local::events

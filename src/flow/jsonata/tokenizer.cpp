#include "flow/jsonata/tokenizer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace lifeboat::flow::jsonata {
namespace {

constexpr std::string_view kDoubles[] = {"..", ":=", "!=", ">=", "<=", "**", "~>"};
constexpr std::string_view kSingles = ".[]{}(),@#;:?+-*/%|=<>^&!~";
constexpr std::string_view kBlank = " \t\n\r\v";

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::optional<std::uint32_t> hex4(std::string_view text) {
    std::uint32_t value = 0;
    if (text.size() < 4) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + 4, value, 16);
    if (error != std::errc() || end != text.data() + 4) return std::nullopt;
    return value;
}

}  // namespace

void append_utf8(std::string& out, std::uint32_t point) {
    if (point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) point = 0xFFFD;
    const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (point < 0x80) return put(point);
    if (point < 0x800) {
        put(0xC0 | point >> 6);
    } else if (point < 0x10000) {
        put(0xE0 | point >> 12);
        put(0x80 | (point >> 6 & 0x3F));
    } else {
        put(0xF0 | point >> 18);
        put(0x80 | (point >> 12 & 0x3F));
        put(0x80 | (point >> 6 & 0x3F));
    }
    put(0x80 | (point & 0x3F));
}

void Tokenizer::skip_blank() {
    while (at_ < text_.size()) {
        if (kBlank.find(text_[at_]) != std::string_view::npos) {
            ++at_;
        } else if (text_.substr(at_, 2) == "/*") {
            const std::size_t end = text_.find("*/", at_ + 2);
            if (end == std::string_view::npos) fail_at(at_, "S0106", "Comment has no closing tag");
            at_ = end + 2;
        } else {
            return;
        }
    }
}

Token Tokenizer::next(bool operand) {
    skip_blank();
    Token token;
    token.position = at_;
    if (at_ == text_.size()) return token;
    const char c = text_[at_];
    if (c == '/' && operand) return regex();
    for (const std::string_view two : kDoubles) {
        if (text_.substr(at_, 2) != two) continue;
        at_ += 2;
        return {Token::Kind::Operator, std::string(two), "", {}, at_};
    }
    if (kSingles.find(c) != std::string_view::npos) {
        ++at_;
        return {Token::Kind::Operator, std::string(1, c), "", {}, at_};
    }
    if (c == '"' || c == '\'') return string(c);
    if (is_digit(c)) return number();
    if (c == '`') {
        const std::size_t end = text_.find('`', at_ + 1);
        if (end == std::string_view::npos)
            fail_at(at_, "S0105", "Quoted property name must be terminated with a backquote (`)");
        token = {
            Token::Kind::Name, std::string(text_.substr(at_ + 1, end - at_ - 1)), "", {}, end + 1};
        at_ = end + 1;
        return token;
    }
    std::size_t end = at_ + 1;
    while (end < text_.size() && kBlank.find(text_[end]) == std::string_view::npos &&
           kSingles.find(text_[end]) == std::string_view::npos)
        ++end;
    const std::string word(text_.substr(at_, end - at_));
    at_ = end;
    if (c == '$') return {Token::Kind::Variable, word.substr(1), "", {}, at_};
    if (word == "and" || word == "or" || word == "in")
        return {Token::Kind::Operator, word, "", {}, at_};
    if (word == "true" || word == "false")
        return {Token::Kind::Literal, word, "", word == "true", at_};
    if (word == "null") return {Token::Kind::Literal, word, "", Item::null(), at_};
    return {Token::Kind::Name, word, "", {}, at_};
}

Token Tokenizer::string(char quote) {
    const std::size_t begin = at_++;
    std::string value;
    while (at_ < text_.size() && text_[at_] != quote) {
        if (text_[at_] != '\\') {
            value += text_[at_++];
            continue;
        }
        constexpr std::string_view kEscapes = "\"'\\/bfnrt", kMeaning = "\"'\\/\b\f\n\r\t";
        const char escaped = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
        if (const auto known = kEscapes.find(escaped); known != std::string_view::npos) {
            value += kMeaning[known];
            at_ += 2;
            continue;
        }
        if (escaped != 'u')
            fail_at(at_, "S0103", std::string("Unsupported escape sequence: \\") + escaped);
        auto point = hex4(text_.substr(std::min(at_ + 2, text_.size())));
        if (!point)
            fail_at(at_, "S0104", "The escape sequence \\u must be followed by 4 hex digits");
        at_ += 6;
        if (*point >= 0xD800 && *point < 0xDC00 && text_.substr(at_, 2) == "\\u") {
            const auto low = hex4(text_.substr(at_ + 2));
            if (low && *low >= 0xDC00 && *low < 0xE000) {
                point = 0x10000 + ((*point - 0xD800) << 10) + (*low - 0xDC00);
                at_ += 6;
            }
        }
        append_utf8(value, *point);
    }
    if (at_ >= text_.size())
        fail_at(begin, "S0101", "String literal must be terminated by a matching quote");
    ++at_;
    return {Token::Kind::Literal, "(string)", "", std::move(value), at_};
}

Token Tokenizer::number() {
    const std::size_t begin = at_;
    const auto digits = [this] {
        while (at_ < text_.size() && is_digit(text_[at_]))
            ++at_;
    };
    if (text_[at_] == '0')
        ++at_;
    else
        digits();
    bool whole = true;
    if (at_ + 1 < text_.size() && text_[at_] == '.' && is_digit(text_[at_ + 1])) {
        whole = false;
        ++at_;
        digits();
    }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
        std::size_t exponent = at_ + 1;
        if (exponent < text_.size() && (text_[exponent] == '+' || text_[exponent] == '-'))
            ++exponent;
        if (exponent < text_.size() && is_digit(text_[exponent])) {
            whole = false;
            at_ = exponent;
            digits();
        }
    }
    const std::string text(text_.substr(begin, at_ - begin));
    Number number;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number.value);
    if (error != std::errc() || !std::isfinite(number.value))
        fail_at(begin, "S0102", "Number out of range: " + text);
    std::int64_t exact = 0;
    if (whole && std::from_chars(text.data(), text.data() + text.size(), exact).ec == std::errc())
        number.exact = exact;
    return {Token::Kind::Literal, "(number)", "", number, at_};
}

Token Tokenizer::regex() {
    const std::size_t begin = at_++;
    int depth = 0;
    for (std::size_t i = at_; i < text_.size(); ++i) {
        const char c = text_[i];
        if (c == '\\') {
            ++i;
            continue;
        }
        if (c == '/' && depth == 0) {
            Token token{Token::Kind::Regex, std::string(text_.substr(at_, i - at_)), "", {}, 0};
            if (token.text.empty())
                fail_at(i, "S0301", "Empty regular expressions are not allowed");
            at_ = i + 1;
            while (at_ < text_.size() && (text_[at_] == 'i' || text_[at_] == 'm'))
                token.flags += text_[at_++];
            token.position = at_;
            return token;
        }
        if (c == '(' || c == '[' || c == '{') ++depth;
        if (c == ')' || c == ']' || c == '}') --depth;
    }
    fail_at(begin, "S0302", "No terminating / in regular expression");
}

std::string_view Tokenizer::signature() {
    const std::size_t begin = at_ - 1;
    int depth = 1;
    while (at_ < text_.size() && depth > 0) {
        if (text_[at_] == '<') ++depth;
        if (text_[at_] == '>') --depth;
        if (text_[at_] == '{') break;
        ++at_;
    }
    if (depth > 0) fail_at(at_, "S0202", "Expected \">\" at the end of a function's signature");
    return text_.substr(begin, at_ - begin);
}

}  // namespace lifeboat::flow::jsonata

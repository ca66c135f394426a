#include "local/dynamodb/tokens.h"

#include <algorithm>

#include "local/dynamodb/refusal.h"

namespace lifeboat::local::dynamodb {
namespace {

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_word_character(char c) {
    return is_letter_or_digit(c) || c == '_';
}
bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}
char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

}  // namespace

Tokens::Tokens(std::string_view expression, std::string_view parameter)
    : expression_(expression), parameter_(parameter) {
    if (expression.size() > kMaxExpressionSize)
        throw problem("Expression size has exceeded the maximum allowed size; expression size: " +
                      std::to_string(expression.size()));
    for (std::size_t i = 0; i < expression.size();) {
        const char c = expression[i];
        if (is_space(c)) {
            ++i;
            continue;
        }
        Token token{Token::Kind::Punctuation, expression.substr(i, 1), i};
        if (is_letter_or_digit(c) || c == '#' || c == ':') {
            std::size_t end = i + 1;
            while (end < expression.size() && is_word_character(expression[end]))
                ++end;
            token.text = expression.substr(i, end - i);
            token.kind = c == '#'   ? Token::Kind::Name
                         : c == ':' ? Token::Kind::Value
                                    : Token::Kind::Word;
        } else if (c == '<' || c == '>') {
            const auto two = expression.substr(i, 2);
            if (two == "<=" || two == ">=" || two == "<>") token.text = two;
        }
        static constexpr std::string_view kPunctuation = "=<>()[].,+-";
        const bool known = token.kind != Token::Kind::Punctuation ||
                           kPunctuation.find(c) != std::string_view::npos;
        const bool bare = token.text.size() == 1 && (c == '#' || c == ':');
        tokens_.push_back(token);
        if (!known || bare) throw unexpected(tokens_.size() - 1);
        i += token.text.size();
    }
    tokens_.push_back({Token::Kind::End, "<EOF>", expression.size()});
    if (tokens_.size() == 1) throw problem("The expression can not be empty;");
}

const Token& Tokens::peek(std::size_t ahead) const {
    return tokens_[std::min(next_ + ahead, tokens_.size() - 1)];
}

const Token& Tokens::take() {
    const Token& token = peek();
    if (token.kind != Token::Kind::End) ++next_;
    return token;
}

bool Tokens::is(std::string_view punctuation, std::size_t ahead) const {
    const Token& token = peek(ahead);
    return token.kind == Token::Kind::Punctuation && token.text == punctuation;
}

bool Tokens::take_if(std::string_view punctuation) {
    const bool found = is(punctuation);
    if (found) take();
    return found;
}

bool Tokens::is_keyword(std::string_view keyword, std::size_t ahead) const {
    const Token& token = peek(ahead);
    return token.kind == Token::Kind::Word &&
           std::equal(token.text.begin(), token.text.end(), keyword.begin(), keyword.end(),
                      [](char a, char b) { return upper(a) == b; });
}

bool Tokens::take_keyword(std::string_view keyword) {
    const bool found = is_keyword(keyword);
    if (found) take();
    return found;
}

void Tokens::expect(std::string_view punctuation) {
    if (!take_if(punctuation)) throw unexpected();
}

void Tokens::count_operator() {
    if (++operators_ > kMaxOperators)
        throw problem("The expression contains too many operators; operator limit: " +
                      std::to_string(kMaxOperators));
}

void Tokens::check_nesting(int depth) const {
    if (depth > kMaxNesting)
        throw problem("The expression is nested too deeply; nesting limit: " +
                      std::to_string(kMaxNesting));
}

Error Tokens::problem(const std::string& text) const {
    return refusal("Invalid " + parameter_ + ": " + text);
}

Error Tokens::unexpected() const {
    return unexpected(std::min(next_, tokens_.size() - 1));
}

Error Tokens::unexpected(std::size_t index) const {
    const Token& token = tokens_[index];
    const std::size_t begin = index > 0 ? tokens_[index - 1].offset : token.offset;
    std::size_t end = token.offset + (token.kind == Token::Kind::End ? 0 : token.text.size());
    if (index + 1 < tokens_.size() && tokens_[index + 1].kind != Token::Kind::End)
        end = tokens_[index + 1].offset + tokens_[index + 1].text.size();
    return problem("Syntax error; token: \"" + std::string(token.text) + "\", near: \"" +
                   std::string(expression_.substr(begin, end - begin)) + "\"");
}

}  // namespace lifeboat::local::dynamodb

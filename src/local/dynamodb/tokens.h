// The words of an expression: identifiers, #names, :values and punctuation, and the errors that say
// where an expression cannot be read.
// Source: DynamoDB Developer Guide, "Expressions in DynamoDB"; size limits from "Quotas".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace lifeboat::local::dynamodb {

inline constexpr std::size_t kMaxExpressionSize = 4096;
inline constexpr int kMaxOperators = 300;
// Parentheses and functions within each other; keeps the recursion of the parsers small.
inline constexpr int kMaxNesting = 64;

struct Token {
    enum class Kind { Word, Name, Value, Punctuation, End };
    Kind kind = Kind::End;
    std::string_view text;  // "<EOF>" at the end
    std::size_t offset = 0;
};

class Tokens {
  public:
    // `expression` must outlive the tokens; `parameter` is its name in the request
    // ("UpdateExpression"). Throws as fail() does for characters no token begins with, for an empty
    // expression and for one above kMaxExpressionSize.
    Tokens(std::string_view expression, std::string_view parameter);

    const Token& peek(std::size_t ahead = 0) const;
    const Token& take();
    bool is(std::string_view punctuation, std::size_t ahead = 0) const;
    bool take_if(std::string_view punctuation);
    // Keywords ("AND", in capitals here) are compared without case.
    bool is_keyword(std::string_view keyword, std::size_t ahead = 0) const;
    bool take_keyword(std::string_view keyword);
    void expect(std::string_view punctuation);

    // Counts one operator or function; throws above kMaxOperators.
    void count_operator();
    // Throws above kMaxNesting.
    void check_nesting(int depth) const;

    const std::string& parameter() const { return parameter_; }
    // Error{InvalidInput, "ValidationException", "Invalid <parameter>: <problem>"}.
    Error problem(const std::string& text) const;
    // The same, about the next token: Syntax error; token: "...", near: "...".
    Error unexpected() const;

  private:
    Error unexpected(std::size_t index) const;

    std::string_view expression_;
    std::string parameter_;
    std::vector<Token> tokens_;
    std::size_t next_ = 0;
    int operators_ = 0;
};

}  // namespace lifeboat::local::dynamodb

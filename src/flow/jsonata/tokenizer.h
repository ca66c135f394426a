// The words of a JSONata expression, taken one at a time: whether "/" divides or begins a regular
// expression only the parser knows.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "flow/jsonata/item.h"

namespace lifeboat::flow::jsonata {

struct Token {
    enum class Kind { End, Operator, Name, Variable, Literal, Regex };
    Kind kind = Kind::End;
    std::string text;          // of an operator, name, variable (without $) or pattern
    std::string flags;         // of a regular expression
    Item value;                // of a literal
    std::size_t position = 0;  // behind the token
};

class Tokenizer {
  public:
    explicit Tokenizer(std::string_view text) : text_(text) {}

    // `operand`: an operand is due, so "/" begins a regular expression. Throws S01xx, S03xx.
    Token next(bool operand);
    // The text from "<" to its ">", the tokenizer standing behind the "<".
    std::string_view signature();
    std::size_t position() const { return at_; }

  private:
    void skip_blank();
    Token string(char quote);
    Token number();
    Token regex();

    std::string_view text_;
    std::size_t at_ = 0;
};

// Appends a code point in UTF-8; what is none becomes U+FFFD.
void append_utf8(std::string& out, std::uint32_t point);

}  // namespace lifeboat::flow::jsonata

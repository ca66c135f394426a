// DynamoDB's number: a decimal with up to 38 significant digits and a magnitude from 1E-130 to
// 9.99..E+125, exact. Never a binary float: 0.1 + 0.2 is 0.3.
// Source: DynamoDB Developer Guide, "Naming rules and data types", Number.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

namespace lifeboat::local::dynamodb {

inline constexpr int kMaxDigits = 38;

class Number {
  public:
    Number() = default;
    // Integer or decimal notation, with or without exponent ("-12.50", "1e3"). Throws
    // Error{InvalidInput, "ValidationException"} in DynamoDB's words for text that is no number,
    // for more than 38 significant digits and for a magnitude out of range.
    static Number parse(std::string_view text);
    static Number of(long long value);

    // The normal form: no exponent, no leading or trailing zeros, no "-0".
    std::string text() const;
    bool is_zero() const { return digits_.empty(); }
    bool is_negative() const { return negative_; }
    // Bytes as DynamoDB counts them: one for two significant digits, and one.
    std::size_t size() const { return (digits_.size() + 1) / 2 + 1; }

    // Exact; throw as parse does when the result does not fit.
    friend Number operator+(const Number& a, const Number& b);
    friend Number operator-(const Number& a, const Number& b);
    Number negated() const;

    bool operator==(const Number&) const = default;
    std::strong_ordering operator<=>(const Number& other) const;

    // Appends bytes that compare, byte by byte, as the numbers do, and that say where they end.
    void append_ordered(std::string& bytes) const;

  private:
    static Number make(bool negative, std::string digits, long exponent);

    // The value is 0.<digits_> * 10^exponent_; the first and the last digit are not '0'. Zero has
    // no digits, no sign and exponent 0.
    bool negative_ = false;
    int exponent_ = 0;
    std::string digits_;
};

}  // namespace lifeboat::local::dynamodb

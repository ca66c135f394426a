#include "local/dynamodb/number.h"

#include <algorithm>

#include "local/dynamodb/refusal.h"

namespace lifeboat::local::dynamodb {
namespace {

// Of 0.<digits> * 10^exponent: 9.99E+125 is 0.999E+126, 1E-130 is 0.1E-129.
constexpr long kMaxExponent = 126;
constexpr long kMinExponent = -129;

std::strong_ordering compare_magnitude(int exponent_a, const std::string& a, int exponent_b,
                                       const std::string& b) {
    if (a.empty() || b.empty()) return a.size() <=> b.size();
    if (exponent_a != exponent_b) return exponent_a <=> exponent_b;
    return a.compare(b) <=> 0;
}

// Digits as a decimal integer aligned so that the last digit has the weight 10^lowest.
std::string aligned(const std::string& digits, int exponent, int highest, int lowest) {
    std::string out(static_cast<std::size_t>(highest - exponent), '0');
    out += digits;
    out.resize(static_cast<std::size_t>(highest - lowest), '0');
    return out;
}

[[noreturn]] void refuse_digits() {
    throw refusal("Attempting to store more than 38 significant digits in a Number");
}

}  // namespace

Number Number::make(bool negative, std::string digits, long exponent) {
    const auto first = digits.find_first_not_of('0');
    if (first == std::string::npos) return {};
    exponent -= static_cast<long>(first);
    digits.erase(0, first);
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.size() > kMaxDigits) refuse_digits();
    if (exponent > kMaxExponent)
        throw refusal(
            "Number overflow. Attempting to store a number with magnitude larger than supported "
            "range");
    if (exponent < kMinExponent)
        throw refusal(
            "Number underflow. Attempting to store a number with magnitude smaller than supported "
            "range");
    Number number;
    number.negative_ = negative;
    number.exponent_ = static_cast<int>(exponent);
    number.digits_ = std::move(digits);
    return number;
}

Number Number::parse(std::string_view text) {
    const auto refuse = [&] {
        return refusal("The parameter cannot be converted to a numeric value" +
                       (text.empty() ? std::string() : ": " + std::string(text)));
    };
    std::size_t i = 0;
    bool negative = false;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) negative = text[i++] == '-';
    std::string digits;
    bool point = false, any = false;
    long exponent = 0;
    for (; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '.' && !point) {
            point = true;
        } else if (c >= '0' && c <= '9') {
            any = true;
            // Leading zeros carry nothing; dropping them here bounds the work on hostile text.
            if (c != '0' || !digits.empty()) digits += c;
            if (!point && !digits.empty()) ++exponent;
            if (point && digits.empty()) --exponent;
        } else {
            break;
        }
    }
    if (!any) throw refuse();
    if (i < text.size()) {
        if (text[i] != 'e' && text[i] != 'E') throw refuse();
        ++i;
        bool down = false;
        if (i < text.size() && (text[i] == '-' || text[i] == '+')) down = text[i++] == '-';
        if (i == text.size()) throw refuse();
        long power = 0;
        for (; i < text.size(); ++i) {
            if (text[i] < '0' || text[i] > '9') throw refuse();
            power = std::min(power * 10 + (text[i] - '0'), 1'000'000'000L);
        }
        exponent += down ? -power : power;
    }
    return make(negative, std::move(digits), exponent);
}

Number Number::of(long long value) {
    return parse(std::to_string(value));
}

std::string Number::text() const {
    if (is_zero()) return "0";
    std::string out = negative_ ? "-" : "";
    const int count = static_cast<int>(digits_.size());
    if (exponent_ <= 0) {
        out += "0.";
        out.append(static_cast<std::size_t>(-exponent_), '0');
        out += digits_;
    } else if (exponent_ >= count) {
        out += digits_;
        out.append(static_cast<std::size_t>(exponent_ - count), '0');
    } else {
        out.append(digits_, 0, static_cast<std::size_t>(exponent_));
        out += '.';
        out.append(digits_, static_cast<std::size_t>(exponent_));
    }
    return out;
}

Number Number::negated() const {
    Number out = *this;
    if (!is_zero()) out.negative_ = !negative_;
    return out;
}

Number operator+(const Number& a, const Number& b) {
    if (a.is_zero()) return b;
    if (b.is_zero()) return a;
    const int highest = std::max(a.exponent_, b.exponent_);
    const int lowest = std::min(a.exponent_ - static_cast<int>(a.digits_.size()),
                                b.exponent_ - static_cast<int>(b.digits_.size()));
    std::string x = aligned(a.digits_, a.exponent_, highest, lowest);
    std::string y = aligned(b.digits_, b.exponent_, highest, lowest);
    bool negative = a.negative_;
    if (a.negative_ == b.negative_) {
        int carry = 0;
        for (std::size_t i = x.size(); i-- > 0;) {
            const int sum = (x[i] - '0') + (y[i] - '0') + carry;
            x[i] = static_cast<char>('0' + sum % 10);
            carry = sum / 10;
        }
        x.insert(x.begin(), static_cast<char>('0' + carry));
        return Number::make(negative, std::move(x), highest + 1);
    }
    if (x < y) {
        std::swap(x, y);
        negative = b.negative_;
    }
    int borrow = 0;
    for (std::size_t i = x.size(); i-- > 0;) {
        int difference = (x[i] - '0') - (y[i] - '0') - borrow;
        borrow = difference < 0 ? 1 : 0;
        if (difference < 0) difference += 10;
        x[i] = static_cast<char>('0' + difference);
    }
    return Number::make(negative, std::move(x), highest);
}

Number operator-(const Number& a, const Number& b) {
    return a + b.negated();
}

std::strong_ordering Number::operator<=>(const Number& other) const {
    if (negative_ != other.negative_)
        return negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
    const auto order = compare_magnitude(exponent_, digits_, other.exponent_, other.digits_);
    return negative_ ? 0 <=> order : order;
}

void Number::append_ordered(std::string& bytes) const {
    // Sign (1 negative, 2 zero, 3 positive), exponent, digits in pairs plus one, 0 as the end. For
    // negative numbers all after the sign is inverted, so that larger magnitudes come first.
    bytes += static_cast<char>(is_zero() ? 2 : negative_ ? 1 : 3);
    if (is_zero()) return;
    const auto start = bytes.size();
    bytes += static_cast<char>(exponent_ - kMinExponent);
    for (std::size_t i = 0; i < digits_.size(); i += 2) {
        const int tens = digits_[i] - '0';
        const int ones = i + 1 < digits_.size() ? digits_[i + 1] - '0' : 0;
        bytes += static_cast<char>(tens * 10 + ones + 1);
    }
    bytes += '\0';
    if (negative_)
        for (auto i = start; i < bytes.size(); ++i)
            bytes[i] = static_cast<char>(~bytes[i]);
}

}  // namespace lifeboat::local::dynamodb

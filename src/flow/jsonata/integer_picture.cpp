// Integers in words, Roman numerals, letters and digit patterns, both ways.
#include <algorithm>
#include <cmath>
#include <map>

#include "base/encoding.h"
#include "flow/jsonata/number_picture.h"
#include "flow/jsonata/regex.h"

namespace lifeboat::flow::jsonata {
namespace {

const char* const kSmall[] = {"Zero",    "One",     "Two",       "Three",    "Four",
                              "Five",    "Six",     "Seven",     "Eight",    "Nine",
                              "Ten",     "Eleven",  "Twelve",    "Thirteen", "Fourteen",
                              "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen"};
const char* const kSmallOrdinal[] = {
    "Zeroth",     "First",     "Second",    "Third",       "Fourth",     "Fifth",     "Sixth",
    "Seventh",    "Eighth",    "Ninth",     "Tenth",       "Eleventh",   "Twelfth",   "Thirteenth",
    "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth", "Nineteenth"};
const char* const kTens[] = {"Twenty", "Thirty",  "Forty",  "Fifty",
                             "Sixty",  "Seventy", "Eighty", "Ninety"};
const char* const kMagnitudes[] = {"Thousand", "Million", "Billion", "Trillion"};

std::string in_words(double value, bool continued, bool ordinal) {
    if (value <= 19)
        return (continued ? " and " : "") +
               std::string((ordinal ? kSmallOrdinal : kSmall)[static_cast<int>(value)]);
    if (value < 100) {
        const auto tens = static_cast<int>(value / 10);
        const auto rest = static_cast<int>(std::fmod(value, 10));
        std::string words = (continued ? " and " : "") + std::string(kTens[tens - 2]);
        if (rest > 0) return words + "-" + in_words(rest, false, ordinal);
        if (ordinal) words = words.substr(0, words.size() - 1) + "ieth";
        return words;
    }
    const auto large = [ordinal](const std::string& words, double rest) {
        if (rest > 0) return words + in_words(rest, true, ordinal);
        return ordinal ? words + "th" : words;
    };
    if (value < 1000) {
        const std::string words =
            std::string(continued ? ", " : "") + kSmall[static_cast<int>(value / 100)] + " Hundred";
        return large(words, std::fmod(value, 100));
    }
    const int magnitude = std::min(static_cast<int>(std::floor(std::log10(value) / 3 + 1e-12)), 4);
    const double factor = std::pow(1000, magnitude);
    const double head = std::floor(value / factor);
    const std::string words = std::string(continued ? ", " : "") + in_words(head, false, false) +
                              " " + kMagnitudes[magnitude - 1];
    return large(words, value - head * factor);
}

const std::pair<int, const char*> kRoman[] = {
    {1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"},
    {40, "xl"},  {10, "x"},   {9, "ix"},  {5, "v"},    {4, "iv"},  {1, "i"}};

constexpr double kMostRoman = 100'000;

std::string in_roman(double value) {
    if (value > kMostRoman)
        fail("D3130", "A number above 100000 cannot be written in Roman numerals");
    std::string out;
    for (const auto& [size, letters] : kRoman)
        for (; value >= size; value -= size)
            out += letters;
    return out;
}

std::string in_letters(double value, char first) {
    std::string out;
    while (value > 0) {
        value -= 1;
        out.insert(out.begin(), static_cast<char>(first + static_cast<int>(std::fmod(value, 26))));
        value = std::floor(value / 26);
    }
    return out;
}

std::string upper(std::string text) {
    for (char& c : text)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

struct Format {
    std::string primary;
    bool ordinal = false;
    // Of a digit pattern:
    char32_t zero = 0;
    std::size_t mandatory = 0;
    std::vector<std::pair<std::size_t, char32_t>> separators;  // digits to the right, character
};

// The zeros of Unicode's decimal digit groups that the usual scripts have.
constexpr char32_t kZeros[] = {0x30,  0x660, 0x6F0,  0x7C0,  0x966,  0x9E6, 0xA66,
                               0xAE6, 0xB66, 0xBE6,  0xC66,  0xCE6,  0xD66, 0xE50,
                               0xED0, 0xF20, 0x1040, 0x17E0, 0x1810, 0xFF10};

char32_t zero_of(char32_t c) {
    for (const char32_t zero : kZeros)
        if (c >= zero && c <= zero + 9) return zero;
    return 0;
}

Format parse_format(const std::string& picture) {
    Format format;
    const auto semicolon = picture.rfind(';');
    format.primary = picture.substr(0, semicolon);
    if (semicolon != std::string::npos)
        format.ordinal = picture.size() > semicolon + 1 && picture[semicolon + 1] == 'o';
    for (const char* named : {"A", "a", "I", "i", "W", "Ww", "w"})
        if (format.primary == named) return format;
    std::size_t digits = 0;
    const std::u32string points = to_points(format.primary);
    for (auto c = points.rbegin(); c != points.rend(); ++c) {
        if (const char32_t zero = zero_of(*c); zero != 0) {
            if (format.zero != 0 && format.zero != zero)
                fail("D3131",
                     "In a decimal digit pattern, all digits must be from the same "
                     "decimal group");
            format.zero = zero;
            ++format.mandatory;
            ++digits;
        } else if (*c == '#') {
            ++digits;
        } else {
            format.separators.emplace_back(digits, *c);
        }
    }
    if (format.mandatory == 0)
        fail("D3130", "Formatting or parsing an integer as a sequence starting with \"" +
                          format.primary + "\" is not supported by this implementation");
    return format;
}

std::string ordinal_suffix(const std::string& digits) {
    const char last = digits.back();
    const bool teens = digits.size() > 1 && digits[digits.size() - 2] == '1';
    if (teens) return "th";
    return last == '1' ? "st" : last == '2' ? "nd" : last == '3' ? "rd" : "th";
}

std::string in_digits(double value, const Format& format) {
    char plain[400];
    std::snprintf(plain, sizeof plain, "%.0f", value);
    std::string digits = plain;
    if (digits.size() < format.mandatory) digits.insert(0, format.mandatory - digits.size(), '0');
    // Separators that repeat evenly with one character go on to the left.
    std::size_t step = format.separators.empty() ? 0 : format.separators.front().first;
    for (std::size_t i = 0; i < format.separators.size(); ++i)
        if (format.separators[i].first != step * (i + 1) ||
            format.separators[i].second != format.separators.front().second)
            step = 0;
    std::u32string out;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const std::size_t left = digits.size() - i;
        if (i > 0 && step > 0 && left % step == 0) out += format.separators.front().second;
        if (i > 0 && step == 0)
            for (const auto& [place, character] : format.separators)
                if (place == left) out += character;
        out += format.zero + static_cast<char32_t>(digits[i] - '0');
    }
    return to_utf8(out) + (format.ordinal ? ordinal_suffix(digits) : "");
}

std::optional<double> from_roman(const std::string& text) {
    double total = 0;
    std::size_t at = 0;
    for (const auto& [size, letters] : kRoman)
        while (text.compare(at, std::char_traits<char>::length(letters), letters) == 0) {
            total += size;
            at += std::char_traits<char>::length(letters);
        }
    return at == text.size() && at > 0 ? std::optional(total) : std::nullopt;
}

std::optional<double> from_words(const std::string& text) {
    static const auto values = [] {
        std::map<std::string, double> all;
        for (int i = 0; i < 20; ++i)
            all[lower_case(kSmall[i])] = all[lower_case(kSmallOrdinal[i])] = i;
        for (int i = 0; i < 8; ++i) {
            const std::string word = lower_case(kTens[i]);
            all[word] = all[word.substr(0, word.size() - 1) + "ieth"] = (i + 2) * 10;
        }
        all["hundred"] = all["hundredth"] = 100;
        for (int i = 0; i < 4; ++i) {
            const std::string word = lower_case(kMagnitudes[i]);
            all[word] = all[word + "th"] = std::pow(1000, i + 1);
        }
        return all;
    }();
    // Values not yet multiplied lie on a stack.
    std::vector<double> stack;
    std::string word;
    for (const char c : lower_case(text) + " ") {
        if (c != ' ' && c != ',' && c != '-') {
            word += c;
            continue;
        }
        if (word.empty() || word == "and") {
            word.clear();
            continue;
        }
        const auto found = values.find(word);
        if (found == values.end()) return std::nullopt;
        word.clear();
        if (found->second < 100) {
            if (!stack.empty() && stack.back() < 1000 && std::fmod(stack.back(), 100) == 0)
                stack.back() += found->second;
            else if (!stack.empty() && stack.back() < 1000)
                stack.back() += found->second;
            else
                stack.push_back(found->second);
        } else if (found->second == 100 && !stack.empty() && stack.back() < 100) {
            stack.back() *= 100;
        } else {
            if (stack.empty()) stack.push_back(1);
            double sum = 0;
            while (!stack.empty() && stack.back() < found->second) {
                sum += stack.back();
                stack.pop_back();
            }
            stack.push_back(sum * found->second);
        }
    }
    if (stack.empty()) return std::nullopt;
    double total = 0;
    for (const double part : stack)
        total += part;
    return total;
}

}  // namespace

std::string format_integer(double given, const std::string& picture) {
    const double value = std::floor(given);
    const Format format = parse_format(picture);
    const double size = std::abs(value);
    std::string out;
    if (format.zero != 0) {
        out = in_digits(size, format);
    } else if (format.primary == "A" || format.primary == "a") {
        out = in_letters(size, format.primary[0]);
    } else if (format.primary == "I" || format.primary == "i") {
        out = in_roman(size);
        if (format.primary == "I") out = upper(out);
    } else {
        if (size >= 1e15) fail("D3130", "A number of 1e15 or more cannot be written in words");
        out = in_words(size, false, format.ordinal);
        if (format.primary == "W") out = upper(out);
        if (format.primary == "w") out = lower_case(out);
    }
    return value < 0 ? "-" + out : out;
}

std::optional<double> parse_integer(const std::string& text, const std::string& picture) {
    const Format format = parse_format(picture);
    if (format.primary == "W" || format.primary == "w" || format.primary == "Ww")
        return from_words(text);
    if (format.primary == "I" || format.primary == "i") return from_roman(lower_case(text));
    double value = 0;
    if (format.zero == 0) {
        for (const char c : lower_case(text)) {
            if (c < 'a' || c > 'z') return std::nullopt;
            value = value * 26 + (c - 'a' + 1);
        }
        return text.empty() ? std::nullopt : std::optional(value);
    }
    std::u32string points = to_points(text);
    if (format.ordinal && points.size() > 2) points.resize(points.size() - 2);
    bool any = false, negative = false;
    for (const char32_t c : points) {
        if (c >= format.zero && c <= format.zero + 9) {
            value = value * 10 + static_cast<double>(c - format.zero);
            any = true;
        } else if (c == '-' && !any) {
            negative = true;
        } else if (std::ranges::none_of(format.separators,
                                        [c](const auto& known) { return known.second == c; })) {
            return std::nullopt;
        }
    }
    if (!any || !std::isfinite(value)) return std::nullopt;
    return negative ? -value : value;
}

}  // namespace lifeboat::flow::jsonata

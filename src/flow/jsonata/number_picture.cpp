#include "flow/jsonata/number_picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "flow/jsonata/regex.h"

namespace lifeboat::flow::jsonata {
namespace {

// The symbols of a picture and what may replace them.
struct Symbols {
    char32_t decimal = '.', grouping = ',', exponent = 'e', zero = '0', digit = '#',
             separator = ';';
    std::u32string minus = U"-", percent = U"%", per_mille = U"\u2030";
    std::u32string infinity = U"Infinity", nan = U"NaN";

    bool is_digit(char32_t c) const { return c >= zero && c <= zero + 9; }
    bool active(char32_t c) const {
        return c == decimal || c == grouping || c == exponent || c == digit || is_digit(c);
    }
};

Symbols symbols_from(const Item& options) {
    Symbols symbols;
    if (!options.is_object()) return symbols;
    const std::pair<const char*, char32_t*> single[] = {{"decimal-separator", &symbols.decimal},
                                                        {"grouping-separator", &symbols.grouping},
                                                        {"exponent-separator", &symbols.exponent},
                                                        {"zero-digit", &symbols.zero},
                                                        {"digit", &symbols.digit},
                                                        {"pattern-separator", &symbols.separator}};
    const std::pair<const char*, std::u32string*> texts[] = {{"minus-sign", &symbols.minus},
                                                             {"percent", &symbols.percent},
                                                             {"per-mille", &symbols.per_mille},
                                                             {"infinity", &symbols.infinity},
                                                             {"NaN", &symbols.nan}};
    for (const auto& [name, symbol] : single)
        if (const Item* given = options.object()->find(name);
            given != nullptr && given->is_string())
            if (const auto points = to_points(given->text()); !points.empty()) *symbol = points[0];
    for (const auto& [name, symbol] : texts)
        if (const Item* given = options.object()->find(name);
            given != nullptr && given->is_string())
            *symbol = to_points(given->text());
    return symbols;
}

struct Picture {
    std::u32string prefix, suffix;
    std::size_t fewest_whole = 0, fewest_fraction = 0, most_fraction = 0, fewest_exponent = 0;
    std::size_t scaling = 0;
    std::vector<std::size_t> whole_groups;     // digits to the right of each separator
    std::vector<std::size_t> fraction_groups;  // digits to the left of each separator
    bool percent = false, per_mille = false;
};

[[noreturn]] void wrong(const char* code, const std::string& problem) {
    fail(code, "The picture string of $formatNumber is wrong: " + problem);
}

void check_digits(const std::u32string& part, const Symbols& s, bool whole, const char* code) {
    // Optional digits stand outside: before the mandatory ones of the whole part, behind them in
    // the fraction.
    bool mandatory = false, optional = false;
    for (const char32_t c : part) {
        if (s.is_digit(c)) {
            if (!whole && optional) wrong(code, "an optional digit stands before a mandatory one");
            mandatory = true;
        }
        if (c == s.digit) {
            if (whole && mandatory) wrong(code, "a mandatory digit stands before an optional one");
            optional = true;
        }
    }
}

Picture analyse(const std::u32string& text, const Symbols& s) {
    Picture picture;
    std::size_t begin = 0, end = text.size();
    while (begin < end && (!s.active(text[begin]) || text[begin] == s.exponent))
        ++begin;
    while (end > begin && (!s.active(text[end - 1]) || text[end - 1] == s.exponent))
        --end;
    picture.prefix = text.substr(0, begin);
    picture.suffix = text.substr(end);
    const std::u32string core = text.substr(begin, end - begin);
    for (const std::u32string* part : {&picture.prefix, &picture.suffix}) {
        if (part->find(s.percent) != std::u32string::npos) {
            if (picture.percent) wrong("D3082", "more than one percent sign");
            picture.percent = true;
        }
        if (part->find(s.per_mille) != std::u32string::npos) {
            if (picture.per_mille) wrong("D3083", "more than one per-mille sign");
            picture.per_mille = true;
        }
    }
    if (picture.percent && picture.per_mille) wrong("D3084", "both percent and per-mille");
    std::u32string mantissa = core, exponent;
    if (const auto at = core.find(s.exponent); at != std::u32string::npos) {
        mantissa = core.substr(0, at);
        exponent = core.substr(at + 1);
        if (exponent.find(s.exponent) != std::u32string::npos)
            wrong("D3091", "more than one exponent separator");
        if (picture.percent || picture.per_mille)
            wrong("D3092", "an exponent together with percent or per-mille");
        if (exponent.empty() ||
            !std::ranges::all_of(exponent, [&](char32_t c) { return s.is_digit(c); }))
            wrong("D3093", "an exponent of other than digits");
        picture.fewest_exponent = exponent.size();
    }
    if (std::ranges::count(mantissa, s.decimal) > 1)
        wrong("D3081", "more than one decimal separator");
    if (std::ranges::none_of(mantissa, [&](char32_t c) { return s.is_digit(c) || c == s.digit; }))
        wrong("D3085", "no digits");
    for (const char32_t c : mantissa)
        if (!s.active(c)) wrong("D3086", "a passive character between active ones");
    const auto point = mantissa.find(s.decimal);
    const std::u32string whole = mantissa.substr(0, point);
    const std::u32string fraction =
        point == std::u32string::npos ? U"" : mantissa.substr(point + 1);
    if (point != std::u32string::npos && ((!whole.empty() && whole.back() == s.grouping) ||
                                          (!fraction.empty() && fraction.front() == s.grouping)))
        wrong("D3087", "a grouping separator beside the decimal separator");
    if (point == std::u32string::npos && !whole.empty() && whole.back() == s.grouping)
        wrong("D3088", "the whole part ends in a grouping separator");
    if (mantissa.find(std::u32string(2, s.grouping)) != std::u32string::npos)
        wrong("D3089", "two grouping separators side by side");
    check_digits(whole, s, true, "D3090");
    check_digits(fraction, s, false, "D3091");

    const auto digits_in = [&](std::u32string_view part) {
        return static_cast<std::size_t>(
            std::ranges::count_if(part, [&](char32_t c) { return s.is_digit(c) || c == s.digit; }));
    };
    const auto mandatory_in = [&](std::u32string_view part) {
        return static_cast<std::size_t>(
            std::ranges::count_if(part, [&](char32_t c) { return s.is_digit(c); }));
    };
    for (std::size_t i = 0; i < whole.size(); ++i)
        if (whole[i] == s.grouping)
            picture.whole_groups.push_back(digits_in(std::u32string_view(whole).substr(i)));
    for (std::size_t i = 0; i < fraction.size(); ++i)
        if (fraction[i] == s.grouping)
            picture.fraction_groups.push_back(
                digits_in(std::u32string_view(fraction).substr(0, i)));
    picture.fewest_whole = mandatory_in(whole);
    picture.scaling = picture.fewest_whole;
    picture.fewest_fraction = mandatory_in(fraction);
    picture.most_fraction = digits_in(fraction);
    if (picture.fewest_whole == 0 && picture.most_fraction == 0) {
        if (picture.fewest_exponent > 0)
            picture.fewest_fraction = picture.most_fraction = 1;
        else
            picture.fewest_whole = 1;
    }
    if (picture.fewest_exponent > 0 && picture.fewest_whole == 0 &&
        whole.find(s.digit) != std::u32string::npos)
        picture.fewest_whole = 1;
    if (picture.fewest_whole == 0 && picture.fewest_fraction == 0) picture.fewest_fraction = 1;
    return picture;
}

// Whether separators repeat evenly, so that they go on to the left: the distance, or 0.
std::size_t regular(const std::vector<std::size_t>& groups) {
    if (groups.empty()) return 0;
    const std::size_t step = groups.back();
    for (std::size_t i = 0; i < groups.size(); ++i)
        if (step == 0 || groups[groups.size() - 1 - i] != step * (i + 1)) return 0;
    return step;
}

std::string fixed(double value, std::size_t digits) {
    std::array<char, 512> text{};
    std::snprintf(text.data(), text.size(), "%.*f",
                  static_cast<int>(std::min<std::size_t>(digits, 100)), value);
    return text.data();
}

}  // namespace

std::string format_number(double value, const std::string& picture_text, const Item& options) {
    const Symbols s = symbols_from(options);
    const std::u32string text = to_points(picture_text);
    const auto split = text.find(s.separator);
    if (split != std::u32string::npos && text.find(s.separator, split + 1) != std::u32string::npos)
        wrong("D3080", "more than two sub-pictures");
    Picture picture = analyse(text.substr(0, split), s);
    std::u32string minus = s.minus;
    if (value < 0 && split != std::u32string::npos) {
        picture = analyse(text.substr(split + 1), s);
        minus.clear();
    }
    double size = std::abs(value);
    if (picture.percent) size *= 100;
    if (picture.per_mille) size *= 1000;
    long exponent = 0;
    if (picture.fewest_exponent > 0 && size > 0) {
        const double most = std::pow(10, static_cast<double>(picture.scaling));
        const double least = std::pow(10, static_cast<double>(picture.scaling) - 1);
        while (size < least && exponent > -400) {
            size *= 10;
            --exponent;
        }
        while (size >= most && exponent < 400) {
            size /= 10;
            ++exponent;
        }
    }
    std::string digits = fixed(size, picture.most_fraction);
    const auto point = digits.find('.');
    std::string whole = digits.substr(0, point);
    std::string fraction = point == std::string::npos ? "" : digits.substr(point + 1);
    whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size()));
    if (whole.size() < picture.fewest_whole)
        whole.insert(0, picture.fewest_whole - whole.size(), '0');
    while (fraction.size() > picture.fewest_fraction && fraction.back() == '0')
        fraction.pop_back();

    std::u32string out = value < 0 ? minus + picture.prefix : picture.prefix;
    const auto put = [&](char digit) { out += s.zero + static_cast<char32_t>(digit - '0'); };
    const std::size_t step = regular(picture.whole_groups);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        const std::size_t left = whole.size() - i;
        const bool separated =
            step > 0 ? left % step == 0 : std::ranges::count(picture.whole_groups, left) > 0;
        if (i > 0 && separated) out += s.grouping;
        put(whole[i]);
    }
    if (!fraction.empty()) out += s.decimal;
    for (std::size_t i = 0; i < fraction.size(); ++i) {
        if (i > 0 && std::ranges::count(picture.fraction_groups, i) > 0) out += s.grouping;
        put(fraction[i]);
    }
    if (picture.fewest_exponent > 0) {
        std::string power = std::to_string(std::labs(exponent));
        if (power.size() < picture.fewest_exponent)
            power.insert(0, picture.fewest_exponent - power.size(), '0');
        out += s.exponent;
        if (exponent < 0) out += s.minus;
        for (const char digit : power)
            put(digit);
    }
    return to_utf8(out + picture.suffix);
}

}  // namespace lifeboat::flow::jsonata

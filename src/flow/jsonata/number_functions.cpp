#include <algorithm>
#include <charconv>
#include <cmath>

#include "flow/jsonata/functions.h"
#include "flow/jsonata/number_picture.h"
#include "flow/jsonata/text_form.h"

namespace lifeboat::flow::jsonata {
namespace {

[[noreturn]] void not_a_number(const Item& item, Budget& budget) {
    fail("D3030", "Unable to cast value to a number: " + text_form(item, budget, true));
}

// JSON's numbers, and 0x, 0o and 0b.
Item number(Evaluator& evaluator, const Items& a) {
    const Item& given = a[0];
    if (given.undefined() || given.is_number()) return given;
    if (given.is_boolean()) return given.boolean() ? 1.0 : 0.0;
    const std::string& text = given.text();
    const std::string_view view = text;
    if (text.size() > 2 && text[0] == '0' && std::isalpha(static_cast<unsigned char>(text[1]))) {
        const char kind = static_cast<char>(std::tolower(static_cast<unsigned char>(text[1])));
        const int base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 0;
        std::uint64_t value = 0;
        if (base != 0) {
            const auto [end, error] =
                std::from_chars(view.data() + 2, view.data() + view.size(), value, base);
            if (error == std::errc() && end == view.data() + view.size())
                return static_cast<double>(value);
        }
        not_a_number(given, evaluator.budget());
    }
    const std::size_t sign = text.starts_with('-') ? 1 : 0;
    const bool digit_first =
        text.size() > sign && std::isdigit(static_cast<unsigned char>(text[sign]));
    const bool zero_led = text.size() > sign + 1 && text[sign] == '0' &&
                          std::isdigit(static_cast<unsigned char>(text[sign + 1]));
    const auto point = text.find('.');
    const bool bad_point =
        point != std::string::npos &&
        (point + 1 >= text.size() || !std::isdigit(static_cast<unsigned char>(text[point + 1])));
    double value = 0;
    const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), value);
    if (!digit_first || zero_led || bad_point || error != std::errc() ||
        end != view.data() + view.size() || !std::isfinite(value))
        not_a_number(given, evaluator.budget());
    Number result{value, std::nullopt};
    std::int64_t exact = 0;
    const auto whole = std::from_chars(view.data(), view.data() + view.size(), exact);
    if (whole.ec == std::errc() && whole.ptr == view.data() + view.size()) result.exact = exact;
    return result;
}

template <typename Fold>
Item folded(const Items& a, Fold fold) {
    if (a[0].undefined() || a[0].list()->empty()) return {};
    double value = a[0].list()->items().front().number();
    for (std::size_t i = 1; i < a[0].list()->size(); ++i)
        value = fold(value, a[0].list()->items()[i].number());
    if (!std::isfinite(value)) fail("D1001", "Number out of range: " + number_form(value));
    return value;
}

Item sum(Evaluator&, const Items& a) {
    if (!a[0].undefined() && a[0].list()->empty()) return 0.0;
    return folded(a, [](double x, double y) { return x + y; });
}

Item max(Evaluator&, const Items& a) {
    return folded(a, [](double x, double y) { return std::max(x, y); });
}

Item min(Evaluator&, const Items& a) {
    return folded(a, [](double x, double y) { return std::min(x, y); });
}

Item average(Evaluator& evaluator, const Items& a) {
    const Item total = folded(a, [](double x, double y) { return x + y; });
    (void)evaluator;
    return total.undefined() ? Item()
                             : Item(total.number() / static_cast<double>(a[0].list()->size()));
}

Item floor(Evaluator&, const Items& a) {
    return a[0].undefined() ? Item() : Item(std::floor(a[0].number()));
}

Item ceil(Evaluator&, const Items& a) {
    return a[0].undefined() ? Item() : Item(std::ceil(a[0].number()));
}

Item abs(Evaluator&, const Items& a) {
    return a[0].undefined() ? Item() : Item(std::abs(a[0].number()));
}

// Half to even, on the decimal digits one sees: the point is moved in text, as 1.005 is not
// 1005/1000.
Item round(Evaluator&, const Items& a) {
    if (a[0].undefined()) return {};
    const Item given = argument(a, 1);
    const auto precision = static_cast<int>(
        std::clamp(given.undefined() ? 0.0 : std::trunc(given.number()), -400.0, 400.0));
    const auto shifted = [](double value, int by) {
        std::string text = number_form(value);
        const auto e = text.find('e');
        const int power = e == std::string::npos ? 0 : std::stoi(text.substr(e + 1));
        return std::strtod((text.substr(0, e) + "e" + std::to_string(power + by)).c_str(), nullptr);
    };
    const double moved = shifted(a[0].number(), precision);
    if (!std::isfinite(moved)) return a[0];
    return shifted(std::nearbyint(moved), -precision) + 0.0;
}

Item sqrt(Evaluator&, const Items& a) {
    if (a[0].undefined()) return {};
    if (a[0].number() < 0)
        fail("D3060", "The sqrt function cannot be applied to a negative number: " +
                          number_form(a[0].number()));
    return std::sqrt(a[0].number());
}

Item power(Evaluator&, const Items& a) {
    if (a[0].undefined() || a[1].undefined()) return {};
    const double result = std::pow(a[0].number(), a[1].number());
    if (!std::isfinite(result))
        fail("D3061",
             "The power function has resulted in a value that cannot be represented as a JSON "
             "number: base=" +
                 number_form(a[0].number()) + ", exponent=" + number_form(a[1].number()));
    return result;
}

Item format_number_by_picture(Evaluator&, const Items& a) {
    if (a[0].undefined()) return {};
    return format_number(a[0].number(), a[1].undefined() ? "" : a[1].text(), argument(a, 2));
}

Item format_base(Evaluator&, const Items& a) {
    if (a[0].undefined()) return {};
    const Item given = argument(a, 1);
    const double radix = given.undefined() ? 10 : std::nearbyint(given.number());
    if (radix < 2 || radix > 36)
        fail("D3100",
             "The radix of the formatBase function must be between 2 and 36.  It was given " +
                 number_form(radix));
    double value = std::abs(std::nearbyint(a[0].number()));
    std::string digits;
    do {
        digits += "0123456789abcdefghijklmnopqrstuvwxyz"[static_cast<int>(std::fmod(value, radix))];
        value = std::floor(value / radix);
    } while (value > 0);
    if (std::nearbyint(a[0].number()) < 0) digits += '-';
    std::ranges::reverse(digits);
    return digits;
}

Item format_integer_by_picture(Evaluator&, const Items& a) {
    if (a[0].undefined()) return {};
    return format_integer(a[0].number(), a[1].undefined() ? "" : a[1].text());
}

Item parse_integer_by_picture(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined()) return {};
    const auto value = parse_integer(a[0].text(), a[1].undefined() ? "" : a[1].text());
    if (!value) not_a_number(a[0], evaluator.budget());
    return *value;
}

constexpr Builtin kFunctions[] = {
    {"number", "<(nsb)-:n>", number},
    {"sum", "<a<n>:n>", sum},
    {"max", "<a<n>:n>", max},
    {"min", "<a<n>:n>", min},
    {"average", "<a<n>:n>", average},
    {"floor", "<n-:n>", floor},
    {"ceil", "<n-:n>", ceil},
    {"abs", "<n-:n>", abs},
    {"round", "<n-n?:n>", round},
    {"sqrt", "<n-:n>", sqrt},
    {"power", "<n-n:n>", power},
    {"formatNumber", "<n-so?:s>", format_number_by_picture},
    {"formatBase", "<n-n?:s>", format_base},
    {"formatInteger", "<n-s:s>", format_integer_by_picture},
    {"parseInteger", "<s-s:n>", parse_integer_by_picture},
};

}  // namespace

std::span<const Builtin> number_functions() {
    return kFunctions;
}

}  // namespace lifeboat::flow::jsonata

// Dates read by a picture string.
#include <algorithm>
#include <chrono>
#include <map>

#include "base/encoding.h"
#include "flow/jsonata/date_moment.h"
#include "flow/jsonata/date_picture.h"
#include "flow/jsonata/failure.h"
#include "flow/jsonata/number_picture.h"
#include "flow/jsonata/picture_part.h"

namespace lifeboat::flow::jsonata {

using std::chrono::days;
using std::chrono::sys_days;

std::optional<int> parse_offset(const std::string& text) {
    if (text == "Z" || text == "z") return 0;
    std::string digits;
    for (std::size_t i = 1; i < text.size(); ++i)
        if (text[i] >= '0' && text[i] <= '9') digits += text[i];
    if (text.empty() || (text[0] != '+' && text[0] != '-') || digits.empty() || digits.size() > 4)
        return std::nullopt;
    if (digits.size() <= 2) digits += "00";
    if (digits.size() == 3) digits.insert(0, "0");
    const int value = std::stoi(digits);
    const int minutes = value / 100 * 60 + value % 100;
    return text[0] == '-' ? -minutes : minutes;
}

std::optional<std::int64_t> parse_date(const std::string& text, const std::string& picture,
                                       std::int64_t now) {
    std::map<char, double> found;
    const std::vector<PicturePart> parts = parts_of(picture);
    std::size_t at = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const PicturePart& part = parts[i];
        if (part.component == 0) {
            if (text.compare(at, part.literal.size(), part.literal) != 0) return std::nullopt;
            at += part.literal.size();
            continue;
        }
        const auto is_word = [](char c) {
            return std::isalpha(static_cast<unsigned char>(c)) != 0;
        };
        const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
        std::size_t end = at;
        if (part.component == 'Z' || part.component == 'z') {
            if (part.component == 'z' && text.compare(at, 3, "GMT") == 0) end = at += 3;
            while (end < text.size() &&
                   (is_digit(text[end]) || text[end] == ':' ||
                    (end == at && (text[end] == '+' || text[end] == '-' || text[end] == 'Z'))))
                ++end;
            const auto offset = parse_offset(text.substr(at, end - at));
            if (!offset) return std::nullopt;
            found['Z'] = *offset;
            at = end;
            continue;
        }
        const bool words = part.named() || part.component == 'P' || part.component == 'C' ||
                           part.component == 'E' ||
                           std::string("WwIiAa").find(part.format[0]) != std::string::npos;
        if (words) {
            const bool spelt = part.format[0] == 'w' || part.format[0] == 'W';
            // Numbers in words have blanks and hyphens; they end where the next literal begins.
            const std::string stop = spelt && i + 1 < parts.size() ? parts[i + 1].literal : "";
            while (end < text.size() &&
                   (spelt ? stop.empty() || text.compare(end, stop.size(), stop) != 0 ||
                                (stop == " " && false)
                          : is_word(text[end])))
                ++end;
        } else {
            std::size_t most = part.most.value_or(SIZE_MAX);
            // Digits that run into the next component are as many as the picture has.
            if (i + 1 < parts.size() && parts[i + 1].component != 0 && !part.most)
                most = part.format.size();
            while (end < text.size() && end - at < most && is_digit(text[end]))
                ++end;
            if (part.format.find(";o") != std::string::npos && end + 2 <= text.size()) end += 2;
        }
        if (end == at) return std::nullopt;
        const std::string piece = text.substr(at, end - at);
        at = end;
        if (part.component == 'C' || part.component == 'E') continue;
        if (part.component == 'P') {
            if (lower_case(piece) != "am" && lower_case(piece) != "pm") return std::nullopt;
            found['P'] = lower_case(piece) == "pm" ? 1 : 0;
            continue;
        }
        if (part.named()) {
            const auto search = [&](const auto& names) {
                for (std::size_t n = 0; n < names.size(); ++n)
                    if (lower_case(names[n]).starts_with(lower_case(piece)))
                        return std::optional(static_cast<double>(n + 1));
                return std::optional<double>();
            };
            const auto value = part.component == 'F' ? search(kDayNames) : search(kMonthNames);
            if (!value) return std::nullopt;
            found[part.component] = *value;
            continue;
        }
        if (part.component == 'f') {
            found['f'] = std::stod("0." + piece) * 1000;
            continue;
        }
        const auto value = parse_integer(piece, part.format);
        if (!value || *value > 1e6) return std::nullopt;
        found[part.component] = *value;
    }
    if (at != text.size()) return std::nullopt;

    if (found.contains('W') || found.contains('w') || found.contains('X') || found.contains('x'))
        fail("D3136",
             "The date/time picture string is missing specifiers required to parse the timestamp");
    if (found.contains('h')) {
        const double hour = found['h'];
        found['H'] = (hour == 12 ? 0 : hour) + (found['P'] == 1 ? 12 : 0);
    }
    const Moment today = moment_of(now);
    const bool by_day = found.contains('d');
    const std::string order = by_day ? "YdHmsf" : "YMDHmsf";
    bool begun = false;
    const auto last =
        std::find_if(order.rbegin(), order.rend(), [&](char c) { return found.contains(c); });
    if (last == order.rend()) return std::nullopt;
    bool gap = false;
    for (const char component : order) {
        if (found.contains(component)) {
            if (gap)
                fail("D3136",
                     "The date/time picture string is missing specifiers required to parse the "
                     "timestamp");
            begun = true;
            continue;
        }
        if (begun) gap = true;
        found[component] = begun
                               ? (component == 'M' || component == 'D' || component == 'd' ? 1 : 0)
                               : static_cast<double>(value_of(component, today));
    }
    using namespace std::chrono;
    const year in_year(static_cast<int>(found['Y']));
    sys_days day;
    if (by_day)
        day = sys_days(in_year / 1 / 1) + days(static_cast<int>(found['d']) - 1);
    else
        day = sys_days(in_year / month(1) / 1);
    if (!by_day) {
        const year_month in_month = in_year / month(1) + months(static_cast<int>(found['M']) - 1);
        day = sys_days(in_month / 1) + days(static_cast<int>(found['D']) - 1);
    }
    double millis = static_cast<double>(day.time_since_epoch().count()) * 86'400'000.0 +
                    found['H'] * 3'600'000 + found['m'] * 60'000 + found['s'] * 1000 +
                    static_cast<double>(static_cast<int>(found['f']));
    if (found.contains('Z')) millis -= found['Z'] * 60'000;
    return static_cast<std::int64_t>(millis);
}

}  // namespace lifeboat::flow::jsonata

#include "flow/jsonata/date_picture.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <map>
#include <vector>

#include "base/encoding.h"
#include "flow/jsonata/failure.h"
#include "flow/jsonata/number_picture.h"

namespace lifeboat::flow::jsonata {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr std::array<const char*, 12> kMonths = {"January",   "February", "March",    "April",
                                                 "May",       "June",     "July",     "August",
                                                 "September", "October",  "November", "December"};
constexpr std::array<const char*, 7> kDays = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                              "Friday", "Saturday", "Sunday"};

struct Part {
    std::string literal;  // or a component:
    char component = 0;
    std::string format;
    std::optional<std::size_t> least, most;  // width
    bool named() const { return !format.empty() && (format[0] == 'N' || format[0] == 'n'); }
};

Part literal_part(std::string text) {
    Part part;
    part.literal = std::move(text);
    return part;
}

std::string default_format(char component) {
    switch (component) {
        case 'F':
        case 'P':
        case 'C':
        case 'E':
            return "n";
        case 'm':
        case 's':
            return "01";
        case 'Z':
        case 'z':
            return "01:01";
        default:
            return "1";
    }
}

std::optional<std::size_t> width(const std::string& text) {
    if (text.empty() || text == "*") return std::nullopt;
    std::size_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9' || value > 1000) return std::nullopt;
        value = value * 10 + static_cast<std::size_t>(c - '0');
    }
    return value;
}

Part component_from(std::string marker) {
    std::erase_if(marker, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
    Part part;
    part.component = marker.empty() ? '?' : marker[0];
    if (std::string("YMDdFWwXxHhPmsfZzCE").find(part.component) == std::string::npos)
        fail("D3132", "Unknown component specifier " + marker + " in date/time picture string");
    std::string modifier = marker.substr(1);
    if (const auto comma = modifier.rfind(','); comma != std::string::npos) {
        const std::string widths = modifier.substr(comma + 1);
        const auto dash = widths.find('-');
        part.least = width(widths.substr(0, dash));
        if (dash != std::string::npos) part.most = width(widths.substr(dash + 1));
        modifier = modifier.substr(0, comma);
    }
    part.format = modifier.empty() ? default_format(part.component) : modifier;
    // A second modifier: o for ordinals; a, c and t say what is usual. Zones have a t of their own.
    if (part.format.size() > 1 && part.component != 'Z' && part.component != 'z' &&
        std::string("atco").find(part.format.back()) != std::string::npos) {
        const bool ordinal = part.format.back() == 'o';
        part.format.pop_back();
        if (ordinal) part.format += ";o";
    }
    if (part.named() && std::string("MxFdPCEzZ").find(part.component) == std::string::npos)
        fail("D3133",
             std::string("The 'name' modifier can only be applied to months and days in the "
                         "date/time picture string, not ") +
                 part.component);
    return part;
}

std::vector<Part> parts_of(const std::string& picture) {
    std::vector<Part> parts;
    std::string literal;
    for (std::size_t i = 0; i < picture.size(); ++i) {
        const char c = picture[i];
        const bool doubled = i + 1 < picture.size() && picture[i + 1] == c;
        if (c == ']' && doubled) ++i;
        if (c != '[') {
            literal += c;
            continue;
        }
        if (doubled) {
            literal += '[';
            ++i;
            continue;
        }
        const auto end = picture.find(']', i);
        if (end == std::string::npos)
            fail("D3135", "No matching closing bracket ']' in date/time picture string");
        if (!literal.empty()) parts.push_back(literal_part(std::move(literal)));
        literal.clear();
        parts.push_back(component_from(picture.substr(i + 1, end - i - 1)));
        i = end;
    }
    if (!literal.empty()) parts.push_back(literal_part(std::move(literal)));
    return parts;
}

struct Moment {
    std::chrono::year_month_day date;
    int weekday, day_of_year, hour, minute, second, millis;  // Monday is 1
    sys_days day;
};

Moment moment_of(std::int64_t millis) {
    constexpr std::int64_t kDay = 86'400'000;
    const std::int64_t day = (millis >= 0 ? millis : millis - kDay + 1) / kDay;
    const std::int64_t rest = millis - day * kDay;
    Moment moment{};
    moment.day = sys_days(days(day));
    moment.date = std::chrono::year_month_day(moment.day);
    moment.weekday = static_cast<int>(std::chrono::weekday(moment.day).iso_encoding());
    moment.day_of_year =
        static_cast<int>((moment.day - sys_days(moment.date.year() / 1 / 1)).count() + 1);
    moment.hour = static_cast<int>(rest / 3'600'000);
    moment.minute = static_cast<int>(rest / 60'000 % 60);
    moment.second = static_cast<int>(rest / 1000 % 60);
    moment.millis = static_cast<int>(rest % 1000);
    return moment;
}

// The Monday that begins the ISO week 1 of what `first` begins: the week of its fourth day.
sys_days first_week(sys_days first) {
    const sys_days fourth = first + days(3);
    return fourth - days(std::chrono::weekday(fourth).iso_encoding() - 1);
}

struct Week {
    int number;
    std::chrono::year_month owner;
};

Week week_of_year(const Moment& moment) {
    using std::chrono::years;
    auto year = moment.date.year();
    if (moment.day >= first_week(sys_days((year + years(1)) / 1 / 1)))
        year += years(1);
    else if (moment.day < first_week(sys_days(year / 1 / 1)))
        year -= years(1);
    return {static_cast<int>((moment.day - first_week(sys_days(year / 1 / 1))).count() / 7 + 1),
            year / 1};
}

Week week_of_month(const Moment& moment) {
    using std::chrono::months;
    auto month = moment.date.year() / moment.date.month();
    if (moment.day >= first_week(sys_days((month + months(1)) / 1)))
        month += months(1);
    else if (moment.day < first_week(sys_days(month / 1)))
        month -= months(1);
    return {static_cast<int>((moment.day - first_week(sys_days(month / 1))).count() / 7 + 1),
            month};
}

std::string cased(std::string name, const std::string& format) {
    if (format.starts_with("Nn")) return name;
    if (format[0] == 'n') return lower_case(name);
    for (char& c : name)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return name;
}

std::string zone_text(const Part& part, int offset) {
    const int hours = std::abs(offset) / 60, minutes = std::abs(offset) % 60;
    std::string format = part.format;
    const bool zulu = format.ends_with('t');
    if (zulu) format.pop_back();
    if (zulu && offset == 0) return "Z";
    std::size_t digits = 0;
    char separator = 0;
    for (const char c : format) {
        if (c >= '0' && c <= '9')
            ++digits;
        else
            separator = c;
    }
    char text[32];
    if (separator != 0) {
        const bool padded = format.find(separator) > 1;
        std::snprintf(text, sizeof text, padded ? "%02d%c%02d" : "%d%c%02d", hours, separator,
                      minutes);
    } else if (digits <= 2) {
        std::snprintf(text, sizeof text, digits == 2 ? "%02d" : "%d", hours);
        if (minutes != 0)
            std::snprintf(text + std::char_traits<char>::length(text), 8, ":%02d", minutes);
    } else if (digits <= 4) {
        std::snprintf(text, sizeof text, digits == 4 ? "%02d%02d" : "%d%02d", hours, minutes);
    } else {
        fail("D3134", "The timezone integer format specifier cannot have more than four digits");
    }
    const std::string signed_text = (offset < 0 ? "-" : "+") + std::string(text);
    return part.component == 'z' ? "GMT" + signed_text : signed_text;
}

long value_of(char component, const Moment& moment) {
    switch (component) {
        case 'Y':
            return static_cast<int>(moment.date.year());
        case 'M':
            return static_cast<unsigned>(moment.date.month());
        case 'D':
            return static_cast<unsigned>(moment.date.day());
        case 'd':
            return moment.day_of_year;
        case 'F':
            return moment.weekday;
        case 'W':
            return week_of_year(moment).number;
        case 'w':
            return week_of_month(moment).number;
        case 'X':
            return static_cast<int>(week_of_year(moment).owner.year());
        case 'x':
            return static_cast<unsigned>(week_of_month(moment).owner.month());
        case 'H':
            return moment.hour;
        case 'h':
            return moment.hour % 12 == 0 ? 12 : moment.hour % 12;
        case 'm':
            return moment.minute;
        case 's':
            return moment.second;
        default:
            return moment.millis;
    }
}

std::string component_text(const Part& part, const Moment& moment, int offset) {
    const char component = part.component;
    if (component == 'Z' || component == 'z') return zone_text(part, offset);
    if (component == 'P') return cased(moment.hour < 12 ? "Am" : "Pm", part.format);
    if (component == 'C' || component == 'E') return "ISO";
    long value = value_of(component, moment);
    if (part.named()) {
        std::string name = component == 'F' ? kDays.at(static_cast<std::size_t>(value - 1))
                                            : kMonths.at(static_cast<std::size_t>(value - 1) % 12);
        if (part.most && *part.most < name.size()) name.resize(*part.most);
        return cased(std::move(name), part.format);
    }
    std::string format = part.format;
    if (component == 'f') {
        char digits[8];
        std::snprintf(digits, sizeof digits, "%03ld", value);
        std::string text = digits;
        text.resize(std::min<std::size_t>(part.most.value_or(format == "1" ? 3 : format.size()), 9),
                    '0');
        return text;
    }
    if (component == 'Y' || component == 'X') {
        std::optional<std::size_t> cut = part.most;
        const bool pattern =
            std::ranges::all_of(format, [](char c) { return c >= '0' && c <= '9'; });
        if (!cut && pattern && format.size() >= 2) cut = format.size();
        if (cut && *cut < 9) {
            long modulus = 1;
            for (std::size_t i = 0; i < *cut; ++i)
                modulus *= 10;
            value %= modulus;
        }
    }
    if (part.least && std::ranges::all_of(format, [](char c) { return c >= '0' && c <= '9'; }) &&
        format.size() < *part.least)
        format.insert(0, std::min<std::size_t>(*part.least - format.size(), 20), '0');
    return format_integer(static_cast<double>(value), format);
}

}  // namespace

std::string format_date(std::int64_t millis, const std::string& picture, int offset) {
    const Moment moment = moment_of(millis + std::int64_t{offset} * 60'000);
    std::string out;
    for (const Part& part : parts_of(picture))
        out += part.component == 0 ? part.literal : component_text(part, moment, offset);
    return out;
}

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
    const std::vector<Part> parts = parts_of(picture);
    std::size_t at = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const Part& part = parts[i];
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
            const auto value = part.component == 'F' ? search(kDays) : search(kMonths);
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

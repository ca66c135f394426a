#include "flow/jsonata/date_picture.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "base/encoding.h"
#include "flow/jsonata/date_moment.h"
#include "flow/jsonata/failure.h"
#include "flow/jsonata/number_picture.h"
#include "flow/jsonata/picture_part.h"

namespace lifeboat::flow::jsonata {
namespace {

std::string cased(std::string name, const std::string& format) {
    if (format.starts_with("Nn")) return name;
    if (format[0] == 'n') return lower_case(name);
    for (char& c : name)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return name;
}

std::string zone_text(const PicturePart& part, int offset) {
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

std::string component_text(const PicturePart& part, const Moment& moment, int offset) {
    const char component = part.component;
    if (component == 'Z' || component == 'z') return zone_text(part, offset);
    if (component == 'P') return cased(moment.hour < 12 ? "Am" : "Pm", part.format);
    if (component == 'C' || component == 'E') return "ISO";
    long value = value_of(component, moment);
    if (part.named()) {
        std::string name = component == 'F'
                               ? kDayNames.at(static_cast<std::size_t>(value - 1))
                               : kMonthNames.at(static_cast<std::size_t>(value - 1) % 12);
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
    for (const PicturePart& part : parts_of(picture))
        out += part.component == 0 ? part.literal : component_text(part, moment, offset);
    return out;
}

}  // namespace lifeboat::flow::jsonata

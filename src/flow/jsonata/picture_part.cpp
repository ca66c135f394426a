#include "flow/jsonata/picture_part.h"

#include "flow/jsonata/failure.h"

namespace lifeboat::flow::jsonata {
namespace {

PicturePart literal_part(std::string text) {
    PicturePart part;
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

PicturePart component_from(std::string marker) {
    std::erase_if(marker, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
    PicturePart part;
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

}  // namespace

std::vector<PicturePart> parts_of(const std::string& picture) {
    std::vector<PicturePart> parts;
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

}  // namespace lifeboat::flow::jsonata

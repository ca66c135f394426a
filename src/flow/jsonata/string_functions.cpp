#include <algorithm>
#include <cmath>

#include "base/text_search.h"
#include "flow/jsonata/functions.h"
#include "flow/jsonata/match.h"
#include "flow/jsonata/text_form.h"

namespace lifeboat::flow::jsonata {
namespace {

constexpr std::size_t kAll = SIZE_MAX;

Item made(Evaluator& evaluator, std::string text) {
    evaluator.budget().charge_text(text.size());
    return text;
}

Item string(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined()) return {};
    const Item pretty = argument(a, 1);
    return made(evaluator, text_form(a[0], evaluator.budget(), false,
                                     pretty.is_boolean() && pretty.boolean()));
}

Item substring(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined()) return {};
    const std::u32string text = to_points(a[0].text());
    const auto size = static_cast<double>(text.size());
    double start = a[1].undefined() ? 0 : std::trunc(a[1].number());
    if (size + start < 0) start = 0;
    double end = size;
    const Item length = argument(a, 2);
    if (!length.undefined()) {
        if (length.number() <= 0) return "";
        end = start >= 0 ? start + length.number() : size + start + length.number();
    }
    if (start < 0) start += size;
    const auto from = static_cast<std::size_t>(std::clamp(start, 0.0, size));
    const auto to = static_cast<std::size_t>(std::clamp(std::trunc(end), 0.0, size));
    return made(evaluator, to <= from ? "" : to_utf8(text.substr(from, to - from)));
}

Item substring_before(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined()) return {};
    if (a[1].undefined()) return a[0];
    const auto found = find_text(a[0].text(), a[1].text());
    return made(evaluator, a[0].text().substr(0, found));
}

Item substring_after(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined()) return {};
    if (a[1].undefined()) return a[0];
    const auto found = find_text(a[0].text(), a[1].text());
    if (found == std::string::npos) return a[0];
    return made(evaluator, a[0].text().substr(found + a[1].text().size()));
}

// Latin, Greek and Cyrillic; other scripts have no case or keep it.
char32_t change_case(char32_t c, bool upper) {
    const auto in = [c](char32_t from, char32_t to) { return c >= from && c <= to; };
    if (upper) {
        if (in('a', 'z') || (in(0xE0, 0xFE) && c != 0xF7) || in(0x3B1, 0x3C1) || in(0x3C3, 0x3CB) ||
            in(0x430, 0x44F))
            return c - 32;
        if (c == 0xFF) return 0x178;
        if (in(0x450, 0x45F)) return c - 80;
        if (in(0x100, 0x137) || in(0x14A, 0x177) || in(0x460, 0x481)) return c & ~1U;
        if ((in(0x139, 0x148) || in(0x179, 0x17E)) && c % 2 == 0) return c - 1;
        return c;
    }
    if (in('A', 'Z') || (in(0xC0, 0xDE) && c != 0xD7) || in(0x391, 0x3A1) || in(0x3A3, 0x3AB) ||
        in(0x410, 0x42F))
        return c + 32;
    if (c == 0x178) return 0xFF;
    if (in(0x400, 0x40F)) return c + 80;
    if (in(0x100, 0x137) || in(0x14A, 0x177) || in(0x460, 0x481)) return c | 1U;
    if ((in(0x139, 0x148) || in(0x179, 0x17E)) && c % 2 == 1) return c + 1;
    return c;
}

Item cased(Evaluator& evaluator, const Item& item, bool upper) {
    if (item.undefined()) return {};
    std::u32string text = to_points(item.text());
    for (char32_t& c : text)
        c = change_case(c, upper);
    return made(evaluator, to_utf8(text));
}

Item lowercase(Evaluator& evaluator, const Items& a) {
    return cased(evaluator, a[0], false);
}

Item uppercase(Evaluator& evaluator, const Items& a) {
    return cased(evaluator, a[0], true);
}

Item length(Evaluator&, const Items& a) {
    if (a[0].undefined()) return {};
    return to_points(a[0].text()).size();
}

Item trim(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined()) return {};
    std::string out;
    for (const char c : a[0].text()) {
        const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (!blank)
            out += c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return made(evaluator, std::move(out));
}

Item pad(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined()) return {};
    const std::u32string text = to_points(a[0].text());
    const Item given = argument(a, 2);
    std::u32string filler = given.undefined() ? U" " : to_points(given.text());
    if (filler.empty()) filler = U" ";
    const double width = a[1].undefined() ? 0 : std::trunc(std::abs(a[1].number()));
    if (width <= static_cast<double>(text.size())) return a[0];
    if (width > 1e8) fail(kTooMuch, "Cannot pad to " + number_form(width) + " characters");
    const std::size_t missing = static_cast<std::size_t>(width) - text.size();
    evaluator.budget().charge_text(missing * 4);
    std::u32string padding;
    for (std::size_t i = 0; i < missing; ++i)
        padding += filler[i % filler.size()];
    return made(evaluator, to_utf8(a[1].number() < 0 ? padding + text : text + padding));
}

std::size_t limit_of(const Item& given, const char* code, const char* problem) {
    if (given.undefined()) return kAll;
    if (given.number() < 0) fail(code, problem);
    return static_cast<std::size_t>(std::min(std::floor(given.number()), 1e9));
}

Item match(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined()) return {};
    const std::size_t limit = limit_of(argument(a, 2), "D3040",
                                       "Third argument of match function must evaluate to a "
                                       "positive number");
    auto found = new_sequence();
    for (const Match& one : find_matches(evaluator, a[1], a[0].text(), limit, "match")) {
        auto groups = new_list();
        for (const auto& group : one.groups)
            groups->push(to_utf8(group));
        auto object = new_object();
        object->set("match", to_utf8(one.text));
        object->set("index", one.start);
        object->set("groups", groups);
        found->push(object);
    }
    return found;
}

Item contains(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined() || a[1].undefined()) return {};
    if (a[1].is_string()) return find_text(a[0].text(), a[1].text()) != std::string::npos;
    return !find_matches(evaluator, a[1], a[0].text(), 1, "contains").empty();
}

// "$1" and the like in a replacement; as many digits as there are groups for.
std::u32string filled_in(const std::u32string& replacement, const Match& match) {
    std::u32string out;
    const auto digit = [](char32_t c) { return c >= '0' && c <= '9'; };
    for (std::size_t i = 0; i < replacement.size(); ++i) {
        if (replacement[i] != '$' || i + 1 == replacement.size()) {
            out += replacement[i];
            continue;
        }
        if (replacement[i + 1] == '$') {
            out += replacement[++i];
        } else if (replacement[i + 1] == '0') {
            out += match.text;
            ++i;
        } else if (!digit(replacement[i + 1])) {
            out += replacement[i];
        } else {
            std::size_t digits = 1;
            std::size_t number = replacement[i + 1] - '0';
            while (i + digits + 1 < replacement.size() && digit(replacement[i + digits + 1])) {
                const std::size_t longer = number * 10 + (replacement[i + digits + 1] - '0');
                if (longer > match.groups.size()) break;
                number = longer;
                ++digits;
            }
            if (number <= match.groups.size()) out += match.groups[number - 1];
            i += digits;
        }
    }
    return out;
}

Item replace(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined()) return {};
    if (a[1].undefined() || a[2].undefined())
        fail("T0410", "Argument 2 of function \"replace\" does not match function signature");
    if (a[1].is_string() && a[1].text().empty())
        fail("D3010", "Second argument of replace function cannot be an empty string");
    const std::size_t limit = limit_of(argument(a, 3), "D3011",
                                       "Fourth argument of replace function must evaluate to a "
                                       "positive number");
    if (a[1].is_string()) {
        const std::string &text = a[0].text(), &pattern = a[1].text();
        std::string out;
        std::size_t at = 0;
        for (std::size_t count = 0; count < limit; ++count) {
            const auto found = find_text(text, pattern, at);
            if (found == std::string::npos) break;
            out.append(text, at, found - at);
            if (a[2].is_string()) {
                evaluator.budget().charge_text(a[2].text().size());
                out += a[2].text();
            } else {
                auto object = new_object();
                object->set("match", pattern);
                object->set("start", found);
                const Item made_text = evaluator.apply(a[2], {Item(object)});
                if (!made_text.is_string())
                    fail("D3012", "Attempted to replace a matched string with a non-string value");
                evaluator.budget().charge_text(made_text.text().size());
                out += made_text.text();
            }
            at = found + pattern.size();
        }
        return made(evaluator, out + text.substr(at));
    }
    const std::u32string text = to_points(a[0].text());
    const std::u32string replacement = a[2].is_string() ? to_points(a[2].text()) : U"";
    std::u32string out;
    std::size_t at = 0;
    for (const Match& one : find_matches(evaluator, a[1], a[0].text(), limit, "replace")) {
        if (one.start < at || one.end > text.size()) continue;
        out.append(text, at, one.start - at);
        if (a[2].is_string()) {
            const std::u32string put = filled_in(replacement, one);
            evaluator.budget().charge_text(put.size() * 4);
            out += put;
        } else {
            auto groups = new_list();
            for (const auto& group : one.groups)
                groups->push(to_utf8(group));
            auto object = new_object();
            object->set("match", to_utf8(one.text));
            object->set("start", one.start);
            object->set("end", one.end);
            object->set("groups", groups);
            const Item put = evaluator.apply(a[2], {Item(object)});
            if (!put.is_string())
                fail("D3012", "Attempted to replace a matched string with a non-string value");
            evaluator.budget().charge_text(put.text().size() * 4);
            out += to_points(put.text());
        }
        at = one.end;
    }
    return made(evaluator, to_utf8(out + text.substr(at)));
}

Item split(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined()) return {};
    const std::size_t limit = limit_of(argument(a, 2), "D3020",
                                       "Third argument of split function must evaluate to a "
                                       "positive number");
    auto parts = new_list();
    const auto add = [&](std::string part) {
        if (parts->size() < limit) parts->push(made(evaluator, std::move(part)));
    };
    if (a[1].undefined()) {
        add(a[0].text());
    } else if (a[1].is_function()) {
        const std::u32string text = to_points(a[0].text());
        std::size_t at = 0;
        for (const Match& one : find_matches(evaluator, a[1], a[0].text(), kAll, "split")) {
            if (one.start < at || one.end > text.size()) continue;
            add(to_utf8(text.substr(at, one.start - at)));
            at = one.end;
        }
        add(to_utf8(text.substr(at)));
    } else if (a[1].text().empty()) {
        for (const char32_t point : to_points(a[0].text()))
            add(to_utf8({&point, 1}));
    } else {
        const std::string &text = a[0].text(), &separator = a[1].text();
        std::size_t at = 0;
        for (std::size_t found; (found = find_text(text, separator, at)) != std::string::npos;
             at = found + separator.size())
            add(text.substr(at, found - at));
        add(text.substr(at));
    }
    return parts;
}

Item join(Evaluator& evaluator, const Items& a) {
    if (a[0].undefined()) return {};
    const Item given = argument(a, 1);
    const std::string separator = given.undefined() ? "" : given.text();
    std::string out;
    bool first = true;
    for (const Item& part : a[0].list()->items()) {
        if (!first) out += separator;
        first = false;
        out += part.text();
        evaluator.budget().charge_text(separator.size() + part.text().size());
    }
    return out;
}

constexpr Builtin kFunctions[] = {
    {"string", "<x-b?:s>", string},
    {"substring", "<s-nn?:s>", substring},
    {"substringBefore", "<s-s:s>", substring_before},
    {"substringAfter", "<s-s:s>", substring_after},
    {"lowercase", "<s-:s>", lowercase},
    {"uppercase", "<s-:s>", uppercase},
    {"length", "<s-:n>", length},
    {"trim", "<s-:s>", trim},
    {"pad", "<s-ns?:s>", pad},
    {"match", "<s-f<s:o>n?:a<o>>", match},
    {"contains", "<s-(sf):b>", contains},
    {"replace", "<s-(sf)(sf)n?:s>", replace},
    {"split", "<s-(sf)n?:a<s>>", split},
    {"join", "<a<s>s?:s>", join},
};

}  // namespace

std::span<const Builtin> string_functions() {
    return kFunctions;
}

}  // namespace lifeboat::flow::jsonata

#include "flow/jsonata/text_form.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/json.h"

namespace lifeboat::flow::jsonata {
namespace {

struct Writer {
    Budget& budget;
    bool pretty;
    std::string out;

    void line(int depth) {
        if (!pretty) return;
        out += '\n';
        out.append(static_cast<std::size_t>(depth) * 2, ' ');
        budget.charge_text(static_cast<std::size_t>(depth) * 2);
    }

    void write(const Item& item, int depth) {
        budget.charge(1);
        if (item.is_string()) {
            budget.charge_text(item.text().size());
            out += to_text(Json(item.text()));
        } else if (item.is_number()) {
            const auto& exact = item.exact_number().exact;
            out += exact ? std::to_string(*exact) : number_form(item.number());
        } else if (item.is_boolean()) {
            out += item.boolean() ? "true" : "false";
        } else if (item.is_list()) {
            write_list(*item.list(), depth);
        } else if (item.is_object()) {
            write_object(*item.object(), depth);
        } else {
            out += item.is_function() ? "\"\"" : "null";
        }
    }

    void write_list(const List& list, int depth) {
        out += '[';
        bool first = true;
        for (const Item& part : list.items()) {
            if (!first) out += ',';
            first = false;
            line(depth + 1);
            write(part, depth + 1);
        }
        if (!first) line(depth);
        out += ']';
    }

    void write_object(const Object& object, int depth) {
        out += '{';
        bool first = true;
        for (const auto& [name, value] : object.members()) {
            if (!first) out += ',';
            first = false;
            line(depth + 1);
            budget.charge_text(name.size());
            out += to_text(Json(name)) + (pretty ? ": " : ":");
            write(value, depth + 1);
        }
        if (!first) line(depth);
        out += '}';
    }
};

}  // namespace

std::string number_form(double value) {
    if (value == 0) return "0";
    if (!std::isfinite(value))
        return std::isnan(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity";
    char digits[40];
    std::snprintf(digits, sizeof digits, "%.15g", value);
    // Shortest text of the rounded number; JavaScript turns to exponents at 1e21 and 1e-7.
    const double rounded = std::strtod(digits, nullptr);
    const double size = std::abs(rounded);
    char text[400];
    const auto form =
        size >= 1e21 || size < 1e-6 ? std::chars_format::scientific : std::chars_format::fixed;
    const auto end = std::to_chars(text, text + sizeof text, rounded, form).ptr;
    std::string result(text, end);
    if (const auto e = result.find('e'); e != std::string::npos && result[e + 2] == '0')
        result.erase(e + 2, 1);
    return result;
}

std::string text_form(const Item& item, Budget& budget, bool quoted, bool pretty) {
    if (item.undefined() || item.is_function()) return "";
    if (item.is_string() && !quoted) return item.text();
    Writer writer{budget, pretty, ""};
    writer.write(item, 0);
    return std::move(writer.out);
}

}  // namespace lifeboat::flow::jsonata

#include "flow/graph/condition.h"

#include <utility>

#include "base/json.h"

namespace lifeboat::flow::graph {
namespace {

constexpr int kDeepest = 16;

constexpr std::pair<std::string_view, std::string_view> kSigns[] = {
    {"GreaterThanEquals", ">="}, {"LessThanEquals", "<="}, {"GreaterThan", ">"},
    {"LessThan", "<"},           {"Equals", "=="},         {"Matches", "matches"}};

std::string text_of(const Json& value) {
    return to_text(value);
}

std::string joined(const Json& rules, const char* word, int depth);

std::string rule_text(const Json& rule, int depth) {
    if (!rule.is_object() || depth > kDeepest) return "…";
    if (const Json* rules = find(rule, "And")) return joined(*rules, " and ", depth);
    if (const Json* rules = find(rule, "Or")) return joined(*rules, " or ", depth);
    if (const Json* inner = find(rule, "Not")) return "not (" + rule_text(*inner, depth + 1) + ")";
    if (const Json* jsonata = find(rule, "Condition"))
        return jsonata->is_string() ? jsonata->get<std::string>() : text_of(*jsonata);
    const std::string variable = string_or(rule, "Variable", "?");
    for (const auto& [name, value] : rule.items()) {
        if (name == "Variable" || name == "Next" || name == "Comment" || name == "Assign" ||
            name == "Output")
            continue;
        if (name.starts_with("Is")) {
            std::string kind = name.substr(2);
            kind[0] = static_cast<char>(kind[0] | 0x20);
            return variable + (value == Json(false) ? " is not " : " is ") + kind;
        }
        const bool path = name.ends_with("Path");
        const std::string plain = path ? name.substr(0, name.size() - 4) : name;
        for (const auto& [suffix, sign] : kSigns)
            if (plain.ends_with(suffix))
                return variable + " " + std::string(sign) + " " +
                       (path && value.is_string() ? value.get<std::string>() : text_of(value));
        return variable + " " + name + " " + text_of(value);
    }
    return variable;
}

std::string joined(const Json& rules, const char* word, int depth) {
    if (!rules.is_array()) return "…";
    std::string text;
    for (const Json& rule : rules)
        text += (text.empty() ? "" : word) + rule_text(rule, depth + 1);
    return depth == 0 ? text : "(" + text + ")";
}

}  // namespace

std::string condition(const Json& rule) {
    return rule_text(rule, 0);
}

}  // namespace lifeboat::flow::graph

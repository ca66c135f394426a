#include "flow/choice_rule.h"

#include <algorithm>
#include <map>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text_search.h"

namespace lifeboat::flow {
namespace {

struct Operator {
    ComparedKind kind;
    Comparison comparison;
};

const std::map<std::string, Operator, std::less<>>& operators() {
    static const auto table = [] {
        std::map<std::string, Operator, std::less<>> all;
        const std::pair<const char*, ComparedKind> ordered[] = {
            {"String", ComparedKind::String},
            {"Numeric", ComparedKind::Numeric},
            {"Timestamp", ComparedKind::Timestamp}};
        const std::pair<const char*, Comparison> comparisons[] = {
            {"Equals", Comparison::Equals},
            {"LessThan", Comparison::LessThan},
            {"LessThanEquals", Comparison::LessThanEquals},
            {"GreaterThan", Comparison::GreaterThan},
            {"GreaterThanEquals", Comparison::GreaterThanEquals}};
        for (const auto& [kind_name, kind] : ordered)
            for (const auto& [name, comparison] : comparisons)
                all[std::string(kind_name) + name] = {kind, comparison};
        all["BooleanEquals"] = {ComparedKind::Boolean, Comparison::Equals};
        all["StringMatches"] = {ComparedKind::String, Comparison::Matches};
        return all;
    }();
    return table;
}

const std::map<std::string, TypeTest, std::less<>> kTypeTests = {
    {"IsPresent", TypeTest::Present}, {"IsNull", TypeTest::Null},
    {"IsBoolean", TypeTest::Boolean}, {"IsNumeric", TypeTest::Numeric},
    {"IsString", TypeTest::String},   {"IsTimestamp", TypeTest::Timestamp}};

[[noreturn]] void fail(const std::string& problem) {
    throw Error(ErrorCategory::InvalidInput, "InvalidChoice", problem);
}

// RFC 3339 with capital T and, where there is no offset, capital Z.
std::optional<Time> timestamp_of(const Json& value) {
    if (!value.is_string()) return std::nullopt;
    const auto& text = value.get_ref<const std::string&>();
    if (text.find('T') == std::string::npos || text.find('z') != std::string::npos)
        return std::nullopt;
    return parse_iso8601(text);
}

bool is_of_kind(const Json& value, ComparedKind kind) {
    switch (kind) {
        case ComparedKind::String:
            return value.is_string();
        case ComparedKind::Numeric:
            return value.is_number();
        case ComparedKind::Boolean:
            return value.is_boolean();
        case ComparedKind::Timestamp:
            return timestamp_of(value).has_value();
    }
    return false;
}

template <typename T>
bool compare(const T& left, const T& right, Comparison comparison) {
    switch (comparison) {
        case Comparison::Equals:
            return left == right;
        case Comparison::LessThan:
            return left < right;
        case Comparison::LessThanEquals:
            return left <= right;
        case Comparison::GreaterThan:
            return left > right;
        default:
            return left >= right;
    }
}

ChoiceTest parse_test(const Json& rule) {
    ChoiceTest test;
    const auto variable = find_string(rule, "Variable");
    if (!variable) fail("A rule needs a 'Variable'");
    test.variable = Path::parse(*variable);
    std::string chosen;
    for (const auto& [name, value] : rule.items()) {
        if (name == "Variable" || name == "Next" || name == "Comment" || name == "Assign") continue;
        if (!chosen.empty())
            fail("A rule has one operator, found '" + chosen + "' and '" + name + "'");
        chosen = name;
        if (const auto type = kTypeTests.find(name); type != kTypeTests.end()) {
            if (!value.is_boolean()) fail("'" + name + "' must be true or false");
            test.type = type->second;
            test.type_wanted = value.get<bool>();
            continue;
        }
        const bool by_path = name.ends_with("Path");
        const auto found = operators().find(by_path ? name.substr(0, name.size() - 4) : name);
        if (found == operators().end() ||
            (by_path && found->second.comparison == Comparison::Matches))
            fail("'" + name + "' is no operator");
        test.kind = found->second.kind;
        test.comparison = found->second.comparison;
        if (by_path) {
            if (!value.is_string()) fail("'" + name + "' must be a path");
            test.operand = Path::parse(value.get_ref<const std::string&>());
        } else {
            if (!is_of_kind(value, test.kind)) fail("'" + name + "' has a value of a wrong type");
            test.literal = make_value(value);
        }
    }
    if (chosen.empty()) fail("A rule needs an operator");
    return test;
}

Error invalid_path(const Path& path) {
    return {ErrorCategory::InvalidInput, "States.Runtime",
            "Invalid path '" + path.text() +
                "': The choice state's condition path references an invalid value."};
}

bool is_of_type(const Json& value, TypeTest type) {
    switch (type) {
        case TypeTest::Present:
            return true;
        case TypeTest::Null:
            return value.is_null();
        case TypeTest::Boolean:
            return value.is_boolean();
        case TypeTest::Numeric:
            return value.is_number();
        case TypeTest::String:
            return value.is_string();
        case TypeTest::Timestamp:
            return timestamp_of(value).has_value();
    }
    return false;
}

}  // namespace

ChoiceRule parse_choice_rule(const Json& rule) {
    if (!rule.is_object()) fail("A rule must be an object");
    ChoiceRule parsed;
    const Json* parts = nullptr;
    if ((parts = find(rule, "And")) != nullptr)
        parsed.kind = ChoiceRule::Kind::And;
    else if ((parts = find(rule, "Or")) != nullptr)
        parsed.kind = ChoiceRule::Kind::Or;
    else if ((parts = find(rule, "Not")) != nullptr)
        parsed.kind = ChoiceRule::Kind::Not;
    if (parts == nullptr) {
        parsed.test = parse_test(rule);
        return parsed;
    }
    for (const auto& [name, value] : rule.items())
        if (name != "Next" && name != "Comment" && name != "Assign" && &value != parts)
            fail("'" + name + "' cannot stand beside And, Or or Not");
    if (parsed.kind == ChoiceRule::Kind::Not) {
        parsed.parts.push_back(parse_choice_rule(*parts));
        return parsed;
    }
    if (!parts->is_array() || parts->empty()) fail("And and Or need a list of rules");
    for (const Json& part : *parts)
        parsed.parts.push_back(parse_choice_rule(part));
    return parsed;
}

bool ChoiceTest::holds(const Scope& scope) const {
    // What a path that is not definite selects is a list made here.
    Json list, other_list;
    const auto look = [&scope](const Path& path, Json& made) -> const Json* {
        if (path.definite()) return path.look(scope);
        auto found = path.find(scope);
        if (!found) return nullptr;
        made = *std::move(found);
        return &made;
    };
    const Json* value = look(variable, list);
    if (type == TypeTest::Present) return (value != nullptr) == type_wanted;
    if (value == nullptr) throw invalid_path(variable);
    if (type) return is_of_type(*value, *type) == type_wanted;

    const Json* found = operand ? look(*operand, other_list) : literal.get();
    if (found == nullptr) throw invalid_path(*operand);
    const Json& other = *found;
    if (!is_of_kind(*value, kind) || !is_of_kind(other, kind)) return false;
    switch (kind) {
        case ComparedKind::Numeric:
            return compare(*value, other, comparison);
        case ComparedKind::Boolean:
            return value->get<bool>() == other.get<bool>();
        case ComparedKind::Timestamp:
            return compare(*timestamp_of(*value), *timestamp_of(other), comparison);
        case ComparedKind::String:
            break;
    }
    const auto& left = value->get_ref<const std::string&>();
    const auto& right = other.get_ref<const std::string&>();
    return comparison == Comparison::Matches ? matches_wildcard(left, right)
                                             : compare(left, right, comparison);
}

bool ChoiceRule::holds(const Scope& scope) const {
    const auto part_holds = [&scope](const ChoiceRule& part) { return part.holds(scope); };
    switch (kind) {
        case Kind::Test:
            return test->holds(scope);
        case Kind::And:
            return std::ranges::all_of(parts, part_holds);
        case Kind::Or:
            return std::ranges::any_of(parts, part_holds);
        case Kind::Not:
            return !part_holds(parts.front());
    }
    return false;
}

// Between the asterisks lie pieces that must follow each other; the first of each is the one to
// take. Nothing is looked at twice, whatever the pattern.
bool matches_wildcard(std::string_view text, std::string_view pattern) {
    std::vector<std::string> pieces(1);
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '*')
            pieces.emplace_back();
        else if (pattern[i] == '\\' && i + 1 < pattern.size())
            pieces.back() += pattern[++i];
        else
            pieces.back() += pattern[i];
    }
    if (pieces.size() == 1) return text == pieces.front();
    const std::string &first = pieces.front(), &last = pieces.back();
    if (text.size() < first.size() + last.size() || !text.starts_with(first) ||
        !text.ends_with(last))
        return false;
    text = text.substr(first.size(), text.size() - first.size() - last.size());
    for (std::size_t i = 1; i + 1 < pieces.size(); ++i) {
        const auto found = find_text(text, pieces[i]);
        if (found == std::string_view::npos) return false;
        text.remove_prefix(found + pieces[i].size());
    }
    return true;
}

}  // namespace lifeboat::flow

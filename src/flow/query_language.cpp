#include "flow/query_language.h"

#include "base/error.h"
#include "base/json.h"
#include "flow/jsonata/conversions.h"
#include "flow/jsonata/query.h"
#include "flow/number_setting.h"

namespace lifeboat::flow {
namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())))
        text.remove_prefix(1);
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())))
        text.remove_suffix(1);
    return text;
}

std::string_view expression_of(std::string_view text) {
    return trimmed(text.substr(2, text.size() - 4));
}

[[noreturn]] void fail(const std::string& message, const std::string& field) {
    throw Error(ErrorCategory::InvalidInput, "States.QueryEvaluationError", message,
                Json{{"location", field}});
}

std::string subject(const Json& value, const std::string& field) {
    if (value.is_string() && is_jsonata(value.get_ref<const std::string&>()))
        return "The JSONata expression '" +
               std::string(expression_of(value.get_ref<const std::string&>())) +
               "' specified for the field '" + field + "'";
    return "The value specified for the field '" + field + "'";
}

[[noreturn]] void wrong_type(const Json& value, const std::string& field, const char* wanted,
                             const Json& found) {
    fail(subject(value, field) + " returned an unexpected result type. Expected '" + wanted +
             "', but was '" + found.type_name() + "' for value: " + to_text(found),
         field);
}

jsonata::Item states_of(const JsonataScope& scope, jsonata::Budget& budget) {
    jsonata::Conversions& conversions = *scope.scope.conversions;
    auto states = jsonata::new_object();
    states->set("input", conversions.of(scope.scope.input, budget));
    states->set("context", conversions.of_members(scope.scope.context, budget));
    if (scope.result != nullptr) states->set("result", conversions.of(scope.result, budget));
    if (scope.error_output != nullptr)
        states->set("errorOutput", conversions.of(scope.error_output, budget));
    return states;
}

// The variables that the query names.
jsonata::Environment environment_of(const jsonata::Query& query, const JsonataScope& scope,
                                    jsonata::Budget& budget) {
    jsonata::Environment environment;
    for (const std::string& name : query.variables()) {
        if (name == "states") {
            environment.emplace(name, states_of(scope, budget));
            continue;
        }
        // Innermost first: the first one found is the one that is seen.
        for (const Variables* variables : scope.scope.variables)
            if (const auto found = variables->find(name); found != variables->end()) {
                environment.emplace(name, scope.scope.conversions->of(found->second, budget));
                break;
            }
    }
    return environment;
}

class Evaluation {
  public:
    explicit Evaluation(const JsonataScope& scope)
        : scope_(scope), units_(scope.scope.effort->jsonata_units()), budget_({.units = units_}) {}
    ~Evaluation() { scope_.scope.effort->spend_jsonata(units_ - budget_.left()); }
    Evaluation(const Evaluation&) = delete;
    Evaluation& operator=(const Evaluation&) = delete;

    Json of(const Json& value, const std::string& field) {
        if (value.is_object()) {
            Json result = Json::object();
            for (const auto& [name, part] : value.items())
                result[name] = of(part, field + "/" + name);
            return result;
        }
        if (value.is_array()) {
            Json result = Json::array();
            for (std::size_t i = 0; i < value.size(); ++i)
                result.push_back(of(value[i], field + "[" + std::to_string(i) + "]"));
            return result;
        }
        if (!value.is_string() || !is_jsonata(value.get_ref<const std::string&>())) return value;
        return expression(value, field);
    }

  private:
    Json expression(const Json& value, const std::string& field) {
        std::optional<Json> result;
        try {
            // "$" is nothing in Step Functions; data comes by $states and variables.
            const auto query =
                jsonata::Query::parse(expression_of(value.get_ref<const std::string&>()));
            result = query.evaluate(environment_of(query, scope_, budget_), scope_.scope.random,
                                    scope_.now, budget_);
        } catch (const Error& error) {
            fail(subject(value, field) + " threw an error during evaluation. " + error.code() +
                     ": " + error.message(),
                 field);
        }
        if (!result) fail(subject(value, field) + " returned nothing (undefined).", field);
        return *std::move(result);
    }

    const JsonataScope& scope_;
    std::int64_t units_;  // when it began
    jsonata::Budget budget_;
};

}  // namespace

bool is_jsonata(std::string_view text) {
    return text.size() >= 4 && text.starts_with("{%") && text.ends_with("%}");
}

void check_jsonata(const Json& value, const std::string& where) {
    const auto refuse = [&where](const std::string& problem) {
        throw Error(ErrorCategory::InvalidInput, "InvalidJsonata", problem + ", at " + where);
    };
    if (value.is_object()) {
        for (const auto& [name, part] : value.items())
            check_jsonata(part, where + "/" + name);
    } else if (value.is_array()) {
        for (std::size_t i = 0; i < value.size(); ++i)
            check_jsonata(value[i], where + "[" + std::to_string(i) + "]");
    } else if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        const std::string_view bare = trimmed(text);
        if (bare.starts_with("{%") != bare.ends_with("%}"))
            return refuse("A JSONata expression begins with '{%' and ends with '%}'");
        if (!is_jsonata(bare)) return;
        if (bare.size() != text.size()) return refuse("No blanks may stand around '{%' and '%}'");
        try {
            jsonata::Query::parse(expression_of(text));
        } catch (const Error& error) {
            const auto at = find_integer(error.members(), "position");
            refuse("Value is not a valid JSONata expression: " + error.code() + ": " +
                   error.message() + (at ? " (position " + std::to_string(*at) + ")" : ""));
        }
    }
}

Json evaluate_jsonata(const Json& value, const std::string& field, const JsonataScope& scope) {
    return Evaluation(scope).of(value, field);
}

bool evaluate_condition(const Json& value, const std::string& field, const JsonataScope& scope) {
    const Json result = evaluate_jsonata(value, field, scope);
    if (!result.is_boolean()) wrong_type(value, field, "boolean", result);
    return result.get<bool>();
}

std::string evaluate_text(const Json& value, const std::string& field, const JsonataScope& scope) {
    const Json result = evaluate_jsonata(value, field, scope);
    if (!result.is_string()) wrong_type(value, field, "string", result);
    return result.get<std::string>();
}

std::int64_t evaluate_integer(const Json& value, const std::string& field, std::int64_t least,
                              const JsonataScope& scope) {
    const Json result = evaluate_jsonata(value, field, scope);
    if (!result.is_number()) wrong_type(value, field, "number", result);
    if (!result.is_number_integer() || is_above(result, kMostNumber) ||
        result.get<std::int64_t>() < least)
        fail(subject(value, field) + " returned the number " + to_text(result) +
                 ", which is no integer from " + std::to_string(least) + " to " +
                 std::to_string(kMostNumber),
             field);
    return result.get<std::int64_t>();
}

}  // namespace lifeboat::flow

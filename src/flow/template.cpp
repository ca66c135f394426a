#include "flow/template.h"

#include "base/error.h"
#include "base/json.h"
#include "flow/intrinsic.h"
#include "flow/path.h"

namespace lifeboat::flow {
namespace {

bool is_dynamic(const std::string& name) {
    return name.size() > 2 && name.ends_with(".$");
}

}  // namespace

Json evaluate_expression(std::string_view expression, std::string_view field, const Scope& scope) {
    if (is_intrinsic(expression)) return IntrinsicCall::parse(expression).evaluate(scope);
    if (auto found = Path::parse(expression).find(scope)) return *std::move(found);
    throw Error(ErrorCategory::InvalidInput, "States.Runtime",
                "The JSONPath '" + std::string(expression) + "' specified for the field '" +
                    std::string(field) + "' could not be found in the input '" +
                    to_text(*scope.input) + "'");
}

Json evaluate_template(const Json& payload, const Scope& scope) {
    if (payload.is_object()) {
        Json result = Json::object();
        for (const auto& [name, value] : payload.items()) {
            if (is_dynamic(name) && value.is_string())
                result[name.substr(0, name.size() - 2)] =
                    evaluate_expression(value.get_ref<const std::string&>(), name, scope);
            else
                result[name] = evaluate_template(value, scope);
        }
        return result;
    }
    if (payload.is_array()) {
        Json result = Json::array();
        for (const Json& value : payload)
            result.push_back(evaluate_template(value, scope));
        return result;
    }
    return payload;
}

void check_expression(std::string_view expression) {
    if (is_intrinsic(expression))
        IntrinsicCall::parse(expression);
    else
        Path::parse(expression);
}

void check_template(const Json& payload, const std::string& where) {
    if (!payload.is_structured()) return;
    for (const auto& [name, value] : payload.items()) {
        const std::string below = where + "/" + name;
        if (!payload.is_object() || !is_dynamic(name)) {
            check_template(value, below);
            continue;
        }
        if (!value.is_string())
            throw Error(ErrorCategory::InvalidInput, "InvalidPath",
                        "The value for the field '" + name +
                            "' must be a STRING that contains a JSONPath or intrinsic function "
                            "expression, at " +
                            below);
        try {
            check_expression(value.get_ref<const std::string&>());
        } catch (Error& error) {
            throw Error(ErrorCategory::InvalidInput, error.code(),
                        "The value for the field '" + name +
                            "' must be a valid JSONPath or a valid intrinsic function call: " +
                            error.message() + ", at " + below);
        }
    }
}

}  // namespace lifeboat::flow

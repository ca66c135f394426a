#include "local/lambda/function_name.h"

#include "base/error.h"

namespace lifeboat::local::lambda {
namespace {

Error not_found(const std::string& message) {
    return Error(ErrorCategory::NotFound, "ResourceNotFoundException", message);
}

}  // namespace

std::string function_arn(const cloud::Place& place, std::string_view name) {
    return cloud::arn_of(place, "lambda", "function:" + std::string(name));
}

FunctionName parse_function_name(const cloud::Place& place, std::string_view text,
                                 const std::optional<std::string>& qualifier) {
    std::string rest(text);
    if (rest.starts_with("arn:")) {
        const auto arn = cloud::parse_arn(rest);
        if (!arn || arn->service != "lambda")
            throw Error(ErrorCategory::InvalidInput, "ValidationException",
                        "'" + rest + "' is not the ARN of a function");
        if (arn->region != place.region)
            throw not_found("Functions from '" + arn->region +
                            "' are not reachable in this region ('" + place.region + "')");
        if (arn->account != place.account) throw not_found("Function not found: " + rest);
        rest = arn->resource;
    } else if (const auto colon = rest.find(":function:"); colon != std::string::npos) {
        if (rest.substr(0, colon) != place.account) throw not_found("Function not found: " + rest);
        rest.erase(0, colon + 1);
    }
    if (rest.starts_with("function:")) rest.erase(0, std::string_view("function:").size());

    FunctionName parsed;
    const auto colon = rest.find(':');
    parsed.name = rest.substr(0, colon);
    if (colon != std::string::npos) parsed.qualifier = rest.substr(colon + 1);
    if (qualifier && !parsed.qualifier.empty() && parsed.qualifier != *qualifier)
        throw Error(ErrorCategory::InvalidInput, "InvalidParameterValueException",
                    "The derived qualifier from the function name does not match the specified "
                    "qualifier.");
    if (qualifier) parsed.qualifier = *qualifier;
    return parsed;
}

}  // namespace lifeboat::local::lambda

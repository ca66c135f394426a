// The ways to name a function: "name", "name:$LATEST", "000000000000:function:name",
// "function:name" or the whole ARN, each with a qualifier or without. Source: Lambda API reference,
// Invoke, FunctionName.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cloud/arn.h"

namespace lifeboat::local::lambda {

inline constexpr std::string_view kLatest = "$LATEST";

struct FunctionName {
    std::string name;
    std::string qualifier;  // empty: none was given
};

// `qualifier` is the request's own member, if any. Throws Error with Lambda's codes when account or
// region are not `place`'s or the two qualifiers differ. The function need not exist.
FunctionName parse_function_name(const cloud::Place& place, std::string_view text,
                                 const std::optional<std::string>& qualifier);

// Without a qualifier.
std::string function_arn(const cloud::Place& place, std::string_view name);

}  // namespace lifeboat::local::lambda

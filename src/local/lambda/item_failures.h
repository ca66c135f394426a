// The answer of a function that reports which items of its batch failed:
//   {"batchItemFailures": [{"itemIdentifier": "..."}]}
// Source: Lambda developer guide, "Implementing partial batch responses".
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace lifeboat::local::lambda {

// Empty: all succeeded. nullopt: the answer is malformed or names an item that is not among
// `known`, which makes the whole batch a failure.
std::optional<std::set<std::string>> failed_items(std::string_view payload,
                                                  const std::set<std::string>& known);

}  // namespace lifeboat::local::lambda

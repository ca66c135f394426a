// The #names and :values an expression refers to, taken from the request, and the check that each
// of them is used by one of the request's expressions.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/json_fwd.h"
#include "local/dynamodb/tokens.h"
#include "local/dynamodb/value.h"

namespace lifeboat::local::dynamodb {

class Placeholders {
  public:
    Placeholders() = default;
    // Reads ExpressionAttributeNames and ExpressionAttributeValues of `request`, where present.
    // Throws Error{InvalidInput, "ValidationException"} for empty maps, malformed keys and values.
    explicit Placeholders(const Json& request);

    // The attribute a token stands for: a word itself, unless it is reserved, or what a #name says.
    // Throws as tokens.problem() does.
    std::string name(const Token& token, const Tokens& tokens);
    const Value& value(const Token& token, const Tokens& tokens);

    // Throws for what no expression used. `expressions` names the request's expression members when
    // it had none of them ("ConditionExpression is null"), else it is empty.
    void check_all_used(std::string_view absent_expressions) const;

  private:
    template <typename Content>
    struct Entry {
        Content content;
        bool used = false;
    };
    bool have_names_ = false;
    bool have_values_ = false;
    std::map<std::string, Entry<std::string>, std::less<>> names_;
    std::map<std::string, Entry<Value>, std::less<>> values_;
};

}  // namespace lifeboat::local::dynamodb

// A JSONPath together with what it starts from: "$.a" the state's input, "$$.Execution.Id" the
// context object, "$name.a" a variable.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "flow/json_path.h"
#include "flow/scope.h"

namespace lifeboat::flow {

class Path {
  public:
    // Throws Error{InvalidInput, "InvalidPath"}.
    static Path parse(std::string_view text);

    std::optional<Json> find(const Scope& scope) const;
    // The same without a copy, for a definite path: null when there is none. Lives as long as what
    // the scope holds.
    const Json* look(const Scope& scope) const;
    // The value, or Error{InvalidInput, "States.Runtime"} "Invalid path '...' : No results for
    // ...".
    Json require(const Scope& scope) const;

    bool definite() const { return steps_.definite(); }
    bool of_input() const { return root_ == Root::Input; }
    const std::string& variable() const { return variable_; }
    const JsonPath& steps() const { return steps_; }
    const std::string& text() const { return text_; }

  private:
    enum class Root { Input, Context, Variable };

    Value root_value(const Scope& scope) const;

    Root root_ = Root::Input;
    std::string variable_;
    JsonPath steps_;
    std::string text_;
};

}  // namespace lifeboat::flow

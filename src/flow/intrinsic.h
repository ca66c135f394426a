// The intrinsic functions: States.Format('Hello {}', $.name) and the seventeen others.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "flow/path.h"
#include "flow/scope.h"
#include "flow/value.h"

namespace lifeboat::flow {

class IntrinsicCall {
  public:
    struct Text {
        std::string raw;  // as written between the quotation marks, escapes kept
    };
    using Argument = std::variant<Path, Text, Value, IntrinsicCall>;

    // Throws Error{InvalidInput, "InvalidIntrinsic"}: unknown function, wrong number of arguments,
    // syntax, nesting deeper than 10.
    static IntrinsicCall parse(std::string_view text);

    // Throws Error{InvalidInput}: "States.Runtime" when a path finds nothing, else
    // "States.IntrinsicFailure".
    Json evaluate(const Scope& scope) const;

    const std::string& name() const { return name_; }

  private:
    friend class IntrinsicParser;

    std::string name_;
    std::string text_;
    std::vector<Argument> arguments_;
};

// Whether `text` looks like a call ("States.Something(").
bool is_intrinsic(std::string_view text);

}  // namespace lifeboat::flow

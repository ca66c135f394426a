#include "flow/path.h"

#include <cctype>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::flow {

Path Path::parse(std::string_view text) {
    Path path;
    path.text_ = text;
    if (text.starts_with("$$")) {
        path.root_ = Root::Context;
        path.steps_ = JsonPath::parse(text.substr(1));
        return path;
    }
    std::size_t end = 1;
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 ||
                                 text[end] == '_' || static_cast<unsigned char>(text[end]) >= 0x80))
        ++end;
    if (text.starts_with('$') && end > 1) {
        path.root_ = Root::Variable;
        path.variable_ = text.substr(1, end - 1);
        path.steps_ = JsonPath::parse("$" + std::string(text.substr(end)));
        return path;
    }
    path.steps_ = JsonPath::parse(text);
    return path;
}

Value Path::root_value(const Scope& scope) const {
    if (root_ == Root::Input) return scope.input;
    if (root_ == Root::Context) return scope.context;
    for (const Variables* variables : scope.variables)
        if (const auto found = variables->find(variable_); found != variables->end())
            return found->second;
    return nullptr;
}

std::optional<Json> Path::find(const Scope& scope) const {
    const Value root = root_value(scope);
    if (root == nullptr) return std::nullopt;
    return steps_.select(*root, *scope.effort);
}

const Json* Path::look(const Scope& scope) const {
    scope.effort->look();
    const Value root = root_value(scope);
    return root == nullptr ? nullptr : steps_.look(*root);
}

Json Path::require(const Scope& scope) const {
    if (auto found = find(scope)) return *std::move(found);
    const Value root = root_value(scope);
    throw Error(ErrorCategory::InvalidInput, "States.Runtime",
                root == nullptr ? "Invalid path '" + text_ + "' : The variable '$" + variable_ +
                                      "' has no value"
                                : "Invalid path '" + text_ + "' : " + steps_.missing_text(*root));
}

}  // namespace lifeboat::flow

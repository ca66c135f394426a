#include "flow/definition_warnings.h"

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::flow {
namespace {

bool is_path(const std::string& text) {
    return text == "$" || text.starts_with("$.") || text.starts_with("$[") ||
           text.starts_with("$$.");
}

bool is_expression(const Json& value) {
    if (!value.is_string()) return false;
    const auto& text = value.get_ref<const std::string&>();
    return is_path(text) || (text.starts_with("States.") && text.ends_with(')'));
}

class Warnings {
  public:
    void look_at_list(const Json& list, const std::string& where, std::string language) {
        language = string_or(list, "QueryLanguage", language);
        const Json* states = find(list, "States");
        if (states == nullptr || !states->is_object()) return;
        for (const auto& [name, state] : states->items())
            if (state.is_object()) look_at_state(state, where + "/States/" + name, language);
    }

    std::vector<Diagnostic> take() { return std::move(found_); }

  private:
    void look_at_state(const Json& state, const std::string& where, const std::string& language) {
        if (string_or(state, "QueryLanguage", language) != "JSONata") look_at_fields(state, where);
        for (const char* field : {"ItemProcessor", "Iterator"})
            if (const Json* list = find(state, field); list != nullptr && list->is_object())
                look_at_list(*list, where + "/" + field, language);
        const Json* branches = find(state, "Branches");
        if (branches == nullptr || !branches->is_array()) return;
        for (std::size_t i = 0; i < branches->size(); ++i)
            if ((*branches)[i].is_object())
                look_at_list((*branches)[i], where + "/Branches[" + std::to_string(i) + "]",
                             language);
    }

    void look_at_fields(const Json& state, const std::string& where) {
        for (const char* field : {"Parameters", "ResultSelector", "ItemSelector", "Assign"})
            if (const Json* payload = find(state, field))
                look_at_payload(*payload, where + "/" + field);
        for (const char* field :
             {"Seconds", "Timestamp", "TimeoutSeconds", "HeartbeatSeconds", "Error", "Cause",
              "MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage"})
            if (const Json* value = find(state, field); value != nullptr && is_expression(*value))
                warn("NO_PATH",
                     "The value looks like a path, but the name of the field '" +
                         std::string(field) + "' does not end with 'Path'",
                     where + "/" + field);
        const Json* result = find(state, "Result");
        if (result != nullptr && string_or(state, "Type", "") == "Pass")
            look_at_result(*result, where + "/Result");
    }

    void look_at_payload(const Json& value, const std::string& where) {
        if (value.is_array())
            for (std::size_t i = 0; i < value.size(); ++i)
                look_at_payload(value[i], where + "[" + std::to_string(i) + "]");
        if (!value.is_object()) return;
        for (const auto& [name, part] : value.items()) {
            if (!name.ends_with(".$") && is_expression(part))
                warn("NO_DOLLAR",
                     "The value looks like a path or an intrinsic function, but the name of the "
                     "field '" +
                         name + "' does not end with '.$'",
                     where + "/" + name);
            look_at_payload(part, where + "/" + name);
        }
    }

    void look_at_result(const Json& value, const std::string& where) {
        if (is_expression(value))
            return warn("PASS_RESULT_IS_STATIC",
                        "The Result of a Pass state is given as it is; a path in it is not "
                        "evaluated",
                        where);
        if (!value.is_structured()) return;
        for (const auto& [name, part] : value.items())
            look_at_result(part, value.is_array() ? where + "[" + name + "]" : where + "/" + name);
    }

    void warn(const char* code, std::string message, const std::string& where) {
        if (found_.size() < kMostDiagnostics) found_.push_back({code, std::move(message), where});
    }

    std::vector<Diagnostic> found_;
};

}  // namespace

std::vector<Diagnostic> definition_warnings(std::string_view definition) {
    if (definition.size() > kLongestDefinition) return {};
    Warnings warnings;
    try {
        const Json json = parse_json(definition, "the state machine definition");
        if (json.is_object()) warnings.look_at_list(json, "", "JSONPath");
    } catch (const Error&) {
        // What is wrong with the text is an error, not a warning.
        return {};
    }
    return warnings.take();
}

}  // namespace lifeboat::flow

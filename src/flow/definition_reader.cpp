#include "flow/definition_reader.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "flow/template.h"

namespace lifeboat::flow {
namespace {

// Names Step Functions reserves for errors of its own; any other "States." name is a mistake.
constexpr std::string_view kReservedErrors[] = {
    "States.ALL",
    "States.DataLimitExceeded",
    "States.ExceedToleratedFailureThreshold",
    "States.HeartbeatTimeout",
    "States.Http.Socket",
    "States.IntrinsicFailure",
    "States.ItemReaderFailed",
    "States.NoChoiceMatched",
    "States.ParameterPathFailure",
    "States.Permissions",
    "States.QueryEvaluationError",
    "States.BranchFailed",
    "States.ResultPathMatchFailure",
    "States.ResultWriterFailed",
    "States.Runtime",
    "States.TaskFailed",
    "States.Timeout",
};

}  // namespace

void DefinitionReader::report(std::string message, const std::string& where, std::string code) {
    if (!full()) diagnostics_.push_back({std::move(code), std::move(message), where});
}

std::string DefinitionReader::string(const Json& object, std::string_view field,
                                     const std::string& where) {
    const Json* value = find(object, field);
    if (value == nullptr) return "";
    if (value->is_string()) return value->get<std::string>();
    report("Expected value of type String", where + "/" + std::string(field));
    return "";
}

std::optional<Path> DefinitionReader::path(const Json& object, std::string_view field,
                                           const std::string& where) {
    const Json* value = find(object, field);
    if (value == nullptr) return std::nullopt;
    const std::string place = where + "/" + std::string(field);
    if (!value->is_string()) {
        report("Expected value of type String", place);
        return std::nullopt;
    }
    try {
        return Path::parse(value->get_ref<const std::string&>());
    } catch (const Error& error) {
        report("Value is not a valid JSONPath: " + error.message(), place);
        return std::nullopt;
    }
}

PathSetting DefinitionReader::path_setting(const Json& object, std::string_view field,
                                           const std::string& where) {
    PathSetting setting;
    const Json* value = find(object, field);
    if (value != nullptr && value->is_null())
        setting.nothing = true;
    else
        setting.path = path(object, field, where);
    return setting;
}

PathSetting DefinitionReader::result_path(const Json& object, const std::string& where) {
    PathSetting setting = path_setting(object, "ResultPath", where);
    if (setting.path && (!setting.path->definite() || !setting.path->of_input()))
        report("Value is not a Reference Path", where + "/ResultPath");
    return setting;
}

std::optional<std::int64_t> DefinitionReader::integer(const Json& object, std::string_view field,
                                                      std::int64_t least,
                                                      const std::string& where) {
    const Json* value = find(object, field);
    if (value == nullptr) return std::nullopt;
    const std::string place = where + "/" + std::string(field);
    if (!value->is_number_integer()) {
        report("Expected value of type Integer", place);
        return std::nullopt;
    }
    if (is_above(*value, kMostNumber) || value->get<std::int64_t>() < least) {
        report("Value must be from " + std::to_string(least) + " to " + std::to_string(kMostNumber),
               place);
        return std::nullopt;
    }
    return value->get<std::int64_t>();
}

NumberSetting DefinitionReader::number(const Json& object, const std::string& field,
                                       std::int64_t least, const std::string& where) {
    NumberSetting setting;
    setting.field = field + "Path";
    setting.literal = integer(object, field, least, where);
    setting.path = path(object, setting.field, where);
    if (object.contains(field) && object.contains(setting.field))
        report(
            "Only one of these fields can be present: ['" + field + "', '" + setting.field + "']",
            where);
    return setting;
}

PercentageSetting DefinitionReader::percentage(const Json& object, const std::string& field,
                                               const std::string& where) {
    PercentageSetting setting;
    if (const Json* value = find(object, field)) {
        if (value->is_number() && *value >= 0 && *value <= 100)
            setting.literal = value->get<double>();
        else
            report("Value must be a number from 0 to 100", where + "/" + field);
    }
    setting.path = path(object, field + "Path", where);
    if (object.contains(field) && object.contains(field + "Path"))
        report("Only one of these fields can be present: ['" + field + "', '" + field + "Path']",
               where);
    return setting;
}

Value DefinitionReader::payload(const Json& object, std::string_view field,
                                const std::string& where) {
    const Json* value = find(object, field);
    if (value == nullptr) return nullptr;
    try {
        check_template(*value, where + "/" + std::string(field));
    } catch (const Error& error) {
        const auto place = error.message().rfind(", at ");
        report(error.message().substr(0, place), error.message().substr(place + 5));
    }
    return make_value(*value);
}

Value DefinitionReader::assign(const Json& object, const std::string& where) {
    const Value value = payload(object, "Assign", where);
    if (value != nullptr && !value->is_object()) {
        report("Expected value of type Object", where + "/Assign");
        return nullptr;
    }
    return value;
}

std::vector<std::string> DefinitionReader::error_names(const Json& object,
                                                       const std::string& where) {
    const std::string place = where + "/ErrorEquals";
    std::vector<std::string> names;
    const Json* value = find(object, "ErrorEquals");
    if (value == nullptr || !value->is_array() || value->empty()) {
        report("A non-empty list of error names is required", place);
        return names;
    }
    for (const Json& name : *value) {
        if (!name.is_string()) {
            report("Expected value of type String", place);
            continue;
        }
        names.push_back(name.get<std::string>());
        if (names.back().starts_with("States.") &&
            std::ranges::find(kReservedErrors, names.back()) == std::end(kReservedErrors))
            report("The error name '" + names.back() + "' is not one of Step Functions' own",
                   place);
        if (names.back() == "States.ALL" && value->size() > 1)
            report("States.ALL must be the only error name of its list", place);
    }
    return names;
}

void DefinitionReader::check_fields(const Json& object, const std::vector<std::string_view>& known,
                                    const std::string& where) {
    for (const auto& [name, unused] : object.items())
        if (std::ranges::find(known, name) == known.end())
            report("Field '" + name + "' is not supported", where);
}

}  // namespace lifeboat::flow

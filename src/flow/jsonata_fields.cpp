#include "flow/jsonata_fields.h"

#include <algorithm>
#include <map>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "flow/query_language.h"

namespace lifeboat::flow {
namespace {

using Names = std::vector<const char*>;

// What may hold expressions in each type of state.
const std::map<StateType, Names> kFields = {
    {StateType::Pass, {"Output", "Assign"}},
    {StateType::Task, {"Arguments", "Output", "Assign", "TimeoutSeconds", "HeartbeatSeconds"}},
    {StateType::Choice, {"Output", "Assign"}},
    {StateType::Wait, {"Output", "Assign", "Seconds", "Timestamp"}},
    {StateType::Succeed, {"Output"}},
    {StateType::Fail, {"Error", "Cause"}},
    {StateType::Parallel, {"Arguments", "Output", "Assign"}},
    {StateType::Map,
     {"Items", "ItemSelector", "Output", "Assign", "MaxConcurrency", "ToleratedFailureCount",
      "ToleratedFailurePercentage"}}};

// These may also be plain values of the definition, which the ordinary parser checks.
const Names kEither = {"TimeoutSeconds",
                       "HeartbeatSeconds",
                       "Seconds",
                       "Timestamp",
                       "Error",
                       "Cause",
                       "MaxConcurrency",
                       "ToleratedFailureCount",
                       "ToleratedFailurePercentage",
                       "MaxItems",
                       "MaxItemsPerBatch",
                       "MaxInputBytesPerBatch"};

const Names kJsonPathOnly = {"InputPath",
                             "OutputPath",
                             "ResultPath",
                             "Parameters",
                             "ResultSelector",
                             "Result",
                             "ItemsPath",
                             "TimeoutSecondsPath",
                             "HeartbeatSecondsPath",
                             "SecondsPath",
                             "TimestampPath",
                             "ErrorPath",
                             "CausePath",
                             "MaxConcurrencyPath",
                             "ToleratedFailureCountPath",
                             "ToleratedFailurePercentagePath",
                             "MaxItemsPath",
                             "MaxItemsPerBatchPath",
                             "MaxInputBytesPerBatchPath",
                             "Variable"};

bool among(const Names& names, const std::string& name) {
    return std::ranges::any_of(names, [&name](const char* known) { return name == known; });
}

bool is_expression(const Json& value) {
    return value.is_string() && is_jsonata(value.get_ref<const std::string&>());
}

// Moves `names` from `rest` to an object of their own.
Json take(DefinitionReader& reader, Json& rest, const Names& names, const std::string& where) {
    Json taken = Json::object();
    for (const char* only : kJsonPathOnly)
        if (rest.contains(only)) {
            reader.report(std::string("The field '") + only +
                              "' is not supported when 'QueryLanguage' is JSONata",
                          where + "/" + only);
            rest.erase(only);
        }
    for (const char* name : names) {
        const Json* value = find(rest, name);
        if (value == nullptr || (among(kEither, name) && !is_expression(*value))) continue;
        const std::string place = where + "/" + name;
        try {
            check_jsonata(*value, place);
        } catch (const Error& error) {
            const auto at = error.message().rfind(", at ");
            reader.report(error.message().substr(0, at), error.message().substr(at + 5));
        }
        const std::string field = name;
        if (field == "Assign") {
            if (!value->is_object())
                reader.report("Expected value of type Object", place);
            else if (value->contains("states"))
                reader.report("The name 'states' is reserved and cannot be assigned", place);
        }
        if (field == "Items" && !value->is_structured() && !is_expression(*value))
            reader.report("Value must be an array, an object or a JSONata expression", place);
        if (field == "Condition" && !value->is_boolean() && !is_expression(*value))
            reader.report("Value must be a boolean or a JSONata expression", place);
        taken[field] = *value;
        rest.erase(field);
    }
    return taken;
}

void take_entries(DefinitionReader& reader, Json& expressions, Json& rest, const char* list,
                  const Names& names, const std::string& where) {
    const auto found = rest.find(list);
    if (found == rest.end() || !found->is_array()) return;
    expressions[list] = Json::array();
    for (std::size_t i = 0; i < found->size(); ++i) {
        Json& entry = (*found)[i];
        const std::string place = where + "/" + list + "[" + std::to_string(i) + "]";
        Json taken = entry.is_object() ? take(reader, entry, names, place) : Json::object();
        if (list == std::string("Choices") && entry.is_object()) {
            if (!taken.contains("Condition"))
                reader.report("These fields are required: [Condition]", place);
            reader.check_fields(entry, {"Next", "Comment"}, place);
        }
        expressions[list].push_back(std::move(taken));
    }
}

// Likewise out of an object within the state, into one of the same name.
void take_within(DefinitionReader& reader, Json& expressions, Json& rest, const char* member,
                 const Names& names, const std::string& where) {
    const auto found = rest.find(member);
    if (found == rest.end() || !found->is_object()) return;
    expressions[member] = take(reader, *found, names, where + "/" + member);
}

void take_distributed(DefinitionReader& reader, Json& expressions, Json& rest,
                      const std::string& where) {
    take_within(reader, expressions, rest, "ItemReader", {"Arguments"}, where);
    if (expressions.contains("ItemReader"))
        take_within(reader, expressions["ItemReader"], rest["ItemReader"], "ReaderConfig",
                    {"MaxItems"}, where + "/ItemReader");
    take_within(reader, expressions, rest, "ItemBatcher",
                {"MaxItemsPerBatch", "MaxInputBytesPerBatch", "BatchInput"}, where);
    take_within(reader, expressions, rest, "ResultWriter", {"Arguments"}, where);
}

}  // namespace

JsonataFields take_jsonata_fields(DefinitionReader& reader, const Json& state, StateType type,
                                  const std::string& where) {
    JsonataFields fields;
    Json rest = state;
    Json expressions = take(reader, rest, kFields.at(type), where);
    if (type == StateType::Choice)
        take_entries(reader, expressions, rest, "Choices", {"Condition", "Output", "Assign"},
                     where);
    else
        take_entries(reader, expressions, rest, "Catch", {"Output", "Assign"}, where);
    if (type == StateType::Map) take_distributed(reader, expressions, rest, where);
    fields.expressions = make_value(std::move(expressions));
    fields.rest = make_value(std::move(rest));
    return fields;
}

}  // namespace lifeboat::flow

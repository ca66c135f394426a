// One state of a definition, type by type.
#include <algorithm>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "cloud/model.h"
#include "flow/definition_reader.h"
#include "flow/handler_parser.h"
#include "flow/jsonata_fields.h"
#include "flow/template.h"

namespace lifeboat::flow {
namespace {

using Fields = std::vector<std::string_view>;

const std::map<std::string, StateType, std::less<>> kTypes = {
    {"Pass", StateType::Pass},         {"Task", StateType::Task},
    {"Choice", StateType::Choice},     {"Wait", StateType::Wait},
    {"Succeed", StateType::Succeed},   {"Fail", StateType::Fail},
    {"Parallel", StateType::Parallel}, {"Map", StateType::Map}};

class StateParser {
  public:
    StateParser(DefinitionReader& reader, const Json& json, std::string where, int depth)
        : reader_(reader), json_(json), where_(std::move(where)), depth_(depth) {}

    // `expressions` of a state of JSONata, else null.
    State parse(const std::string& name, Value expressions) {
        state_.name = name;
        state_.expressions = std::move(expressions);
        const auto type = kTypes.find(reader_.string(json_, "Type", where_));
        if (type == kTypes.end()) {
            reader_.report(
                "The field 'Type' must be one of Choice, Fail, Map, Parallel, Pass, "
                "Succeed, Task, Wait",
                where_ + "/Type");
            return state_;
        }
        state_.type = type->second;
        switch (state_.type) {
            case StateType::Pass:
                parse_pass();
                break;
            case StateType::Task:
                parse_task();
                break;
            case StateType::Choice:
                parse_choice();
                break;
            case StateType::Wait:
                parse_wait();
                break;
            case StateType::Succeed:
                parse_flow({}, false);
                break;
            case StateType::Fail:
                parse_fail();
                break;
            case StateType::Parallel:
                parse_parallel();
                break;
            case StateType::Map:
                parse_map();
                break;
        }
        return std::move(state_);
    }

  private:
    // What most types share. `more` are the type's own fields.
    void parse_flow(Fields more, bool goes_on = true) {
        for (const char* field : {"Type", "Comment", "QueryLanguage", "InputPath", "OutputPath"})
            more.emplace_back(field);
        if (goes_on) {
            more.insert(more.end(), {"Next", "End", "Assign"});
            parse_next();
        }
        reader_.check_fields(json_, more, where_);
        state_.input_path = reader_.path_setting(json_, "InputPath", where_);
        state_.output_path = reader_.path_setting(json_, "OutputPath", where_);
        if (goes_on || state_.type == StateType::Choice)
            state_.assign = reader_.assign(json_, where_);
    }

    void parse_next() {
        const Json* end = find(json_, "End");
        const bool has_next = json_.contains("Next");
        if (end != nullptr && !end->is_boolean())
            reader_.report("Expected value of type Boolean", where_ + "/End");
        const bool ends = end != nullptr && end->is_boolean() && end->get<bool>();
        if (has_next == ends)
            reader_.report("Exactly one of these fields must be present: ['Next', 'End']", where_);
        state_.next = reader_.string(json_, "Next", where_);
        if (has_next && state_.next.empty())
            reader_.report("'Next' must name a state", where_ + "/Next");
    }

    void parse_pass() {
        parse_flow({"Result", "ResultPath", "Parameters"});
        if (const Json* result = find(json_, "Result")) state_.result = make_value(*result);
        state_.parameters = reader_.payload(json_, "Parameters", where_);
        state_.result_path = reader_.result_path(json_, where_);
    }

    void parse_task() {
        parse_flow({"Resource", "Parameters", "ResultSelector", "ResultPath", "Retry", "Catch",
                    "TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds",
                    "HeartbeatSecondsPath", "Credentials"});
        parse_work();
        state_.parameters = reader_.payload(json_, "Parameters", where_);
        state_.timeout = reader_.number(json_, "TimeoutSeconds", 1, where_);
        state_.heartbeat = reader_.number(json_, "HeartbeatSeconds", 1, where_);
        if (state_.timeout.literal && state_.heartbeat.literal &&
            *state_.heartbeat.literal >= *state_.timeout.literal)
            reader_.report("HeartbeatSeconds must be smaller than TimeoutSeconds", where_);
        if (json_.contains("Credentials"))
            reader_.report("'Credentials' is not offered yet in the state '" + state_.name + "'",
                           where_ + "/Credentials");
        if (!json_.contains("Resource")) {
            reader_.report("These fields are required: [Resource]", where_);
            return;
        }
        try {
            state_.task = parse_task_resource(reader_.string(json_, "Resource", where_));
            check_members();
        } catch (const Error& error) {
            reader_.report(error.message() + " (state '" + state_.name + "')", where_ + "/Resource",
                           "INVALID_RESOURCE");
        }
    }

    // The parameters of an aws-sdk task are the operation's members, spelt in Pascal case.
    void check_members() {
        const Json* parameters = state_.parameters.get();
        if (state_.expressions != nullptr) parameters = find(*state_.expressions, "Arguments");
        if (state_.task.kind != TaskResource::Kind::Sdk || parameters == nullptr ||
            !parameters->is_object())
            return;
        const cloud::Shape& input =
            *cloud::service_model(state_.task.service).operation(state_.task.operation).input;
        for (const auto& [name, unused] : parameters->items()) {
            std::string member = name.ends_with(".$") ? name.substr(0, name.size() - 2) : name;
            const std::string spelt = member;
            if (input.member(member) == nullptr && !member.empty())
                member[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(member[0])));
            if (input.member(member) == nullptr)
                reader_.report(
                    "The field '" + spelt + "' is not a parameter of " + state_.task.operation,
                    where_ + (state_.expressions != nullptr ? "/Arguments" : "/Parameters"));
        }
    }

    void parse_work() {
        state_.result_selector = reader_.payload(json_, "ResultSelector", where_);
        state_.result_path = reader_.result_path(json_, where_);
        each("Retry", [this](const Json& entry, const std::string& where) {
            state_.retry.push_back(parse_retrier(reader_, entry, where));
        });
        each("Catch", [this](const Json& entry, const std::string& where) {
            state_.catchers.push_back(parse_catcher(reader_, entry, where));
        });
    }

    template <typename Visit>
    void each(const char* field, Visit visit) {
        const Json* list = find(json_, field);
        if (list == nullptr) return;
        const std::string where = where_ + "/" + field;
        if (!list->is_array()) return reader_.report("Expected value of type Array", where);
        for (std::size_t i = 0; i < list->size(); ++i) {
            const Json& entry = (*list)[i];
            const std::string place = where + "[" + std::to_string(i) + "]";
            if (!entry.is_object()) {
                reader_.report("Expected value of type Object", place);
                continue;
            }
            visit(entry, place);
            const Json* errors = find(entry, "ErrorEquals");
            if (i + 1 < list->size() && errors != nullptr && *errors == Json::array({"States.ALL"}))
                reader_.report("States.ALL must stand in the last entry", place);
        }
    }

    void parse_choice() {
        Fields fields = {"Choices", "Default", "Assign"};
        parse_flow(fields, false);
        state_.choice_default = reader_.string(json_, "Default", where_);
        const Json* choices = find(json_, "Choices");
        if (choices == nullptr || !choices->is_array() || choices->empty())
            return reader_.report("A non-empty list of choices is required", where_ + "/Choices");
        each("Choices", [this](const Json& entry, const std::string& where) {
            ChoiceBranch branch;
            try {
                if (state_.expressions == nullptr) branch.rule = parse_choice_rule(entry);
            } catch (const Error& error) {
                reader_.report(error.message(), where);
            }
            branch.assign = reader_.assign(entry, where);
            branch.next = reader_.string(entry, "Next", where);
            if (branch.next.empty()) reader_.report("These fields are required: [Next]", where);
            state_.choices.push_back(std::move(branch));
        });
    }

    void parse_wait() {
        parse_flow({"Seconds", "SecondsPath", "Timestamp", "TimestampPath"});
        state_.wait.seconds = reader_.number(json_, "Seconds", 0, where_);
        state_.wait.timestamp = reader_.string(json_, "Timestamp", where_);
        state_.wait.timestamp_path = reader_.path(json_, "TimestampPath", where_);
        if (!state_.wait.timestamp.empty() && !parse_iso8601(state_.wait.timestamp))
            reader_.report("Value is not a valid ISO-8601 timestamp", where_ + "/Timestamp");
        int given = 0;
        for (const char* field : {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"})
            given += has(field) ? 1 : 0;
        if (given != 1)
            reader_.report(
                "Exactly one of these fields must be present: ['Seconds', "
                "'SecondsPath', 'Timestamp', 'TimestampPath']",
                where_);
    }

    bool has(const char* field) const {
        return json_.contains(field) ||
               (state_.expressions != nullptr && state_.expressions->contains(field));
    }

    void parse_fail() {
        reader_.check_fields(
            json_, {"Type", "Comment", "QueryLanguage", "Error", "ErrorPath", "Cause", "CausePath"},
            where_);
        state_.error = parse_fail_text("Error");
        state_.cause = parse_fail_text("Cause");
    }

    FailText parse_fail_text(const std::string& field) {
        FailText text;
        const std::string path_field = field + "Path";
        if (json_.contains(field)) text.text = reader_.string(json_, field, where_);
        if (!json_.contains(path_field)) return text;
        if (text.text)
            reader_.report(
                "Only one of these fields can be present: ['" + field + "', '" + path_field + "']",
                where_);
        text.expression = reader_.string(json_, path_field, where_);
        try {
            check_expression(*text.expression);
        } catch (const Error& error) {
            reader_.report(
                "Value is not a valid JSONPath or intrinsic function: " + error.message(),
                where_ + "/" + path_field);
        }
        return text;
    }

    void parse_parallel() {
        parse_flow({"Branches", "Parameters", "ResultSelector", "ResultPath", "Retry", "Catch"});
        parse_work();
        state_.parameters = reader_.payload(json_, "Parameters", where_);
        const Json* branches = find(json_, "Branches");
        if (branches == nullptr || !branches->is_array() || branches->empty())
            return reader_.report("A non-empty list of branches is required", where_ + "/Branches");
        for (std::size_t i = 0; i < branches->size(); ++i)
            add_branch((*branches)[i], where_ + "/Branches[" + std::to_string(i) + "]");
    }

    void add_branch(const Json& branch, const std::string& where) {
        state_.branches.push_back(std::make_shared<const StateList>(
            parse_state_list(reader_, branch, where, depth_ + 1)));
    }

    void parse_map() {
        parse_flow({"ItemsPath", "ItemSelector", "Parameters", "ItemProcessor", "Iterator",
                    "MaxConcurrency", "MaxConcurrencyPath", "ResultSelector", "ResultPath", "Retry",
                    "Catch", "ToleratedFailureCount", "ToleratedFailureCountPath",
                    "ToleratedFailurePercentage", "ToleratedFailurePercentagePath", "Label",
                    "ItemReader", "ItemBatcher", "ResultWriter"});
        parse_work();
        state_.items_path = reader_.path(json_, "ItemsPath", where_);
        const bool legacy = !json_.contains("ItemSelector");
        state_.item_selector =
            reader_.payload(json_, legacy ? "Parameters" : "ItemSelector", where_);
        if (!legacy && json_.contains("Parameters"))
            reader_.report(
                "Only one of these fields can be present: ['ItemSelector', "
                "'Parameters']",
                where_);
        state_.max_concurrency = reader_.number(json_, "MaxConcurrency", 0, where_);
        state_.tolerated_count = reader_.number(json_, "ToleratedFailureCount", 0, where_);
        state_.tolerated_percentage =
            reader_.percentage(json_, "ToleratedFailurePercentage", where_);
        const char* field = json_.contains("ItemProcessor") ? "ItemProcessor" : "Iterator";
        const Json* processor = find(json_, field);
        if (processor == nullptr || !processor->is_object())
            return reader_.report("These fields are required: [ItemProcessor]", where_);
        if (json_.contains("ItemProcessor") && json_.contains("Iterator"))
            reader_.report(
                "Only one of these fields can be present: ['ItemProcessor', "
                "'Iterator']",
                where_);
        const std::string where = where_ + "/" + field;
        if (is_distributed(*processor, where + "/ProcessorConfig"))
            state_.distributed = std::make_shared<const DistributedMap>(
                parse_distributed_map(reader_, json_, state_.expressions.get(), where_, where));
        else
            refuse_distributed_fields();
        add_branch(*processor, where);
    }

    bool is_distributed(const Json& processor, const std::string& where) {
        const Json* config = find(processor, "ProcessorConfig");
        if (config == nullptr) return false;
        if (!config->is_object()) {
            reader_.report("Expected value of type Object", where);
            return false;
        }
        reader_.check_fields(*config, {"Mode", "ExecutionType"}, where);
        const std::string mode = reader_.string(*config, "Mode", where);
        if (!mode.empty() && mode != "INLINE" && mode != "DISTRIBUTED")
            reader_.report("Value must be INLINE or DISTRIBUTED", where + "/Mode");
        const std::string type = reader_.string(*config, "ExecutionType", where);
        if (mode == "DISTRIBUTED" && type != "STANDARD" && type != "EXPRESS")
            reader_.report("ExecutionType must be STANDARD or EXPRESS in the mode DISTRIBUTED",
                           where + "/ExecutionType");
        return mode == "DISTRIBUTED";
    }

    void refuse_distributed_fields() {
        for (const char* field : {"ItemReader", "ItemBatcher", "ResultWriter", "Label",
                                  "ToleratedFailureCount", "ToleratedFailureCountPath",
                                  "ToleratedFailurePercentage", "ToleratedFailurePercentagePath"})
            if (has(field))
                reader_.report("'" + std::string(field) +
                                   "' belongs to a Map in the mode DISTRIBUTED (state '" +
                                   state_.name + "')",
                               where_ + "/" + field);
    }

    DefinitionReader& reader_;
    const Json& json_;
    std::string where_;
    int depth_;
    State state_;
};

}  // namespace

State parse_state(DefinitionReader& reader, const std::string& name, const Json& state,
                  const std::string& where, int depth) {
    std::string language = reader.string(state, "QueryLanguage", where);
    if (language == "JSONPath" && reader.query_language() == "JSONata")
        reader.report("Cannot downgrade from JSONata context to a JSONPath context",
                      where + "/QueryLanguage");
    if (language.empty()) language = reader.query_language();
    const auto type = kTypes.find(find_string(state, "Type").value_or(""));
    if (language == "JSONata" && type != kTypes.end()) {
        const JsonataFields fields = take_jsonata_fields(reader, state, type->second, where);
        return StateParser(reader, *fields.rest, where, depth).parse(name, fields.expressions);
    }
    if (language != "JSONPath" && language != "JSONata")
        reader.report("Value must be JSONPath or JSONata", where + "/QueryLanguage");
    return StateParser(reader, state, where, depth).parse(name, nullptr);
}

std::string_view to_string(StateType type) {
    for (const auto& [name, value] : kTypes)
        if (value == type) return name;
    return "";
}

}  // namespace lifeboat::flow

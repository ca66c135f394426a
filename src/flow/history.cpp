#include "flow/history.h"

#include "base/json.h"

namespace lifeboat::flow {

HistoryRecord started_record(const std::string& input, const std::string& role_arn, Time at) {
    HistoryRecord record;
    record.sequence = 1;
    record.id = 1;
    record.at = at;
    record.type = "ExecutionStarted";
    record.details = make_value(
        {{"input", input}, {"inputDetails", {{"truncated", false}}}, {"roleArn", role_arn}});
    return record;
}

namespace {

std::size_t weight(const Json& value) {
    std::size_t bytes = sizeof(Json);
    if (value.is_string()) return bytes + value.get_ref<const std::string&>().size();
    if (value.is_object())
        for (const auto& [name, part] : value.items())
            bytes += name.size() + weight(part);
    if (value.is_array())
        for (const Json& part : value)
            bytes += weight(part);
    return bytes;
}

// A record of the execution as a whole that comes from outside.
HistoryRecord outside_record(std::string type, std::int64_t sequence, std::int64_t event,
                             const Json& details, Time at) {
    HistoryRecord record;
    record.sequence = sequence + 1;
    record.id = event + 1;
    record.previous = event;
    record.at = at;
    record.type = std::move(type);
    record.details = make_value(details);
    return record;
}

}  // namespace

HistoryRecord aborted_record(std::int64_t sequence, std::int64_t event, const Json& error_details,
                             Time at) {
    return outside_record("ExecutionAborted", sequence, event, error_details, at);
}

HistoryRecord redriven_record(std::int64_t sequence, std::int64_t event, std::int64_t count,
                              Time at) {
    return outside_record("ExecutionRedriven", sequence, event, {{"redriveCount", count}}, at);
}

std::size_t weight(const HistoryRecord& record) {
    std::size_t bytes = sizeof(record) + record.type.size();
    for (const Value& data : {record.details, record.beside})
        if (data != nullptr) bytes += weight(*data);
    return bytes;
}

std::string details_member(std::string_view type) {
    if (type.ends_with("StateEntered")) return "stateEnteredEventDetails";
    if (type.ends_with("StateExited")) return "stateExitedEventDetails";
    std::string member(type);
    if (!member.empty()) member[0] = static_cast<char>(std::tolower(member[0]));
    return member + "EventDetails";
}

Json to_history_event(const HistoryRecord& record, bool include_data) {
    Json event = {{"timestamp", to_epoch_seconds(record.at)},
                  {"type", record.type},
                  {"id", record.id},
                  {"previousEventId", record.previous}};
    if (record.details == nullptr) return event;
    Json details = *record.details;
    if (!include_data)
        for (const char* data : {"input", "inputDetails", "output", "outputDetails", "parameters",
                                 "assignedVariables", "assignedVariablesDetails"})
            details.erase(data);
    event[details_member(record.type)] = std::move(details);
    return event;
}

Json to_json(const HistoryRecord& record) {
    Json json = {{"sequence", record.sequence},
                 {"id", record.id},
                 {"previous", record.previous},
                 {"at", to_epoch_micros(record.at)},
                 {"type", record.type}};
    if (record.details != nullptr) json["details"] = *record.details;
    if (record.beside != nullptr) json["beside"] = *record.beside;
    return json;
}

HistoryRecord history_record_from_json(const Json& json) {
    HistoryRecord record;
    record.sequence = require_integer(json, "sequence");
    record.id = require_integer(json, "id");
    record.previous = require_integer(json, "previous");
    record.at = from_epoch_micros(require_integer(json, "at"));
    record.type = require_string(json, "type");
    if (const Json* details = find(json, "details")) record.details = make_value(*details);
    if (const Json* beside = find(json, "beside")) record.beside = make_value(*beside);
    return record;
}

}  // namespace lifeboat::flow

// record-result: the end of a recovery on the row and in the history, in one transaction; the row
// only if it still is about the home the work was brought to.
#include "apps/recovery/record_result.h"

#include "apps/recovery/functions.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"

namespace lifeboat::recovery {
namespace {

std::string text_at(const Json& value, std::initializer_list<std::string_view> members) {
    const Json* found = find_path(value, members);
    return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

// The Cause of a failed function is a JSON text with errorMessage.
std::string readable(const std::string& cause) {
    if (!cause.starts_with("{")) return cause;
    try {
        const std::string message = string_or(parse_json(cause, "cause"), "errorMessage", "");
        return message.empty() ? cause : message;
    } catch (const Error&) {
        return cause;
    }
}

std::string_view event_of(std::string_view outcome) {
    if (outcome == status::kSuccess) return event::kRecovered;
    if (outcome == status::kNone) return event::kNothing;
    return outcome == status::kSuperseded ? event::kSuperseded : event::kFailed;
}

// The target, also of an input that was refused and so came no further.
Json target_of(const Json& event) {
    for (const Json* target : {find(event, "Target"), find_path(event, {"Input", "Target"})})
        if (target != nullptr && target->is_object()) return *target;
    return Json::object();
}

Side lenient_side(const Json& target) {
    try {
        return side_from(target, "Target");
    } catch (const Error&) {
        return {};
    }
}

std::optional<Row> row_about(Registry& registry, const Json& event, const Side& target) {
    if (const std::optional<Row> row = row_of_target(registry, event)) return row;
    if (!target.profile) return std::nullopt;
    try {
        return registry.require_row(
            *target.profile, target.domain_id.empty() ? target.domain_name : target.domain_id);
    } catch (const Error& e) {
        if (e.category() != ErrorCategory::NotFound) throw;
        return std::nullopt;
    }
}

bool is_in_history(Registry& registry, const Row& row, const std::string& execution) {
    for (const Json& entry : registry.history_items_of(row.profile, row.former_keys))
        if (text_at(entry, {"recovery_recorded"}) == execution) return true;
    return false;
}

}  // namespace

void record_end(Registry& registry, const RecoveryEnd& end, const Json& details) {
    fault::reach("recovery.record-result.before-write");
    Json set = details;
    set["replication_status"] = end.status;
    set["recovery_execution"] = end.execution;
    set["recovery_recorded"] = end.execution;
    set["recovery_finished_at"] = to_iso8601_millis(registry.clock().now());
    std::vector<std::string> remove;
    if (end.status == status::kSuccess)
        remove = {"recovery_error", "recovery_cause", "source_profile_name", "source_domain_name"};
    if (!set.contains("recovery_decided_at")) remove.push_back("recovery_decided_at");
    until_written([&] {
        const std::optional<Row> row = registry.row_at(end.key);
        if (!row) return true;
        Row then = *row;
        then.home = end.home;
        if (!end.domain_id.empty()) then.domain_id = end.domain_id;
        Json entry = history_of_row(then, event_of(end.status));
        for (const auto& [attribute, value] : set.items())
            entry[attribute] = value;
        if (row->home == end.home) {
            if (text_at(*row->item, {"recovery_recorded"}) == end.execution) return true;
            return registry.write(row->key, &*row, set, remove, {entry});
        }
        // Recreated meanwhile: the row is about another home, the history about all of them.
        if (!is_in_history(registry, *row, end.execution)) registry.append(entry);
        return true;
    });
    fault::reach("recovery.record-result.after-write");
}

Json record_result(const Json& event, cloud::FunctionContext& context) {
    Json state = event;
    const std::string outcome = text_at(event, {"Outcome", "Status"});
    const Side target = lenient_side(target_of(event));
    Registry registry(context.cloud, context.clock);
    RecoveryEnd end;
    end.execution = text_at(event, {"Execution", "Arn"});
    Json details = {{"recovery_explanation", text_at(event, {"Plan", "Explanation"})}};
    if (const std::string source = text_at(event, {"Plan", "Home"}); !source.empty())
        details["recovery_source"] = source;
    if (const std::string decided = text_at(event, {"Plan", "DecidedAt"}); !decided.empty())
        details["recovery_decided_at"] = decided;
    if (const Json* leftovers = find(event, "Leftovers"); leftovers && !leftovers->empty())
        details["recovery_leftovers"] = *leftovers;

    if (outcome == "DONE") {
        end.status = status::kSuccess;
        const Json& totals = require(event, "Totals");
        details["bytes_written"] = require_integer(totals, "BytesWritten");
        details["files_transferred"] = require_integer(totals, "FilesTransferred");
        details["total_duration_ms"] = require_integer(totals, "TotalDuration");
    } else if (outcome == "NOTHING") {
        end.status = status::kNone;
    } else if (outcome == "SUPERSEDED") {
        end.status = status::kSuperseded;
        details["recovery_explanation"] = text_at(event, {"Check", "Explanation"});
    } else {
        end.status = status::kError;
        std::string error = text_at(event, {"Error", "Error"});
        if (error.empty()) error = "RecoveryFailed";
        const std::string cause = readable(text_at(event, {"Error", "Cause"}));
        details["recovery_error"] = error;
        details["recovery_cause"] = cause;
        state["Failure"] = {{"Profile", describe_target({{"Target", target_of(event)}})},
                            {"Error", error},
                            {"Cause", cause}};
    }
    if (const std::optional<Row> row = row_about(registry, event, target)) {
        end.key = row->key;
        end.domain_id = target.domain_id;
        end.home = target.home.known() ? target.home : row->home;
        record_end(registry, end, details);
    }
    return state;
}

}  // namespace lifeboat::recovery

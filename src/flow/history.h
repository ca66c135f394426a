// The history of an execution: the events that GetExecutionHistory shows, with what is needed
// beside them to rebuild the execution.
//
// A record is written before its effect: what an execution is follows from its records alone
// (flow/execution.h). Records with an event id of 0 are not shown; they note decisions AWS keeps to
// itself, such as when a failed task is tried again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "flow/payload.h"
#include "flow/value.h"

namespace lifeboat::flow {

inline constexpr std::int64_t kMostEvents = 25'000;  // of a STANDARD execution

struct HistoryRecord {
    std::int64_t sequence = 0;  // place among all records of the execution, from 1
    std::int64_t id = 0;        // event id, from 1; 0: not shown
    std::int64_t previous = 0;  // event id of the event this one follows
    Time at;
    std::string type;  // "TaskScheduled"
    Value details;     // the event's own member, as on the wire; may be null
    Value beside;      // what a rebuild needs in addition; an object with at least "lane"
};

// The first record of an execution; `input` is JSON text.
HistoryRecord started_record(const std::string& input, const std::string& role_arn, Time at);
// The record that ends an execution from outside. `sequence` and `event` are the last it has.
HistoryRecord aborted_record(std::int64_t sequence, std::int64_t event, const Json& error_details,
                             Time at);

// The record that takes up an execution again that ended badly, for the `count`th time.
HistoryRecord redriven_record(std::int64_t sequence, std::int64_t event, std::int64_t count,
                              Time at);

// The hidden types.
inline constexpr std::string_view kRetryScheduled = "RetryScheduled";  // beside: retrier, due
inline constexpr std::string_view kBranchFailed = "BranchFailed";      // beside: error, cause
// A Wait's end is settled. beside: due, relative (false: a moment the definition names).
inline constexpr std::string_view kWaitScheduled = "WaitScheduled";
// The clock was set back before the last record. beside: by (microseconds). Of the execution.
inline constexpr std::string_view kClockSetBack = "ClockSetBack";

// About how many bytes of memory it takes.
std::size_t weight(const HistoryRecord& record);

// "TaskScheduled" -> "taskScheduledEventDetails"; all entered and exited events share one each.
std::string details_member(std::string_view type);

// One element of GetExecutionHistory's `events`. Without data, inputs and outputs are left out.
Json to_history_event(const HistoryRecord& record, bool include_data);

// For storage.
Json to_json(const HistoryRecord& record);
HistoryRecord history_record_from_json(const Json& json);

}  // namespace lifeboat::flow

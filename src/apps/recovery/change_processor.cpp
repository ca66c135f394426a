// change-processor: reads the registry's stream and starts a recovery where a profile has a new
// home, and a final snapshot where one has left a home that is protected.
//
// Each record stands by itself: one that cannot be handled goes to the dead-letter queue, one that
// may pass later is reported as a batch item failure, and the others are done.
#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "apps/recovery/dead_letter.h"
#include "apps/recovery/environment.h"
#include "apps/recovery/final_snapshot.h"
#include "apps/recovery/functions.h"
#include "apps/recovery/item.h"
#include "apps/recovery/registry.h"
#include "apps/recovery/start_recovery.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/log.h"

namespace lifeboat::recovery {
namespace {

constexpr std::string_view kName = "change-processor";

// The images of a record; an image that is absent, or of an item that is no row, is absent.
std::optional<Row> image_of(const Json& record, std::string_view image) {
    const Json* item = find_path(record, {"dynamodb", image});
    if (item == nullptr || item->is_null()) return std::nullopt;
    return row_from(from_item(*item));
}

std::optional<Row> old_image_of(const Json& record) {
    try {
        return image_of(record, "OldImage");
    } catch (const Error&) {
        return std::nullopt;  // whatever it was, it was no home
    }
}

std::string who(const Json& record) {
    const Json* profile = find_path(record, {"dynamodb", "Keys", "profile_name", "S"});
    const Json* domain = find_path(record, {"dynamodb", "Keys", "domain_name", "S"});
    if (profile == nullptr || domain == nullptr || !profile->is_string() || !domain->is_string())
        return "";
    return profile->get<std::string>() + " in " + domain->get<std::string>();
}

// Same source first: most changes of a row are no new home, and must cost nothing.
bool asks_for_recovery(const Row& now, const std::optional<Row>& before) {
    const bool is_moved = before && before->home.known() && !(before->home == now.home);
    const bool is_pending = now.replication_status == status::kPending;
    const bool was_pending =
        before && before->replication_status == status::kPending && before->attempt == now.attempt;
    if (!is_moved && (!is_pending || was_pending)) return false;
    return now.replication && now.is_live() && now.home.known() && is_uid(now.home.uid);
}

// An execution that a record asks for, and what came of it.
struct Ask {
    const Json* record;
    std::string_view machine;
    std::string execution;  // its name
    Json input;
    std::optional<Error> failure = {};
};

void add_asks(const Json& record, std::vector<Ask>& asks, const cloud::FunctionContext& context) {
    if (string_or(record, "eventName", "") == "REMOVE") return;
    const std::optional<Row> now = image_of(record, "NewImage");
    if (!now)
        throw Error(ErrorCategory::InvalidInput, "MalformedRecord",
                    "the stream record has no NewImage");
    const std::optional<Row> before = old_image_of(record);
    if (asks_for_recovery(*now, before))
        asks.push_back(
            {&record, kMachine, execution_name(*now), recovery_input(*now, context.place)});
    const std::optional<Departure> departure = departure_between(before, *now);
    if (departure && is_protected(*now, Environment(context)))
        asks.push_back({&record, kSnapshotMachine, snapshot_execution_name(*departure),
                        snapshot_input(*departure)});
}

void start(const Ask& ask, cloud::FunctionContext& context) {
    fault::reach("recovery.change-processor.before-start");
    const Started started =
        start_execution(context.cloud, context.place, ask.execution, ask.input, ask.machine);
    fault::reach("recovery.change-processor.after-start");
    log::info(started.was_there ? "the execution was started before" : "an execution was started",
              {{"profile", who(*ask.record)}, {"execution", started.execution}});
}

// Several at once: each is a call that waits until it is durable, and a hundred profiles may be
// recreated together.
void start_all(std::vector<Ask>& asks, cloud::FunctionContext& context) {
    constexpr std::size_t kAtOnce = 8;
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        for (std::size_t i = next++; i < asks.size(); i = next++) {
            try {
                start(asks[i], context);
            } catch (const Error& e) {
                asks[i].failure = e;
            } catch (const std::exception& e) {
                asks[i].failure = Error(ErrorCategory::Internal, "InternalError", e.what());
            }
        }
    };
    std::vector<std::jthread> helpers;
    while (helpers.size() + 1 < std::min(asks.size(), kAtOnce))
        helpers.emplace_back(work);
    work();
}

// What came of a record that failed: it is a dead letter, or an entry of `failures`.
void give_up(const Json& record, const Error& e, cloud::FunctionContext& context, Json& failures) {
    std::optional<Error> problem = e;
    if (e.category() == ErrorCategory::InvalidInput) {
        try {
            send_dead_letter(context, kName, who(record), e.code(), e.message(), record);
            problem.reset();
        } catch (const Error& unsent) {
            problem = unsent;
        }
    }
    if (!problem) return;
    log::warning("a change of the registry will be tried again",
                 {{"profile", who(record)}, {"error", problem->what()}});
    const Json* number = find_path(record, {"dynamodb", "SequenceNumber"});
    if (number == nullptr || !number->is_string()) throw *problem;
    failures.push_back({{"itemIdentifier", *number}});
}

}  // namespace

Json process_changes(const Json& event, cloud::FunctionContext& context) {
    const Json* records = find(event, "Records");
    if (records == nullptr || !records->is_array()) {
        send_dead_letter(context, kName, "", "MalformedEvent", "the event has no Records", event);
        return {{"batchItemFailures", Json::array()}};
    }
    Json failures = Json::array();
    std::vector<Ask> asks;
    for (const Json& record : *records) {
        try {
            add_asks(record, asks, context);
        } catch (const Error& e) {
            give_up(record, e, context, failures);
        }
    }
    start_all(asks, context);
    for (const Ask& ask : asks)
        if (ask.failure) give_up(*ask.record, *ask.failure, context, failures);
    return {{"batchItemFailures", std::move(failures)}};
}

}  // namespace lifeboat::recovery

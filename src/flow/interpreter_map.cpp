// A Map in distributed mode: its items become child executions, which run outside.
#include "base/error.h"
#include "base/json.h"
#include "flow/data_flow.h"
#include "flow/interpreter.h"
#include "flow/item_source.h"
#include "flow/map_fields.h"
#include "flow/map_run_result.h"

namespace lifeboat::flow {
namespace {

constexpr std::int64_t kChildren = 10'000;  // that run at once on AWS
constexpr std::size_t kNotKnownYet = 0;     // how many items a reader will bring

template <typename Number>
Json with_optional(Json object, const char* name, std::optional<Number> value) {
    if (value) object[name] = *value;
    return object;
}

}  // namespace

MapFields Interpreter::map_fields(const Lane& lane, const State& state) const {
    return {state, scope(lane), clock_.now()};
}

void Interpreter::begin_map(const Lane& lane, const State& state) {
    const MapFields fields = map_fields(lane, state);
    const std::int64_t limit = fields.max_concurrency().value_or(0);
    const auto items = fields.items();
    record(lane, "MapStateStarted", {{"length", items ? (*items)->size() : kNotKnownYet}},
           {{"concurrency", limit == 0 ? kChildren : std::min(limit, kChildren)}});
}

void Interpreter::name_map_run(const Lane& lane, const State& state) {
    const MapFields fields = map_fields(lane, state);
    Json beside = with_optional(Json::object(), "toleratedCount", fields.tolerated_count());
    beside = with_optional(std::move(beside), "toleratedPercentage", fields.tolerated_percentage());
    // arn:...:stateMachine:name[/Label of the map run this execution belongs to]
    std::string arn = execution_.identity().machine_arn;
    const std::string label =
        state.distributed->label.empty() ? new_uuid(random_) : state.distributed->label;
    if (const auto kind = arn.find(":stateMachine:"); kind != std::string::npos)
        arn.replace(kind, 14, ":mapRun:");
    arn = arn.substr(0, arn.find('/')) + "/" + label + ":" + new_uuid(random_);
    record(lane, "MapRunStarted", {{"mapRunArn", arn}}, std::move(beside));
}

std::vector<Value> Interpreter::map_items(const Lane& lane, const State& state,
                                          const MapFields& fields, const World& world) {
    std::vector<Value> items;
    if (const auto& reader = state.distributed->reader) {
        items = read_items(world, *reader, fields.reader_arguments(), fields.reader_max_items());
    } else {
        const Value given = *fields.items();
        for (const Json& item : *given)
            items.push_back(make_value(item));
    }
    ItemScope scopes(execution_, lane, fields.input(), random_);
    return fields.select(std::move(items), scopes);
}

MapRunPlan Interpreter::plan_map_run(int id, const World& world) {
    const Lane& lane = execution_.lane(id);
    const State& state = execution_.state_of(lane);
    const MapFields fields = map_fields(lane, state);
    MapRunPlan plan;
    plan.arn = lane.map_run;
    plan.execution_arn = execution_.identity().arn;
    const std::string of_run = lane.map_run.substr(0, lane.map_run.rfind(':'));
    plan.machine_name = of_run.substr(of_run.rfind(':') + 1);
    plan.processor = state.distributed->place;
    plan.inputs = map_items(lane, state, fields, world);
    plan.items = static_cast<std::int64_t>(plan.inputs.size());
    plan.concurrency = static_cast<std::int64_t>(lane.concurrency);
    plan.tolerated_count = lane.tolerated_count;
    plan.tolerated_percentage = lane.tolerated_percentage;
    plan.express = state.distributed->express;
    plan.exported = state.distributed->writer && state.distributed->writer->exported;
    if (state.distributed->batcher)
        plan.inputs = batched(plan.inputs, fields.batch_max_items(), fields.batch_max_bytes(),
                              fields.batch_input());
    for (const Value& child : plan.inputs)
        payload_text(*child,
                     "The state/task '" + state.name + "' gives a child execution an input");
    return plan;
}

void Interpreter::map_run_ended(int id, const MapRunState& ended, const World& world) {
    const Lane& lane = execution_.lane(id);
    const State& state = execution_.state_of(lane);
    const auto& writer = state.distributed->writer;
    try {
        Json output;
        // What a failed run has to show is exported too.
        if (writer && writer->exported)
            output = export_map_run(world, *writer, map_fields(lane, state).writer_arguments(),
                                    lane.map_run);
        if (ended.status != MapRunState::Status::Succeeded)
            throw Error(ErrorCategory::InvalidInput, "States.ExceedToleratedFailureThreshold",
                        "The specified tolerated failure threshold was exceeded");
        if (output.is_null())
            output = map_run_result(world, writer, lane.map_run,
                                    "The state/task '" + state.name + "' returned a result");
        guarded([&] {
            record(lane, "MapRunSucceeded", nullptr, {{"output", std::move(output)}});
            record(lane, "MapStateSucceeded", nullptr, Json::object());
        });
    } catch (const Error& error) {
        if (!error.code().starts_with("States.")) throw;
        map_run_failed(id, error, true);
    }
}

void Interpreter::map_run_failed(int id, const Error& error, bool started) {
    const Lane& lane = execution_.lane(id);
    // What the state itself could not evaluate is told as anywhere else.
    const bool own =
        error.code() == "States.Runtime" || error.code() == "States.QueryEvaluationError";
    const Failure failure =
        own ? failure_from(lane, error) : Failure{error.code(), error.message()};
    guarded([&] {
        record_evaluation_failure(lane, error);
        record(lane, "MapRunFailed", {{"error", *failure.error}, {"cause", *failure.cause}},
               started ? Json::object() : Json{{"unstarted", true}});
    });
}

}  // namespace lifeboat::flow

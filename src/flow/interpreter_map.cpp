// A Map in distributed mode: its items become child executions, which run outside.
#include "base/error.h"
#include "base/json.h"
#include "flow/data_flow.h"
#include "flow/interpreter.h"
#include "flow/item_source.h"

namespace lifeboat::flow {
namespace {

constexpr std::int64_t kChildren = 10'000;  // that run at once on AWS

[[noreturn]] void fail(const std::string& message) {
    throw Error(ErrorCategory::InvalidInput, "States.Runtime", message);
}

Json with_optional(Json object, const char* name, std::optional<std::int64_t> value) {
    if (value) object[name] = *value;
    return object;
}

}  // namespace

void Interpreter::begin_map(const Lane& lane, const State& state) {
    Scope here = scope(lane);
    here.input = apply_input_path(state, here);
    const std::int64_t limit = resolve_number(state.max_concurrency, here).value_or(0);
    std::size_t length = 0;  // not known yet when items are read
    if (!state.distributed->reader) {
        Value items = here.input;
        if (state.items_path) items = make_value(state.items_path->require(here));
        if (!items->is_array())
            fail("Reference path \"" +
                 (state.items_path ? state.items_path->text() : std::string("$")) +
                 "\" must point to array.");
        length = items->size();
    }
    record(lane, "MapStateStarted", {{"length", length}},
           {{"concurrency", limit == 0 ? kChildren : std::min(limit, kChildren)}});
}

void Interpreter::name_map_run(const Lane& lane, const State& state) {
    Scope here = scope(lane);
    here.input = apply_input_path(state, here);
    Json beside = Json::object();
    beside = with_optional(beside, "toleratedCount", resolve_number(state.tolerated_count, here));
    const auto percentage = resolve_number(state.tolerated_percentage, here);
    if (percentage.value_or(0) > 100)
        fail("The ToleratedFailurePercentagePath field refers to value \"" +
             std::to_string(*percentage) +
             "\" which is not from 0 to 100: " + state.tolerated_percentage.path->text());
    beside = with_optional(beside, "toleratedPercentage", percentage);
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
                                          const World& world) {
    Scope here = scope(lane);
    const Value input = apply_input_path(state, here);
    here.input = input;
    const DistributedMap& map = *state.distributed;
    std::vector<Value> items;
    if (map.reader) {
        const Value parameters = apply_parameters(map.reader->parameters, input, here);
        items = read_items(world, *map.reader, *parameters,
                           resolve_number(map.reader->max_items, here));
    } else {
        const Json found = state.items_path ? state.items_path->require(here) : *input;
        for (const Json& item : found)
            items.push_back(make_value(item));
    }
    if (state.item_selector == nullptr) return items;
    ItemScope scopes(execution_, lane, input, random_);
    for (std::size_t i = 0; i < items.size(); ++i)
        items[i] = apply_parameters(state.item_selector, input, scopes.of(i, items[i]));
    return items;
}

MapRunPlan Interpreter::plan_map_run(int id, const World& world) {
    const Lane& lane = execution_.lane(id);
    const State& state = execution_.state_of(lane);
    MapRunPlan plan;
    plan.arn = lane.map_run;
    plan.execution_arn = execution_.identity().arn;
    const std::string of_run = lane.map_run.substr(0, lane.map_run.rfind(':'));
    plan.machine_name = of_run.substr(of_run.rfind(':') + 1);
    plan.processor = state.distributed->place;
    plan.inputs = map_items(lane, state, world);
    plan.items = static_cast<std::int64_t>(plan.inputs.size());
    plan.concurrency = static_cast<std::int64_t>(lane.concurrency);
    plan.tolerated_count = lane.tolerated_count;
    plan.tolerated_percentage = lane.tolerated_percentage;
    const auto& writer = state.distributed->writer;
    plan.exported = writer && writer->parameters != nullptr;
    if (const auto& batcher = state.distributed->batcher) {
        Scope here = scope(lane);
        here.input = apply_input_path(state, here);
        plan.inputs =
            batched(plan.inputs, resolve_number(batcher->max_items, here),
                    resolve_number(batcher->max_bytes, here),
                    batcher->input == nullptr ? nullptr
                                              : apply_parameters(batcher->input, here.input, here));
    }
    for (const Value& child : plan.inputs)
        if (to_text(*child).size() > kLongestPayload)
            throw Error(ErrorCategory::InvalidInput, "States.DataLimitExceeded",
                        "The state/task '" + state.name +
                            "' gives a child execution an input with a size exceeding the maximum "
                            "number of bytes service limit.");
    return plan;
}

Json Interpreter::writer_parameters(const Lane& lane, const State& state) const {
    const auto& writer = state.distributed->writer;
    if (!writer || writer->parameters == nullptr) return nullptr;
    const Scope here = scope(lane);
    return *apply_parameters(writer->parameters, apply_input_path(state, here), here);
}

void Interpreter::map_run_ended(int id, const MapRunState& ended, const World& world) {
    const Lane& lane = execution_.lane(id);
    const State& state = execution_.state_of(lane);
    try {
        // What a failed run has to show is exported too.
        Json output = map_run_result(world, state.distributed->writer,
                                     writer_parameters(lane, state), lane.map_run, ended.children);
        if (ended.status != MapRunState::Status::Succeeded)
            throw Error(ErrorCategory::InvalidInput, "States.ExceedToleratedFailureThreshold",
                        "The specified tolerated failure threshold was exceeded");
        guarded([&] {
            record(lane, "MapRunSucceeded", nullptr, {{"output", std::move(output)}});
            record(lane, "MapStateSucceeded", nullptr, Json::object());
        });
    } catch (const Error& error) {
        if (!error.code().starts_with("States.")) throw;
        map_run_failed(id, error);
    }
}

void Interpreter::map_run_failed(int id, const Error& error) {
    const Lane& lane = execution_.lane(id);
    guarded([&] {
        record(lane, "MapRunFailed", {{"error", error.code()}, {"cause", error.message()}},
               Json::object());
    });
}

}  // namespace lifeboat::flow

#include "flow/testing/memory_outside.h"

namespace lifeboat::flow::testing {

std::optional<Callback> MemoryOutside::callback(const std::string& token) {
    return answer ? answer(token) : Callback{};
}

std::optional<MapRunState> MemoryOutside::map_run(const std::string& arn) {
    const auto found = runs_.find(arn);
    return found == runs_.end() ? std::nullopt : std::optional(found->second);
}

void MemoryOutside::start_map_run(const MapRunPlan& plan) {
    if (runs_.contains(plan.arn)) return;
    plans.push_back(plan);
    MapRunState state;
    state.children.resize(plan.inputs.size());
    run_children(plan, state);
    runs_.emplace(plan.arn, std::move(state));
}

void MemoryOutside::redrive_map_run(const std::string& arn, std::int64_t count) {
    MapRunState& state = runs_.at(arn);
    if (state.redrives >= count) return;
    state.redrives = count;
    for (const MapRunPlan& plan : plans)
        if (plan.arn == arn) return run_children(plan, state);
}

void MemoryOutside::run_children(const MapRunPlan& plan, MapRunState& state) {
    state.status = MapRunState::Status::Succeeded;
    std::int64_t failed = 0;
    for (std::size_t i = 0; i < plan.inputs.size(); ++i) {
        if (state.children[i].status == "SUCCEEDED") continue;
        const std::string arn =
            "arn:aws:states:us-east-1:000000000000:execution:" + plan.machine_name + ":child-" +
            std::to_string(i);
        state.children[i] = run_child(plan, plan.inputs[i], arn);
        failed += state.children[i].status == "SUCCEEDED" ? 0 : 1;
        if (threshold_exceeded(failed, static_cast<std::int64_t>(plan.inputs.size()),
                               plan.tolerated_count, plan.tolerated_percentage)) {
            state.status = MapRunState::Status::Failed;
            break;
        }
    }
    for (std::size_t i = 0; i < plan.inputs.size(); ++i)
        if (state.children[i].status.empty()) {
            state.children[i].status = "PENDING";
            state.children[i].input = plan.inputs[i];
        }
}

}  // namespace lifeboat::flow::testing

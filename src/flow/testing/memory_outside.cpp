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
    state.status = MapRunState::Status::Succeeded;
    std::int64_t failed = 0;
    for (std::size_t i = 0; i < plan.inputs.size(); ++i) {
        const std::string arn =
            "arn:aws:states:us-east-1:000000000000:execution:" + plan.machine_name + ":child-" +
            std::to_string(i);
        state.children.push_back(run_child(plan, plan.inputs[i], arn));
        failed += state.children.back().status == "SUCCEEDED" ? 0 : 1;
        if (threshold_exceeded(failed, static_cast<std::int64_t>(plan.inputs.size()),
                               plan.tolerated_count, plan.tolerated_percentage)) {
            state.status = MapRunState::Status::Failed;
            break;
        }
    }
    runs_.emplace(plan.arn, std::move(state));
}

}  // namespace lifeboat::flow::testing

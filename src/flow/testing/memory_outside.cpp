#include "flow/testing/memory_outside.h"

#include <algorithm>

#include "base/json.h"

namespace lifeboat::flow::testing {

std::optional<Callback> MemoryOutside::callback(const std::string& token) {
    return answer ? answer(token) : Callback{};
}

std::optional<MapRunState> MemoryOutside::map_run(const std::string& arn) {
    const auto found = runs_.find(arn);
    return found == runs_.end() ? std::nullopt : std::optional(found->second.state);
}

std::vector<ChildResult> MemoryOutside::map_run_children(const std::string& arn, std::size_t from) {
    std::vector<ChildResult> some;
    const std::vector<ChildResult>& all = runs_.at(arn).children;
    for (std::size_t i = from; i < std::min(from + 2, all.size()); ++i)
        some.push_back(all[i]);
    return some;
}

void MemoryOutside::start_map_run(const MapRunPlan& plan) {
    if (runs_.contains(plan.arn)) return;
    plans.push_back(plan);
    Run run;
    run.children.resize(plan.inputs.size());
    run_children(plan, run);
    runs_.emplace(plan.arn, std::move(run));
}

void MemoryOutside::redrive_map_run(const std::string& arn, std::int64_t count) {
    Run& run = runs_.at(arn);
    if (run.state.redrives >= count) return;
    run.state.redrives = count;
    for (const MapRunPlan& plan : plans)
        if (plan.arn == arn) return run_children(plan, run);
}

void MemoryOutside::run_children(const MapRunPlan& plan, Run& run) {
    run.state.status = MapRunState::Status::Succeeded;
    std::int64_t failed = 0;
    for (std::size_t i = 0; i < plan.inputs.size(); ++i) {
        ChildResult& child = run.children[i];
        if (child.status == "SUCCEEDED") continue;
        const std::string arn =
            "arn:aws:states:us-east-1:000000000000:execution:" + plan.machine_name + ":child-" +
            std::to_string(i);
        child = run_child(plan, plan.inputs[i], arn);
        failed += child.status == "SUCCEEDED" ? 0 : 1;
        if (threshold_exceeded(failed, static_cast<std::int64_t>(plan.inputs.size()),
                               plan.tolerated_count, plan.tolerated_percentage)) {
            run.state.status = MapRunState::Status::Failed;
            break;
        }
    }
    for (std::size_t i = 0; i < plan.inputs.size(); ++i)
        if (run.children[i].status.empty()) {
            run.children[i].status = "PENDING";
            run.children[i].input = to_text(*plan.inputs[i]);
        }
}

}  // namespace lifeboat::flow::testing

// Task tokens and map runs in memory. Children run to their end when their map run is started.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "flow/outside.h"

namespace lifeboat::flow::testing {

class MemoryOutside final : public Outside {
  public:
    using RunChild = std::function<ChildResult(const MapRunPlan& plan, const Value& input,
                                               const std::string& arn)>;

    std::optional<Callback> callback(const std::string& token) override;
    std::optional<MapRunState> map_run(const std::string& arn) override;
    // Two at a time.
    std::vector<ChildResult> map_run_children(const std::string& arn, std::size_t from) override;
    void start_map_run(const MapRunPlan& plan) override;
    void redrive_map_run(const std::string& arn, std::int64_t count) override;

    RunChild run_child;
    // Asked for every token; none: nothing has happened to it.
    std::function<std::optional<Callback>(const std::string& token)> answer;
    std::vector<MapRunPlan> plans;  // in the order started

  private:
    struct Run {
        MapRunState state;
        std::vector<ChildResult> children;
    };
    // Runs the children that did not succeed, until too many failed.
    void run_children(const MapRunPlan& plan, Run& run);

    std::map<std::string, Run> runs_;
};

}  // namespace lifeboat::flow::testing

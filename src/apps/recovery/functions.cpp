#include "apps/recovery/functions.h"

#include "apps/recovery/environment.h"
#include "base/json.h"

namespace lifeboat::recovery {

cloud::Functions recovery_functions(const std::map<std::string, std::string>& settings) {
    using std::chrono::seconds;
    std::map<std::string, std::string> environment = environment_of(settings);
    environment.merge(local_environment());
    const auto function = [&](std::string description, seconds timeout, cloud::Function run) {
        return cloud::FunctionDescription{std::move(description), timeout, environment,
                                          std::move(run)};
    };
    cloud::Functions functions;
    functions["event-processor"] = function(
        "Registers homes of created profiles, marks deleted ones", seconds(60), process_event);
    functions["change-processor"] = function(
        "Starts recoveries of new homes and snapshots of those left", seconds(60), process_changes);
    functions["seed-registry"] =
        function("Registers every profile that exists", seconds(900), seed_registry);
    functions["reconcile"] =
        function("Finds what events missed and what never ended", seconds(900), reconcile);
    functions["prepare-recovery"] =
        function("recovery: checks the start input", seconds(60), prepare_recovery);
    functions["check-target"] =
        function("recovery: is the new home there?", seconds(60), check_target);
    functions["choose-source"] =
        function("recovery: which home holds the work?", seconds(60), choose_source);
    functions["finish-copy"] =
        function("recovery: judges a copy by its outcome", seconds(60), finish_copy);
    functions["clean-up"] = function("recovery: removes helper objects", seconds(120), clean_up);
    functions["record-result"] =
        function("recovery: writes the result to the registry", seconds(60), record_result);
    functions["record-snapshot"] =
        function("snapshot: writes how it ended to the registry", seconds(60), record_snapshot);
    return functions;
}

}  // namespace lifeboat::recovery

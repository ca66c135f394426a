// clean-up: removes the recovery's helper objects, also after a failure, and lists what could not
// be removed.
#include "apps/recovery/functions.h"
#include "apps/recovery/helper_objects.h"
#include "base/fault.h"
#include "base/json.h"

namespace lifeboat::recovery {

Json clean_up(const Json& event, cloud::FunctionContext& context) {
    Json state = event;
    const auto arn = [&](const char* helper, const char* member) {
        const Json* found = find_path(event, {"Helpers", helper, member});
        return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
    };
    // A copy whose end was seen needs no cancelling.
    const Json* copy_status = find_path(event, {"Copy", "Status"});
    const bool has_ended =
        copy_status != nullptr && (*copy_status == "SUCCESS" || *copy_status == "ERROR");
    const Json leftovers = delete_helpers(
        context.cloud, has_ended ? "" : arn("Copy", "TaskExecutionArn"), arn("Task", "TaskArn"),
        {arn("SourceLocation", "LocationArn"), arn("TargetLocation", "LocationArn")});
    fault::reach("recovery.clean-up");
    for (const Json& leftover : leftovers)
        state["Leftovers"].push_back(leftover);
    state["Helpers"] = Json::object();
    state.erase("Copy");
    return state;
}

}  // namespace lifeboat::recovery

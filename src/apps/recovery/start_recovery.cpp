#include "apps/recovery/start_recovery.h"

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::recovery {

std::string machine_arn(const cloud::Place& place, std::string_view machine) {
    return arn_of(place, "states", "stateMachine:" + std::string(machine));
}

std::string execution_arn(const cloud::Place& place, const std::string& execution_name,
                          std::string_view machine) {
    return arn_of(place, "states", "execution:" + std::string(machine) + ":" + execution_name);
}

Json recovery_input(const Row& row, const cloud::Place& place) {
    Json target = {{"DomainID", row.domain_id},
                   {"DomainName", row.domain_name()},
                   {"EfsFilesystemArn",
                    arn_of(place, "elasticfilesystem", "file-system/" + row.home.file_system)},
                   {"HomeEfsFileSystemUid", row.home.uid}};
    target[row.profile.kind == Kind::User ? "UserProfileName" : "SpaceName"] = row.profile.name;
    return {{"Target", std::move(target)}};
}

Started start_execution(cloud::Cloud& cloud, const cloud::Place& place, const std::string& name,
                        const Json& input, std::string_view machine) {
    try {
        const Json answer = cloud.call("states", "StartExecution",
                                       {{"stateMachineArn", machine_arn(place, machine)},
                                        {"name", name},
                                        {"input", to_text(input)}});
        return {require_string(answer, "executionArn"), false};
    } catch (const Error& e) {
        if (e.code() != "ExecutionAlreadyExists") throw;
        return {execution_arn(place, name, machine), true};
    }
}

}  // namespace lifeboat::recovery

#include "local/states/versions.h"

#include <limits>

#include "base/error.h"
#include "base/json.h"
#include "local/states/arns.h"
#include "local/states/page_token.h"
#include "local/states/version_rows.h"

namespace lifeboat::local::states {
namespace {

Json remove(Transaction& tx, const Json& request) {
    const std::string arn = require_string(request, "stateMachineVersionArn");
    check_arn(arn, "stateMachine");
    const QualifiedArn parts = split_qualifier(arn);
    if (!parts.is_version())
        throw Error(ErrorCategory::InvalidInput, "ValidationException",
                    "The ARN '" + arn + "' does not name a version of a state machine");
    const std::vector<std::string> aliases = aliases_of_version(tx, arn);
    if (!aliases.empty()) {
        std::string names;
        for (const std::string& name : aliases)
            names += (names.empty() ? "" : ", ") + name;
        throw Error(ErrorCategory::AlreadyExists, "ConflictException",
                    "Version to be deleted must not be referenced by an alias. Current list of "
                    "aliases referencing this version: [" +
                        names + "]");
    }
    if (const auto version = find_version(tx, arn))
        tx.run("DELETE FROM states_version WHERE machine_arn = ?1 AND number = ?2",
               {version->machine_arn, version->number});
    return Json::object();
}

// Newest first.
Json list(Transaction& tx, const Json& request) {
    const std::string arn = require_string(request, "stateMachineArn");
    check_arn(arn, "stateMachine");
    const std::int64_t limit = page_size(request);
    Json versions = Json::array();
    std::optional<std::string> next;
    std::int64_t last = 0;
    tx.each(
        "SELECT number, created FROM states_version WHERE machine_arn = ?1 AND number < ?2"
        " ORDER BY number DESC LIMIT ?3",
        {arn, page_start(request).value_or(std::numeric_limits<std::int64_t>::max()), limit + 1},
        [&](const Row& row) {
            if (static_cast<std::int64_t>(versions.size()) == limit) {
                next = page_token(last);
                return false;
            }
            last = row.integer(0);
            versions.push_back(
                {{"stateMachineVersionArn", arn + ":" + std::to_string(last)},
                 {"creationDate", to_epoch_seconds(from_epoch_micros(row.integer(1)))}});
            return true;
        });
    Json answer = {{"stateMachineVersions", std::move(versions)}};
    if (next) answer["nextToken"] = *next;
    return answer;
}

}  // namespace

std::vector<Operation> Versions::operations() {
    return {writes("PublishStateMachineVersion",
                   [this](Transaction& tx, const Json& request, const Caller&) {
                       return publish(tx, request);
                   }),
            writes("DeleteStateMachineVersion", [](Transaction& tx, const Json& request,
                                                   const Caller&) { return remove(tx, request); }),
            reads("ListStateMachineVersions", [](Transaction& tx, const Json& request,
                                                 const Caller&) { return list(tx, request); })};
}

Json Versions::publish(Transaction& tx, const Json& request) {
    const MachineRow machine =
        machines_.require_active(tx, require_string(request, "stateMachineArn"));
    const auto revision = find_string(request, "revisionId");
    if (revision && *revision != machine.revision)
        throw Error(ErrorCategory::AlreadyExists, "ConflictException",
                    "Failed to publish the State Machine version for revision " + *revision +
                        ". The current State Machine revision is " + machine.revision + ".");
    const VersionRow version =
        publish_version(tx, machine.arn, machine.revision, string_or(request, "description", ""),
                        site_.clock.now());
    return {{"stateMachineVersionArn", version.arn()},
            {"creationDate", to_epoch_seconds(version.created)}};
}

}  // namespace lifeboat::local::states

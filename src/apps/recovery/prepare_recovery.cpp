// prepare-recovery: the first step. Checks the start input (the AWS sample's form; Source, Options
// and Log may be left out) and finds the registry row it is about, so that no later step meets a
// missing member.
#include "apps/recovery/environment.h"
#include "apps/recovery/functions.h"
#include "apps/recovery/recovery_case.h"
#include "apps/recovery/workspace.h"
#include "base/error.h"
#include "base/json.h"

namespace lifeboat::recovery {
namespace {

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorCategory::InvalidInput, kInvalidInput, why);
}

Json object_or_empty(const Json& input, std::string_view member) {
    const Json* value = find(input, member);
    if (value == nullptr || value->is_null()) return Json::object();
    if (!value->is_object()) refuse(std::string(member) + " is not an object");
    return *value;
}

// The AWS sample's documented input names no profile, only its home.
std::optional<Row> row_with_home(Registry& registry, const Home& home) {
    std::optional<Row> found;
    registry.each_row([&](const Row& row) {
        if (row.home == home && row.state != home_state::kExpected) found = row;
    });
    return found;
}

std::optional<Row> row_of(Registry& registry, const Side& target) {
    if (!target.profile) return row_with_home(registry, target.home);
    const std::vector<Row> rows = registry.rows_of(*target.profile);
    for (const Row& row : rows)
        if (!target.domain_id.empty() && row.domain_id == target.domain_id &&
            row.state != home_state::kExpected)
            return row;
    for (const Row& row : rows)
        if (target.domain_id.empty() && row.key.domain_key == target.domain_name) return row;
    return std::nullopt;
}

void complete_target(Json& target, const Row& row, const cloud::Place& place) {
    const auto fill = [&](const char* member, const std::string& value) {
        if (string_or(target, member, "").empty()) target[member] = value;
    };
    fill(row.profile.kind == Kind::User ? "UserProfileName" : "SpaceName", row.profile.name);
    if (row.is_live()) {
        fill("DomainID", row.domain_id);
        if (string_or(target, "HomeEfsFileSystemUid", "").empty()) {
            target["HomeEfsFileSystemUid"] = row.home.uid;
            target["EfsFilesystemArn"] =
                arn_of(place, "elasticfilesystem", "file-system/" + row.home.file_system);
        }
    }
    fill("DomainName", row.domain_name());
    target["RowKey"] = {{"ProfileKey", row.key.profile_key}, {"DomainKey", row.key.domain_key}};
}

// A snapshot lies in the target's own workspace unless another is named.
void complete_snapshot(Json& source, const Json& target) {
    const std::string id = string_or(source, "SnapshotId", "");
    if (id.size() != 64 || id.find_first_not_of("0123456789abcdef") != std::string::npos)
        refuse("Source.SnapshotId '" + id + "' is not the whole id of a snapshot");
    if (!string_or(source, "Workspace", "").empty()) return;
    const Json* key = find(target, "RowKey");
    if (key == nullptr)
        refuse(
            "the registry does not know the Target, so Source.Workspace must say where the "
            "snapshot is");
    source["Workspace"] =
        workspace_of({string_or(*key, "ProfileKey", ""), string_or(*key, "DomainKey", "")});
}

}  // namespace

Json prepare_recovery(const Json& event, cloud::FunctionContext& context) {
    const Environment environment(context);
    const Json& input = require(event, "Input");
    if (!input.is_object()) refuse("the input is not an object");
    Json target = object_or_empty(input, "Target");
    if (target.empty()) refuse("the input has no Target");
    target.erase("RowKey");
    const Side side = side_from(target, "Target");
    if (!side.profile && !side.home.known())
        refuse(
            "the Target names neither a profile (UserProfileName or SpaceName) nor its home "
            "(EfsFilesystemArn and HomeEfsFileSystemUid)");
    if (side.domain_id.empty() && side.domain_name.empty() && !side.home.known())
        refuse("the Target names no domain (DomainID or DomainName)");

    Registry registry(context.cloud, context.clock);
    if (const std::optional<Row> row = row_of(registry, side))
        complete_target(target, *row, context.place);

    Json source = object_or_empty(input, "Source");
    if (source.contains("SnapshotId")) {
        complete_snapshot(source, target);
    } else if (!source.empty()) {
        const Side from = side_from(source, "Source");
        if (!from.home.known())
            refuse(
                "the Source needs EfsFilesystemArn and HomeEfsFileSystemUid, or SnapshotId; "
                "without a Source one is chosen from the history");
        if (from.home == side_from(target, "Target").home)
            refuse("Source and Target are the same home, " + from.home.text());
    }
    Json state = {{"Execution", require(event, "Execution")},
                  {"Target", std::move(target)},
                  {"Source", std::move(source)},
                  {"Options", object_or_empty(input, "Options")},
                  {"Log", object_or_empty(input, "Log")},
                  {"Helpers", Json::object()},
                  {"Leftovers", Json::array()},
                  {"Engine", environment.copy_engine()},
                  {"Slots", environment.copy_slots()},
                  {"Poll", {{"Seconds", environment.poll_seconds()}, {"Count", 0}}}};
    state["Check"] = {{"Attempt", 0}, {"WaitSeconds", 1}, {"Status", "WAITING"}};
    state["Totals"] = {{"BytesWritten", 0}, {"FilesTransferred", 0}, {"TotalDuration", 0}};
    return state;
}

}  // namespace lifeboat::recovery

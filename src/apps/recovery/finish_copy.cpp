// finish-copy: judges a copy that has ended by its outcome, adds up what was copied, and takes the
// next source where there is one.
#include "apps/recovery/copy_options.h"
#include "apps/recovery/environment.h"
#include "apps/recovery/functions.h"
#include "apps/recovery/recovery_case.h"
#include "apps/recovery/source_choice.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"

namespace lifeboat::recovery {
namespace {

std::int64_t number_at(const Json& value, std::initializer_list<std::string_view> members) {
    const Json* found = find_path(value, members);
    return found != nullptr && found->is_number() ? found->get<std::int64_t>() : 0;
}

std::string text_at(const Json& value, std::initializer_list<std::string_view> members) {
    const Json* found = find_path(value, members);
    return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

// By file system and UID: each domain counts its UIDs from the same number, so that a profile often
// has the one it had before, and one number may begin with another.
bool mentions(const std::string& text, const Json& side) {
    const std::string uid = string_or(side, "HomeEfsFileSystemUid", "");
    if (uid.empty()) return false;
    const std::string home = file_system_of(string_or(side, "EfsFilesystemArn", "")) + "/" + uid;
    const std::size_t at = text.find(home);
    if (at == std::string::npos) return false;
    const std::size_t end = at + home.size();
    return end == text.size() || text[end] < '0' || text[end] > '9';
}

// A directory that is not there. DataSync has no code for it on AWS; Lifeboat's says
// LocationNotFound.
struct Missing {
    bool source = false;
    bool target = false;
};

Missing missing_of(const Json& copy, const Json& source, const Json& target) {
    if (text_at(copy, {"Result", "ErrorCode"}) != "LocationNotFound") return {};
    const std::string detail = text_at(copy, {"Result", "ErrorDetail"});
    return {mentions(detail, source), mentions(detail, target)};
}

bool is_snapshot_gone(const Json& copy) {
    const std::string code = text_at(copy, {"Result", "ErrorCode"});
    return code == "SnapshotNotFound" || code == "RepositoryNotFound";
}

std::string described(const Json& source) {
    const std::string snapshot = string_or(source, "SnapshotId", "");
    const std::string home = string_or(source, "Home", "");
    if (!snapshot.empty())
        return "snapshot " + snapshot.substr(0, 8) + (home.empty() ? "" : " of " + home);
    return string_or(source, "EfsFilesystemArn", "") + "/" +
           string_or(source, "HomeEfsFileSystemUid", "");
}

// Empty when the copy is whole.
std::string flaw_of(const Json& copy) {
    std::string detail = text_at(copy, {"Result", "ErrorDetail"});
    if (const std::string code = text_at(copy, {"Result", "ErrorCode"}); !code.empty())
        detail = code + (detail.empty() ? "" : ": " + detail);
    const std::string copy_status = text_at(copy, {"Status"});
    if (copy_status != "SUCCESS")
        return "the copy ended with " + (copy_status.empty() ? "no status" : copy_status) +
               (detail.empty() ? "" : " (" + detail + ")");
    for (const char* phase : {"PrepareStatus", "TransferStatus", "VerifyStatus"})
        if (text_at(copy, {"Result", phase}) == "ERROR")
            return std::string(phase) + " is ERROR" + (detail.empty() ? "" : " (" + detail + ")");
    std::int64_t failed = 0;
    for (const char* phase : {"Prepare", "Transfer", "Verify"})
        failed += number_at(copy, {"FilesFailed", phase});
    if (failed > 0) return std::to_string(failed) + " files could not be copied";
    return "";
}

// Another copy follows.
Json go_on(Json state, const cloud::FunctionContext& context) {
    state["Poll"]["Count"] = 0;
    state["Poll"]["Seconds"] = Environment(context).poll_seconds();
    state["Outcome"] = {{"Status", "MORE"}};
    return state;
}

}  // namespace

Json finish_copy(const Json& event, cloud::FunctionContext& context) {
    Json state = event;
    const Json& copy = require(event, "Copy");
    Json& plan = state["Plan"];
    Json& totals = state["Totals"];
    fault::reach("recovery.finish-copy");
    totals["BytesWritten"] =
        integer_or(totals, "BytesWritten", 0) + number_at(copy, {"BytesWritten"});
    totals["FilesTransferred"] =
        integer_or(totals, "FilesTransferred", 0) + number_at(copy, {"FilesTransferred"});
    totals["TotalDuration"] =
        integer_or(totals, "TotalDuration", 0) + number_at(copy, {"Result", "TotalDuration"});

    const Missing missing = missing_of(copy, plan["Source"], state["Target"]);
    const std::string home = described(plan["Source"]);
    if (missing.target) {
        // Made when the first app starts; see check-target.
        state["Check"]["HomeMissing"] = true;
        state["Outcome"] = {{"Status", "WAIT"}};
        return state;
    }
    if (const Json* snapshot = find(plan["Source"], "Snapshot"); missing.source && snapshot) {
        // The directory was removed from a file system that is still there.
        const Json stands_in = *snapshot;
        const std::string text = described(stands_in);
        plan["Explanation"] = string_or(plan, "Explanation", "") + "; the directory " + home +
                              " is gone, so " + text + " was taken" +
                              lacking(integer_or(stands_in, "Unreadable", 0));
        if (!bool_or(plan, "IsAddition", false)) plan["Home"] = text;
        plan["Source"] = stands_in;
        return go_on(std::move(state), context);
    }
    if (missing.source && bool_or(plan, "IsAddition", false)) {
        plan["Explanation"] = string_or(plan, "Explanation", "") + "; " + home + " was never used";
    } else if (const std::string flaw = flaw_of(copy); !flaw.empty()) {
        state["Outcome"] = {{"Status", "FAILED"}};
        state["Error"] = {
            {"Error", missing.source || is_snapshot_gone(copy) ? kSourceGone : kCopyFailed},
            {"Cause", "copying " + home + " to " + describe_target(event) + ": " + flaw}};
        return state;
    }
    Json& remaining = plan["Remaining"];
    if (remaining.empty()) {
        state["Outcome"] = {{"Status", "DONE"}};
        return state;
    }
    plan["Source"] = remaining.front();
    remaining.erase(0);
    plan["IsAddition"] = true;
    for (const char* options : {"Options", "RestoreOptions"})
        if (plan.contains(options)) plan[options] = addition_options(plan[options]);
    return go_on(std::move(state), context);
}

}  // namespace lifeboat::recovery

// record-snapshot: how a final snapshot ended, on the row and in the history, in one transaction.
// Neither the row's home nor the state of its recovery is touched: the profile may live again.
#include <algorithm>

#include "apps/recovery/functions.h"
#include "apps/recovery/network.h"
#include "apps/recovery/recovery_case.h"
#include "apps/recovery/registry.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"

namespace lifeboat::recovery {
namespace {

// The cause of a partial snapshot names so many files.
constexpr std::size_t kMostNamed = 5;

struct SnapshotEnd {
    std::string status;  // SAVED, PARTIAL, NOTHING, FAILED
    std::string_view event;
    Json set = Json::object();  // of the row and the history entry
    std::string error, cause;   // of PARTIAL and FAILED
};

std::string text_at(const Json& value, std::initializer_list<std::string_view> members) {
    const Json* found = find_path(value, members);
    return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

std::string named_failures(const Json& snapshot) {
    const Json failures = snapshot.value("Failures", Json::array());
    std::string named;
    for (std::size_t i = 0; i < std::min(failures.size(), kMostNamed); ++i)
        named += (i == 0 ? ": " : "; ") + text_at(failures[i], {"Path"}) + " (" +
                 text_at(failures[i], {"Message"}) + ")";
    return named;
}

SnapshotEnd saved(const Json& snapshot, const Home& home, Time now) {
    SnapshotEnd end{"SAVED", event::kSnapshot, Json::object(), "", ""};
    const std::int64_t errors = integer_or(snapshot, "Errors", 0);
    end.set = {{"snapshot_id", require_string(snapshot, "SnapshotId")},
               {"snapshot_workspace", require_string(snapshot, "Workspace")},
               {"snapshot_at", to_iso8601_millis(now)},
               {"snapshot_files", integer_or(snapshot, "TotalFiles", 0)},
               {"snapshot_bytes", integer_or(snapshot, "TotalBytes", 0)},
               {"snapshot_unreadable", errors}};
    if (const std::string began = text_at(snapshot, {"Began"}); !began.empty())
        end.set["snapshot_began"] = began;
    if (errors == 0) return end;
    end.status = "PARTIAL";
    end.event = event::kSnapshotPartial;
    end.error = "SnapshotPartial";
    end.cause = std::to_string(errors) + " files of " + home.text() +
                " could not be read and are not in its snapshot" + named_failures(snapshot);
    return end;
}

SnapshotEnd failed(const Json& error, const Home& home, cloud::Cloud& cloud) {
    const std::string code = text_at(error, {"Error"});
    if (code == "HomeNotFound") return {"NOTHING", event::kSnapshotNothing, Json::object(), "", ""};
    SnapshotEnd end{"FAILED", event::kSnapshotFailed, Json::object(),
                    code.empty() ? "SnapshotFailed" : code, text_at(error, {"Cause"})};
    if (code == "States.Timeout")
        end.cause = "no worker brought the snapshot of " + home.text() +
                    " to its end within a week; is a `lifeboat worker` running that was started "
                    "with --vault?";
    if (code == "LocationNotFound") {
        if (!file_system_exists(cloud, home.file_system)) {
            end.error = kSourceGone;
            end.cause = "the file system " + home.file_system + " was gone before a snapshot of " +
                        home.text() +
                        " was taken; keep a domain's file system until its snapshots are recorded";
        } else {
            end.cause += "; mount the file system there for every worker";
        }
    }
    return end;
}

bool is_recorded(Registry& registry, const Row& row, const std::string& execution) {
    if (text_at(*row.item, {"snapshot_execution"}) == execution) return true;
    for (const Json& entry : registry.history_items_of(row.profile, row.former_keys))
        if (text_at(entry, {"snapshot_execution"}) == execution) return true;
    return false;
}

// Whether the last stay in the one home ended after that in the other.
bool was_left_after(const Home& one, const Home& other, const std::vector<HistoryEntry>& history) {
    const Home* last = nullptr;
    for (const HistoryEntry& entry : history)
        if (entry.tells_of_stay() && (entry.home == one || entry.home == other)) last = &entry.home;
    return last != nullptr && *last == one;
}

// A row tells of one home's snapshot: the last one's that was left.
bool belongs_on(const Row& row, const Home& home, Registry& registry) {
    const std::string told = text_at(*row.item, {"snapshot_home"});
    const std::size_t slash = told.find('/');
    if (row.home == home || told == home.text() || slash == std::string::npos) return true;
    if (told == row.home.text()) return false;
    return !was_left_after({told.substr(0, slash), told.substr(slash + 1)}, home,
                           registry.history_of(row.profile, row.former_keys));
}

// What the row tells of another snapshot and `end` says nothing about.
std::vector<std::string> outdated(const Row& row, const SnapshotEnd& end) {
    std::vector<std::string> attributes = {"snapshot_error", "snapshot_cause"};
    if (end.set.contains("snapshot_id") ||
        text_at(*row.item, {"snapshot_home"}) != text_at(end.set, {"snapshot_home"}))
        attributes.insert(attributes.end(),
                          {"snapshot_id", "snapshot_workspace", "snapshot_began", "snapshot_at",
                           "snapshot_files", "snapshot_bytes", "snapshot_unreadable"});
    std::erase_if(attributes, [&](const std::string& one) { return end.set.contains(one); });
    return attributes;
}

// Stands for a row that is not there any more.
Row lost_row() {
    Row row;
    row.item = std::make_shared<const Json>(Json::object());
    return row;
}

void record(Registry& registry, const Json& state, const Home& home, const SnapshotEnd& end) {
    const RowKey key{text_at(state, {"RowKey", "ProfileKey"}),
                     text_at(state, {"RowKey", "DomainKey"})};
    const std::string execution = require_string(end.set, "snapshot_execution");
    const std::string space = string_or(state, "SpaceName", "");
    until_written([&] {
        const std::optional<Row> row = registry.row_at(key);
        Row then = row.value_or(lost_row());
        then.key = key;
        then.profile = space.empty() ? Profile{Kind::User, require_string(state, "UserProfileName")}
                                     : Profile{Kind::Space, space};
        then.domain_id = string_or(state, "DomainID", "");
        then.home = home;
        if (is_recorded(registry, then, execution)) return true;
        Json entry = history_of_row(then, end.event);
        for (const auto& [attribute, value] : end.set.items())
            entry[attribute] = value;
        if (row && belongs_on(*row, home, registry))
            return registry.write(key, &*row, end.set, outdated(*row, end), {entry});
        registry.append(entry);
        return true;
    });
}

}  // namespace

Json record_snapshot(const Json& event, cloud::FunctionContext& context) {
    const Json& state = require(event, "State");
    const Home home{require_string(state, "FileSystem"), require_string(state, "Uid")};
    Registry registry(context.cloud, context.clock);
    fault::reach("recovery.record-snapshot.before-write");
    const Json* snapshot = find(state, "Snapshot");
    SnapshotEnd end = snapshot != nullptr ? saved(*snapshot, home, context.clock.now())
                                          : failed(require(state, "Error"), home, context.cloud);
    end.set["snapshot_home"] = home.text();
    end.set["snapshot_execution"] = text_at(event, {"Execution", "Arn"});
    if (!end.error.empty()) {
        end.set["snapshot_error"] = end.error;
        end.set["snapshot_cause"] = end.cause;
    }
    record(registry, state, home, end);
    fault::reach("recovery.record-snapshot.after-write");
    Json answer = {{"Status", end.status}};
    if (!end.error.empty())
        answer["Failure"] = {{"Profile", string_or(state, "Profile", home.text())},
                             {"Error", end.error},
                             {"Cause", end.cause}};
    return answer;
}

}  // namespace lifeboat::recovery

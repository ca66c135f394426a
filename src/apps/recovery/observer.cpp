#include "apps/recovery/observer.h"

#include <algorithm>

#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"

namespace lifeboat::recovery {
namespace {

using Outcome = Observation::Outcome;

Json entry_for(const Row& row, std::string_view what, const Occasion& occasion) {
    Json entry = history_of_row(row, what);
    entry["cause"] = occasion.cause;
    if (!occasion.event_id.empty()) entry["event_id"] = occasion.event_id;
    if (!occasion.event_time.empty()) entry["event_time"] = occasion.event_time;
    return entry;
}

// Where the domain's name is known it counts too: a row that the AWS sample wrote for a profile to
// come has the id of the domain its work is in.
const Row* row_in_domain(const std::vector<Row>& rows, const std::string& domain_id,
                         const std::string& domain_name) {
    for (const Row& row : rows)
        if (row.domain_id == domain_id && row.state != home_state::kExpected &&
            (domain_name.empty() || row.domain_name() == domain_name))
            return &row;
    return nullptr;
}

const Row* row_under(const std::vector<Row>& rows, const std::string& domain_key) {
    for (const Row& row : rows)
        if (row.key.domain_key == domain_key) return &row;
    return nullptr;
}

Error not_ready(const std::string& what, const std::string& status) {
    return Error(ErrorCategory::Unavailable, kHomeNotReady,
                 what + " has no home yet (status " + status + ")");
}

// What a copy into an earlier home left on the row.
const std::vector<std::string>& recovery_attributes() {
    static const std::vector<std::string> kAttributes = {
        "bytes_written",       "files_transferred",    "total_duration_ms",    "recovery_execution",
        "recovery_source",     "recovery_explanation", "recovery_error",       "recovery_cause",
        "recovery_started_at", "recovery_decided_at",  "recovery_finished_at", "recovery_leftovers",
        "recovery_recorded",   "deleted_at",           "efs_retained"};
    return kAttributes;
}

}  // namespace

std::string_view to_string(Outcome outcome) {
    switch (outcome) {
        case Outcome::Known:
            return "KNOWN";
        case Outcome::Registered:
            return "REGISTERED";
        case Outcome::Recreated:
            return "RECREATED";
        case Outcome::SwitchedOff:
            return "SWITCHED_OFF";
        case Outcome::Gone:
            return "GONE";
        case Outcome::Unknown:
            return "UNKNOWN";
        case Outcome::UnknownDomain:
            return "UNKNOWN_DOMAIN";
        case Outcome::WithoutHome:
            return "WITHOUT_HOME";
    }
    return "KNOWN";
}

Observation Observer::observe(const Profile& profile, const std::string& domain_id,
                              const Occasion& occasion) {
    Observation observation;
    until_written([&] {
        observation = {};
        return look(profile, domain_id, occasion, observation);
    });
    return observation;
}

// The row is read before reality, and written only if it has not changed since: of two that look at
// once, the one who saw an older reality cannot be the last to write.
bool Observer::look(const Profile& profile, const std::string& domain_id, const Occasion& occasion,
                    Observation& observation) {
    const std::vector<Row> rows = registry_.rows_of(profile);
    const std::optional<Domain> domain = studio_.domain(domain_id);
    const Row* mine = row_in_domain(rows, domain_id, domain ? domain->name : "");
    if (!domain && mine == nullptr && !domains_.find(domain_id)) {
        observation.outcome = Outcome::UnknownDomain;
        observation.explanation = "there is no domain " + domain_id;
        return true;
    }
    const std::optional<StudioProfile> found =
        domain ? studio_.profile(*domain, profile) : std::nullopt;
    if (!found) {
        if (mine == nullptr) {
            observation.outcome = Outcome::Unknown;
            observation.explanation = profile.text() + " does not exist in " + domain_id;
            return true;
        }
        return bury(*mine, occasion, profile.text() + " is gone from " + domain_id, observation);
    }
    if (found->has_failed() || (domain->file_system.empty() && domain->status == "InService")) {
        observation.outcome = Outcome::WithoutHome;
        observation.explanation = found->has_failed()
                                      ? profile.text() + " could not be created"
                                      : "domain " + domain_id + " has no home directories";
        return true;
    }
    if (!found->home.known()) throw not_ready(profile.text(), found->status);
    domains_.remember(*domain);

    if (mine != nullptr) {
        if (mine->home == found->home && mine->is_live()) {
            observation.outcome = Outcome::Known;
            observation.row = *mine;
            return true;
        }
        return move_in(*domain, *found, mine, mine->key, occasion, observation);
    }
    RowKey key{profile.key(), domain->name};
    const Row* other = row_under(rows, key.domain_key);
    if (other != nullptr && !may_take_over(*other)) {
        // Another live domain of that name has the row.
        key.domain_key = qualified_domain_key(domain->name, domain_id);
        other = row_under(rows, key.domain_key);
    }
    return move_in(*domain, *found, other, key, occasion, observation);
}

// A row passes to a new domain of the same name once its own is gone, or when it stands for a
// profile that was expected. (The AWS sample's add-replication-target wrote the source's domain id
// under the target's domain name.)
bool Observer::may_take_over(const Row& row) {
    if (row.state == home_state::kExpected) return true;
    const std::optional<Domain> domain = studio_.domain(row.domain_id);
    return !domain || domain->status == "Deleting" || domain->name != row.domain_name();
}

bool Observer::bury(const Row& row, const Occasion& occasion, std::string explanation,
                    Observation& observation) {
    observation.outcome = Outcome::Gone;
    observation.explanation = std::move(explanation);
    observation.row = row;
    if (row.state == home_state::kDeleted) return true;
    Json set = {{"home_state", home_state::kDeleted},
                {"deleted_at", to_iso8601_millis(registry_.clock().now())}};
    if (!occasion.event_id.empty()) set["event_id"] = occasion.event_id;
    return registry_.write(row.key, &row, set, {}, {entry_for(row, event::kDeleted, occasion)});
}

Remembered Observer::remember(const StudioProfile& found, const Domain& domain) {
    return remembered(registry_.history_of(found.profile, {}), found.home, domain.id, domain.name,
                      [&](const std::string& domain_id) { return studio_.is_live(domain_id); });
}

bool Observer::move_in(const Domain& domain, const StudioProfile& found, const Row* seen,
                       const RowKey& key, const Occasion& occasion, Observation& observation) {
    // A tombstone whose home is there again was a mistake; nothing is to be copied.
    const bool is_same_home =
        seen != nullptr && seen->home == found.home && seen->state != home_state::kExpected;
    const Remembered past = seen == nullptr ? remember(found, domain) : Remembered{};
    const bool has_work =
        !is_same_home && (seen != nullptr ? seen->home.known() : past.has_earlier_work);
    Row row;
    row.replication = past.replication;
    row.protection = past.protection;
    if (seen != nullptr) row = *seen;
    row.key = key;
    row.profile = found.profile;
    row.domain_id = domain.id;
    row.home = found.home;
    row.role_name = found.role_name;
    row.attempt = 0;

    const bool is_user = row.profile.kind == Kind::User;
    Json set = {{"domain_id", row.domain_id},
                {"user_profile_name", is_user ? row.profile.name : ""},
                {"space_name", is_user ? "" : row.profile.name},
                {"efs_sys_id", row.home.file_system},
                {"efs_uid", row.home.uid},
                {"role_name", row.role_name},
                {"replication", row.replication},
                {"home_state", home_state::kLive},
                {"created_at", found.created_at}};
    if (row.protection) set["protection"] = *row.protection;
    if (!occasion.event_id.empty()) set["event_id"] = occasion.event_id;
    if (!occasion.event_time.empty()) set["event_time"] = occasion.event_time;
    std::vector<Json> history;
    std::vector<std::string> remove;
    if (is_same_home) {
        observation.outcome = Outcome::Known;
        remove = {"deleted_at", "efs_retained"};
    } else if (past.knows_home) {
        // The row was lost. Its home is as its user left it: a copy that is done is not done again,
        // or what was deleted since would come back.
        const bool is_due = past.replication_status == status::kPending && row.replication;
        observation.outcome = is_due ? Outcome::Recreated : Outcome::Registered;
        set["replication_status"] = past.replication_status;
        set["recovery_attempt"] = 0;
        history.push_back(entry_for(row, event::kAdopted, occasion));
    } else {
        std::string_view copied = copy::kNone;
        std::string_view replication_status = status::kNone;
        observation.outcome = Outcome::Registered;
        if (has_work && row.replication) {
            copied = copy::kDue;
            replication_status = status::kPending;
            observation.outcome = Outcome::Recreated;
        } else if (has_work) {
            copied = copy::kOff;
            replication_status = status::kOff;
            observation.outcome = Outcome::SwitchedOff;
        }
        set["replication_status"] = replication_status;
        set["recovery_attempt"] = 0;
        remove = recovery_attributes();
        // A home that only the row knows (the AWS sample lost its history entry) must not be
        // forgotten with the row.
        if (seen != nullptr && seen->home.known() && seen->revision == 0) {
            Json old = entry_for(*seen, event::kAdopted, occasion);
            old["profile_name"] = key.profile_key;
            old["replication_status"] = seen->replication_status;
            history.push_back(std::move(old));
        }
        // The end of the old home is told, whether or not its own event came first.
        if (seen != nullptr && seen->is_live() && seen->home.known()) {
            Json gone = entry_for(*seen, event::kDeleted, occasion);
            gone["profile_name"] = key.profile_key;
            history.push_back(std::move(gone));
        }
        Json created = entry_for(row, event::kCreated, occasion);
        created["copy"] = copied;
        history.push_back(std::move(created));
    }
    fault::reach("recovery.observe.before-write");
    if (!registry_.write(key, seen, set, remove, history)) return false;
    fault::reach("recovery.observe.after-write");
    row.replication_status = set.value("replication_status", row.replication_status);
    row.state = home_state::kLive;
    observation.row = std::move(row);
    return true;
}

bool Observer::observe_domain(const std::string& domain_id) {
    const std::optional<Domain> domain = studio_.domain(domain_id);
    if (!domain || domain->status == "Deleting" || domain->status == "Failed")
        return domain.has_value();
    if (domain->file_system.empty() && domain->status == "Pending")
        throw not_ready("domain " + domain_id, domain->status);
    domains_.remember(*domain);
    return true;
}

int Observer::domain_deleted(const std::string& domain_id, bool keeps_file_system,
                             const Occasion& occasion) {
    // The call is answered before the domain is gone, or the event was made up.
    if (studio_.is_live(domain_id))
        throw Error(ErrorCategory::Unavailable, kHomeNotReady,
                    "domain " + domain_id + " is said to be deleted but is there");
    domains_.forget(domain_id, keeps_file_system);
    std::vector<RowKey> keys;
    registry_.each_row([&](const Row& row) {
        if (row.domain_id == domain_id && row.state != home_state::kExpected)
            keys.push_back(row.key);
    });
    int buried = 0;
    for (const RowKey& key : keys)
        until_written([&] {
            const std::optional<Row> row = registry_.row_at(key);
            if (!row || row->domain_id != domain_id) return true;
            if (row->state == home_state::kDeleted && find(*row->item, "efs_retained") != nullptr)
                return true;
            Json set = {{"home_state", home_state::kDeleted}, {"efs_retained", keeps_file_system}};
            if (find(*row->item, "deleted_at") == nullptr)
                set["deleted_at"] = to_iso8601_millis(registry_.clock().now());
            Json entry = entry_for(*row, event::kDeleted, occasion);
            entry["efs_retained"] = keeps_file_system;
            if (!registry_.write(key, &*row, set, {}, {entry})) return false;
            ++buried;
            return true;
        });
    return buried;
}

}  // namespace lifeboat::recovery

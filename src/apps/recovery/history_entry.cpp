#include "apps/recovery/history_entry.h"

#include "apps/recovery/row.h"
#include "base/clock.h"
#include "base/json.h"

namespace lifeboat::recovery {
namespace {

std::string text_of(const Json& plain, std::string_view attribute) {
    const Json* value = find(plain, attribute);
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

}  // namespace

bool HistoryEntry::tells_of_stay() const {
    return event.empty() || event == recovery::event::kCreated ||
           event == recovery::event::kAdopted || event == recovery::event::kDeleted;
}

HistoryEntry history_entry_from(const Json& plain) {
    HistoryEntry entry;
    entry.key = text_of(plain, "profile_name");
    if (const Json* when = find(plain, "epoctime"); when != nullptr && when->is_number())
        entry.when = when->get<std::int64_t>();
    entry.event = text_of(plain, "event");
    entry.copy = text_of(plain, "copy");
    const std::string user = text_of(plain, "user_profile_name");
    const std::string space = text_of(plain, "space_name");
    entry.profile = space.empty() ? Profile{Kind::User, user.empty() ? entry.key : user}
                                  : Profile{Kind::Space, space};
    entry.domain_id = text_of(plain, "domain_id");
    entry.domain_name = plain_domain_name(text_of(plain, "domain_name"));
    entry.home = {text_of(plain, "efs_sys_id"), text_of(plain, "efs_uid")};
    entry.replication_status = text_of(plain, "replication_status");
    entry.replication = bool_or(plain, "replication", true);
    entry.protection = switch_of(plain, "protection");
    KeptSnapshot snapshot{text_of(plain, "snapshot_workspace"), text_of(plain, "snapshot_id")};
    if (!snapshot.workspace.empty() && !snapshot.id.empty()) {
        if (const Json* lacks = find(plain, "snapshot_unreadable"); lacks && lacks->is_number())
            snapshot.unreadable = lacks->get<std::int64_t>();
        const std::optional<Time> began = parse_iso8601(text_of(plain, "snapshot_began"));
        snapshot.began = began ? to_epoch_micros(*began) / 1000 : entry.when;
        entry.snapshot = std::move(snapshot);
    }
    return entry;
}

Json history_of_row(const Row& row, std::string_view what) {
    const bool is_user = row.profile.kind == Kind::User;
    Json entry = {{"profile_name", row.key.profile_key},
                  {"event", what},
                  {"replication", row.replication},
                  {"role_name", row.role_name},
                  {"domain_id", row.domain_id},
                  {"domain_name", row.key.domain_key},
                  {"user_profile_name", is_user ? row.profile.name : ""},
                  {"space_name", is_user ? "" : row.profile.name},
                  {"efs_sys_id", row.home.file_system},
                  {"efs_uid", row.home.uid}};
    if (row.protection) entry["protection"] = *row.protection;
    return entry;
}

}  // namespace lifeboat::recovery

#include "apps/recovery/remembered.h"

#include "apps/recovery/row.h"

namespace lifeboat::recovery {
namespace {

// The status a row has after `entry`, which is about its home.
std::string_view status_after(const HistoryEntry& entry, std::string_view before) {
    if (entry.event == event::kRecovered) return status::kSuccess;
    if (entry.event == event::kNothing) return status::kNone;
    if (entry.event == event::kFailed) return status::kError;
    if (entry.copy == copy::kDue) return status::kPending;
    if (entry.copy == copy::kOff) return status::kOff;
    return before;
}

}  // namespace

Remembered remembered(const std::vector<HistoryEntry>& history, const Home& home,
                      const std::string& domain_id, const std::string& domain_name,
                      const std::function<bool(const std::string& domain_id)>& is_live) {
    Remembered found;
    found.replication_status = status::kNone;
    for (const HistoryEntry& entry : history) {
        if (entry.domain_name != domain_name || entry.event == event::kExpected) continue;
        if (entry.domain_id != domain_id && is_live(entry.domain_id)) continue;
        // What is told of a snapshot may be told of a lost row, which has no switches.
        if (!entry.event.starts_with("snapshot")) {
            found.replication = entry.replication;
            found.protection = entry.protection;
        }
        if (!entry.home.known()) continue;
        if (!(entry.home == home)) {
            found.has_earlier_work = true;
            continue;
        }
        found.knows_home = true;
        found.replication_status = status_after(entry, found.replication_status);
    }
    return found;
}

}  // namespace lifeboat::recovery

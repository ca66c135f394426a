// What the history says about a profile that has no row: the row was lost (a table restored, an
// item deleted by hand), or the profile never had one.
//
// Pure logic, no calls.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/recovery/history_entry.h"
#include "apps/recovery/profile.h"

namespace lifeboat::recovery {

struct Remembered {
    // The profile had another home, in this domain or in one of its name that is gone.
    bool has_earlier_work = false;
    // The present home was registered before: the row is only to be written again.
    bool knows_home = false;
    // With knows_home: what the row said of the recovery into it (replication_status).
    std::string_view replication_status;
    // The administrator's switches, as they were last.
    bool replication = true;
    std::optional<bool> protection;
};

// `history` is the profile's, oldest first; `home` is the one it has now in the domain. `is_live`
// says whether a domain exists.
Remembered remembered(const std::vector<HistoryEntry>& history, const Home& home,
                      const std::string& domain_id, const std::string& domain_name,
                      const std::function<bool(const std::string& domain_id)>& is_live);

}  // namespace lifeboat::recovery

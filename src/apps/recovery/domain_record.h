// What is remembered of a domain beyond its end: its name, its file system and how to reach it
// (table studioDomain). A DeleteDomain event names no file system, and a deleted domain cannot be
// described, so this is written before.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/recovery/studio.h"
#include "base/clock.h"
#include "base/json_fwd.h"
#include "cloud/cloud.h"

namespace lifeboat::recovery {

inline constexpr std::string_view kDomainTable = "studioDomain";

struct DomainRecord {
    std::string domain_id;
    std::string domain_name;
    std::string file_system;
    std::string subnet;                        // of a mount target
    std::vector<std::string> security_groups;  // of that mount target
    std::string deleted_at;                    // empty: it lives
    bool is_retained = true;                   // its file system outlived it
};

class DomainRecords {
  public:
    DomainRecords(cloud::Cloud& cloud, const Clock& clock) : cloud_(cloud), clock_(clock) {}

    std::optional<DomainRecord> find(const std::string& domain_id);
    // Records a live domain with its mount target; cheap when nothing has changed.
    void remember(const Domain& domain);
    // Marks it deleted. Idempotent: the first call counts.
    void forget(const std::string& domain_id, bool is_retained);
    std::vector<DomainRecord> all();

  private:
    cloud::Cloud& cloud_;
    const Clock& clock_;
};

}  // namespace lifeboat::recovery

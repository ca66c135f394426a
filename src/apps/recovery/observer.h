// Brings the registry up to date with what SageMaker says now about one profile or domain.
//
// Events only say where to look: the state is read, not deduced from the event. So events that
// come late, twice or in another order do no harm, and the sweep and the seeding do the same as
// the event processor.
#pragma once

#include <optional>
#include <string>

#include "apps/recovery/domain_record.h"
#include "apps/recovery/registry.h"
#include "apps/recovery/remembered.h"
#include "apps/recovery/studio.h"

namespace lifeboat::recovery {

// The code of the error that says: no home yet, look again later.
inline constexpr const char* kHomeNotReady = "HomeNotReady";

// Why one is looking.
struct Occasion {
    std::string cause;     // "CreateUserProfile", "seed-registry", "reconcile"
    std::string event_id;  // empty: no event
    std::string event_time;
};

struct Observation {
    enum class Outcome {
        Known,          // the registry was up to date
        Registered,     // a home without earlier work
        Recreated,      // a new home that is to get earlier work: its recovery will start
        SwitchedOff,    // a new home; the administrator wants no copy
        Gone,           // the profile is gone: the row is a tombstone now
        Unknown,        // the profile is gone and was never registered
        UnknownDomain,  // there is no such domain and the registry never knew it
        WithoutHome,    // the domain has no home directories, or the profile failed
    };
    Outcome outcome = Outcome::Known;
    std::optional<Row> row;
    std::string explanation;
};

std::string_view to_string(Observation::Outcome outcome);

class Observer {
  public:
    explicit Observer(Registry& registry)
        : registry_(registry),
          studio_(registry.cloud()),
          domains_(registry.cloud(), registry.clock()) {}

    // Idempotent. Throws Error{Unavailable, kHomeNotReady} while the profile has no home yet: look
    // again later.
    Observation observe(const Profile& profile, const std::string& domain_id,
                        const Occasion& occasion);
    // Records the domain's name, file system and mount target. Throws as above. False: there is no
    // such domain.
    bool observe_domain(const std::string& domain_id);
    // A domain is gone: its rows become tombstones. Returns how many did.
    int domain_deleted(const std::string& domain_id, bool keeps_file_system,
                       const Occasion& occasion);

    Studio& studio() { return studio_; }
    DomainRecords& domains() { return domains_; }

  private:
    bool look(const Profile& profile, const std::string& domain_id, const Occasion& occasion,
              Observation& observation);
    bool bury(const Row& row, const Occasion& occasion, std::string explanation,
              Observation& observation);
    bool move_in(const Domain& domain, const StudioProfile& found, const Row* seen,
                 const RowKey& key, const Occasion& occasion, Observation& observation);
    Remembered remember(const StudioProfile& found, const Domain& domain);
    bool may_take_over(const Row& row);

    Registry& registry_;
    Studio studio_;
    DomainRecords domains_;
};

}  // namespace lifeboat::recovery

// Registering what exists: every user profile and space of every domain.
#pragma once

#include <string>
#include <vector>

#include "apps/recovery/observer.h"

namespace lifeboat::recovery {

struct Seeded {
    std::string domain_id;
    Profile profile;  // name empty: the domain as a whole could not be read
    std::string outcome;
    std::string explanation;
    bool failed = false;
};

// Looks at every profile of every domain, all pages. One that cannot be read is reported and does
// not stop the others. Idempotent: what is registered stays as it is.
std::vector<Seeded> seed(Observer& observer, const Occasion& occasion);

}  // namespace lifeboat::recovery

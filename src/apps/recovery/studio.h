// SageMaker Studio as recovery sees it: domains and who has which home in them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/recovery/profile.h"
#include "base/json_fwd.h"
#include "cloud/cloud.h"

namespace lifeboat {
class Error;
}

namespace lifeboat::recovery {

struct Domain {
    std::string id;
    std::string name;
    std::string status;
    std::string file_system;  // empty: Pending, or created without home directories
    std::vector<std::string> subnets;
};

struct StudioProfile {
    Profile profile;  // as spelled at its creation
    std::string status;
    Home home;              // not known() while Pending, or without home directories
    std::string role_name;  // of the user's execution role, "" where none is set
    std::string created_at;

    bool is_going() const { return status == "Deleting"; }
    bool has_failed() const { return status == "Failed"; }
};

class Studio {
  public:
    explicit Studio(cloud::Cloud& cloud) : cloud_(cloud) {}

    // nullopt: there is no such domain.
    std::optional<Domain> domain(const std::string& id);
    // A domain that is being deleted is gone.
    bool is_live(const std::string& domain_id);
    std::vector<std::string> domain_ids();
    // nullopt: there is no such profile, or it is being deleted.
    std::optional<StudioProfile> profile(const Domain& domain, const Profile& profile);
    std::vector<Profile> profiles(const std::string& domain_id);
    // Whether an app of the profile, or of a space it owns, runs or has run.
    bool has_app(const std::string& domain_id, const Profile& profile);

  private:
    cloud::Cloud& cloud_;
};

// "x" of "arn:aws:iam::1:role/service-role/x".
std::string role_name_of(const std::string& role_arn);

// Whether the error says that what was named does not exist. SageMaker answers some missing
// resources with ValidationException "RecordNotFound".
bool is_missing(const Error& error);

}  // namespace lifeboat::recovery

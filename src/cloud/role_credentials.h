// Temporary credentials of a role, from STS.
//
// Source: STS API reference, AssumeRole and AssumeRoleWithWebIdentity.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/random.h"
#include "cloud/cloud.h"
#include "cloud/credentials.h"

namespace lifeboat::cloud {

struct Role {
    std::string arn;
    std::string session_name;             // empty: one of our own making
    std::string external_id;              // empty: none
    std::chrono::seconds duration{0};     // zero: STS's own, an hour
    std::string web_identity_token_file;  // set: the role is for whoever shows this token
};

// Asks at every find(): put RefreshingCredentials around it. Throws what STS says, in the context
// of the role.
class RoleCredentials final : public CredentialsProvider {
  public:
    // `sts` calls STS, signed with the credentials that may take the role (with a web identity the
    // call is not signed). `random` outlives this.
    RoleCredentials(Role role, std::unique_ptr<Cloud> sts, Random& random);
    std::optional<Credentials> find() override;

  private:
    const Role role_;
    const std::unique_ptr<Cloud> sts_;
    Random& random_;
};

}  // namespace lifeboat::cloud

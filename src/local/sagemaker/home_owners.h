// What user profiles and spaces have in common as operations: both are home owners.
#pragma once

#include <functional>
#include <string>

#include "base/json_fwd.h"
#include "local/sagemaker/domain.h"
#include "local/sagemaker/home_owner.h"
#include "local/sagemaker/lifecycle.h"

namespace lifeboat::local::sagemaker {

class HomeOwners {
  public:
    HomeOwners(Studio& studio, Lifecycle& lifecycle) : studio_(studio), lifecycle_(lifecycle) {}

    std::string arn(const HomeOwner& owner) const;
    // The domain of a Create request. Throws Error ResourceNotFound, ResourceInUse.
    Domain open_domain(Transaction& tx, const Json& request, OwnerKind kind) const;
    // Throws Error ResourceInUse (the name is taken), ResourceLimitExceeded, and what tags may.
    HomeOwner create(Transaction& tx, const Domain& domain, const Json& request, OwnerKind kind,
                     Json settings);
    // The owner a request names. Throws Error ResourceNotFound.
    HomeOwner named(Transaction& tx, const Json& request, OwnerKind kind) const;
    // Members that all Describe answers have.
    Json described(const HomeOwner& owner) const;
    // Throws Error ResourceInUse unless the owner may be updated now.
    void require_updatable(const HomeOwner& owner) const;
    void update(Transaction& tx, HomeOwner owner, Json settings);
    // Throws Error ResourceInUse while apps live.
    void remove(Transaction& tx, HomeOwner owner);
    // The answer of a list operation; `summary` adds what its items have beyond names and times.
    Json list(Transaction& tx, const Json& request, OwnerKind kind,
              const std::function<void(const HomeOwner&, Json&)>& summary) const;

  private:
    Studio& studio_;
    Lifecycle& lifecycle_;
};

}  // namespace lifeboat::local::sagemaker

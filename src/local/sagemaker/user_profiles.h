// CreateUserProfile, DescribeUserProfile, ListUserProfiles, UpdateUserProfile, DeleteUserProfile.
#pragma once

#include <vector>

#include "local/sagemaker/home_owners.h"
#include "local/service.h"

namespace lifeboat::local::sagemaker {

class UserProfiles {
  public:
    explicit UserProfiles(HomeOwners& owners) : owners_(owners) {}
    std::vector<Operation> operations();

  private:
    Json create(Transaction& tx, const Json& request);
    Json describe(Transaction& tx, const Json& request);
    Json list(Transaction& tx, const Json& request);
    Json update(Transaction& tx, const Json& request);
    Json remove(Transaction& tx, const Json& request);

    HomeOwners& owners_;
};

}  // namespace lifeboat::local::sagemaker

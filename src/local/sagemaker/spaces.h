// CreateSpace, DescribeSpace, ListSpaces, UpdateSpace, DeleteSpace.
#pragma once

#include <vector>

#include "local/sagemaker/home_owners.h"
#include "local/service.h"

namespace lifeboat::local::sagemaker {

class Spaces {
  public:
    Spaces(Studio& studio, HomeOwners& owners) : studio_(studio), owners_(owners) {}
    std::vector<Operation> operations();

  private:
    Json create(Transaction& tx, const Json& request);
    Json describe(Transaction& tx, const Json& request);
    Json list(Transaction& tx, const Json& request);
    Json update(Transaction& tx, const Json& request);
    Json remove(Transaction& tx, const Json& request);

    Studio& studio_;
    HomeOwners& owners_;
};

}  // namespace lifeboat::local::sagemaker

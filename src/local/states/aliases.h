// The operations on aliases of state machines.
#pragma once

#include "local/states/machines.h"

namespace lifeboat::local::states {

class Aliases {
  public:
    // Both must outlive it.
    Aliases(Site& site, Machines& machines) : site_(site), machines_(machines) {}

    std::vector<Operation> operations();

  private:
    Json create(Transaction& tx, const Json& request);
    Json update(Transaction& tx, const Json& request);

    Site& site_;
    Machines& machines_;
};

}  // namespace lifeboat::local::states

// The operations on versions of state machines.
#pragma once

#include "local/states/machines.h"

namespace lifeboat::local::states {

class Versions {
  public:
    // Both must outlive it.
    Versions(Site& site, Machines& machines) : site_(site), machines_(machines) {}

    std::vector<Operation> operations();

  private:
    Json publish(Transaction& tx, const Json& request);

    Site& site_;
    Machines& machines_;
};

}  // namespace lifeboat::local::states

// Copy slots: how many recoveries may have DataSync objects at the same time, so that a storm of
// recreations waits in line instead of meeting the quota of tasks. One item with the set of
// executions that hold a slot; the state machine takes and releases slots itself
// (recovery.asl.json, AcquireSlot and ReleaseSlot), taking twice and releasing twice included.
#pragma once

#include <string>
#include <vector>

#include "cloud/cloud.h"

namespace lifeboat::recovery {

class Slots {
  public:
    explicit Slots(cloud::Cloud& cloud) : cloud_(cloud) {}

    // Names of executions.
    std::vector<std::string> holders();
    void release(const std::string& holder);

  private:
    cloud::Cloud& cloud_;
};

}  // namespace lifeboat::recovery

// TestState: one state, run by itself within the call (flow/state_trial.h).
#pragma once

#include <vector>

#include "base/json_fwd.h"
#include "local/service.h"
#include "local/site.h"
#include "local/states/sleeper.h"

namespace lifeboat::local::states {

class TestState {
  public:
    // `site` must outlive it.
    explicit TestState(Site& site) : site_(site), sleeper_(site.clock) {}

    std::vector<Operation> operations();
    // Ends the waits of tested Wait states.
    void stop_waiting() { sleeper_.stop(); }

  private:
    Json test(const Json& request);

    Site& site_;
    Sleeper sleeper_;
};

}  // namespace lifeboat::local::states

// State machines and executions of a local cloud, for tests.
#pragma once

#include <string>
#include <vector>

#include "local/testing/fixture.h"

namespace lifeboat::local::states::testing {

class StatesFixture : public local::testing::LocalCloudTest {
  protected:
    // ARNs.
    std::string make(const std::string& name, const std::string& definition);
    std::string start(const std::string& machine, const std::string& input = "{}");

    Json describe(const std::string& execution);
    std::vector<std::string> event_types(const std::string& execution);

    // Lets a child process work until nothing is due or the fault script kills it; true when it was
    // killed.
    bool killed_at(const std::string& script);
};

}  // namespace lifeboat::local::states::testing

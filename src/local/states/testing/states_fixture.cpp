#include "local/states/testing/states_fixture.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/fault.h"
#include "base/json.h"
#include "cloud/pages.h"

namespace lifeboat::local::states::testing {

std::string StatesFixture::make(const std::string& name, const std::string& definition) {
    return ok("states", "CreateStateMachine",
              {{"name", name},
               {"definition", definition},
               {"roleArn", "arn:aws:iam::000000000000:role/machine"}})
        .value("stateMachineArn", "");
}

std::string StatesFixture::start(const std::string& machine, const std::string& input) {
    return ok("states", "StartExecution", {{"stateMachineArn", machine}, {"input", input}})
        .value("executionArn", "");
}

Json StatesFixture::describe(const std::string& execution) {
    return ok("states", "DescribeExecution", {{"executionArn", execution}});
}

std::vector<std::string> StatesFixture::event_types(const std::string& execution) {
    std::vector<std::string> types;
    for (const Json& event : lifeboat::cloud::all_items(cloud(), "states", "GetExecutionHistory",
                                                        {{"executionArn", execution}}))
        types.push_back(event.at("type"));
    return types;
}

bool StatesFixture::killed_at(const std::string& script) {
    close();
    const pid_t child = ::fork();
    if (child == 0) {
        fault::install(script);
        open().start();
        cloud().settle(std::chrono::seconds(30));
        ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    // The child drew from a copy of this generator: its ids must not be drawn again.
    for (int i = 0; i < 10'000; ++i)
        random.next();
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

}  // namespace lifeboat::local::states::testing

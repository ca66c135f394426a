// A local cloud in a temporary directory, for tests: real database, real jobs, a clock that the
// test moves (or the system's), repeatable ids.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/json_fwd.h"
#include "base/random.h"
#include "base/testing/manual_clock.h"
#include "cloud/function.h"
#include "local/cloud.h"
#include "os/testing/temporary_directory.h"

namespace lifeboat::local::testing {

// 2026-01-02T09:18:24Z.
Time fixture_time();

class LocalCloudTest : public ::testing::Test {
  protected:
    // Opens the cloud (again), without background work until start().
    Cloud& open(Settings settings = {}, cloud::Functions functions = {},
                Elsewhere::Clouds elsewhere = {});
    // Closes it as a crash would leave it: background work stops where it is.
    void close();
    // The open cloud; opens it with defaults at first use.
    Cloud& cloud();

    // The answer, or a test failure naming the error.
    Json ok(std::string_view service, std::string_view operation, const Json& request);
    // The error's code ("" when the call succeeded); the message is in `last_message`.
    std::string code_of(std::string_view service, std::string_view operation, const Json& request);
    std::string last_message;

    // Starts background work if need be, and waits until nothing is due.
    void settle();

    os::testing::TemporaryDirectory directory;
    lifeboat::testing::ManualClock clock{fixture_time()};
    SeededRandom random{20260102};

  private:
    std::unique_ptr<Cloud> cloud_;
};

}  // namespace lifeboat::local::testing

#include "apps/recovery/environment.h"

#include <gtest/gtest.h>

#include "apps/recovery/testing/scripted_cloud.h"
#include "base/error.h"
#include "base/testing/manual_clock.h"

namespace lifeboat::recovery {
namespace {

class EnvironmentTest : public ::testing::Test {
  protected:
    // Lives until the next.
    Environment with(std::map<std::string, std::string> values) {
        context.environment = std::move(values);
        return Environment(context);
    }

  private:
    testing::ScriptedCloud scripted;
    lifeboat::testing::ManualClock clock{from_epoch_seconds(1767345504)};
    SeededRandom random{1};
    cloud::FunctionContext context{scripted, clock, random, {}, "r", {}, {}};
};

TEST_F(EnvironmentTest, ValuesThatAreNoneAreRefusedByName) {
    for (const auto& [variable, value] : std::map<std::string, std::string>{
             {"COPY_ENGINE", "Worker"},
             {"OVERWRITE_MODE", "newer"},
             {"MAP_OWNER", "True"},
             {"TARGET_READY", "house"},
             {"COPY_SLOTS", "many"},
         }) {
        const Environment environment = with({{variable, value}});
        try {
            environment.copy_engine();
            environment.overwrite_mode();
            environment.maps_owner();
            environment.waits_for_app();
            environment.copy_slots();
            ADD_FAILURE() << variable;
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), "InvalidSetting");
            EXPECT_EQ(e.message().find("the environment variable " + variable + " is '" + value),
                      0U)
                << e.message();
        }
    }
}

TEST_F(EnvironmentTest, WhatIsNotSetHasItsDefault) {
    const Environment environment = with({{"COPY_ENGINE", ""}, {"COPY_SLOTS", "7"}});
    EXPECT_EQ(environment.copy_engine(), "datasync");
    EXPECT_TRUE(environment.maps_owner());
    EXPECT_FALSE(environment.waits_for_app());
    EXPECT_EQ(environment.copy_slots(), 7);
    EXPECT_EQ(environment.stale_seconds(), 300);
}

TEST_F(EnvironmentTest, SettingsSayWhatTheyCanBe) {
    for (const std::string& name : setting_names())
        EXPECT_THROW(check_setting(name, "nonsense"), Error) << name;
    EXPECT_NO_THROW(check_setting("overwrite_mode", "ALWAYS"));
    EXPECT_NO_THROW(check_setting("poll_seconds", "0"));
    EXPECT_THROW(check_setting("poll_seconds", ""), Error);
    try {
        check_setting("overwrite_mode", "x");
    } catch (const Error& e) {
        EXPECT_EQ(e.message(), "the setting overwrite_mode is 'x', not NEWER, ALWAYS or NEVER");
    }
}

}  // namespace
}  // namespace lifeboat::recovery

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

#include "base/json.h"

namespace lifeboat::embedded {
extern const std::map<std::string, std::string_view> definition_files;
}

namespace lifeboat::local {
namespace {

// A state machine that could wait or retry without end would be found out only on the day.
TEST(Definitions, C4EveryTaskIsRetriedWithACapAndCaught) {
    for (const auto& [path, text] : embedded::definition_files) {
        if (!path.ends_with(".asl.json")) continue;
        const Json machine = parse_json(text, path);
        EXPECT_TRUE(machine.contains("TimeoutSeconds")) << path;
        for (const auto& [name, state] : machine["States"].items()) {
            if (state["Type"] != "Task") continue;
            ASSERT_TRUE(state.contains("Retry")) << name;
            ASSERT_TRUE(state.contains("Catch")) << name;
            EXPECT_EQ(state["Retry"].back()["ErrorEquals"], Json::array({"States.ALL"})) << name;
            EXPECT_EQ(state["Catch"].back()["ErrorEquals"], Json::array({"States.ALL"})) << name;
            for (const Json& retrier : state["Retry"]) {
                if (retrier["MaxAttempts"] == 0) continue;
                EXPECT_LE(retrier["MaxDelaySeconds"], 60) << name;
                EXPECT_EQ(retrier["JitterStrategy"], "FULL") << name;
            }
        }
    }
}

// C5: a Catch that replaced the state would forget who it was about.
TEST(Definitions, C5NoCatchForgetsTheState) {
    for (const auto& [path, text] : embedded::definition_files) {
        if (!path.ends_with(".asl.json")) continue;
        const Json machine = parse_json(text, path);
        for (const auto& [name, state] : machine["States"].items())
            for (const Json& catcher : state.value("Catch", Json::array()))
                EXPECT_TRUE(catcher.contains("ResultPath") || catcher["Next"] == "NoteInputRefused")
                    << name;
    }
}

}  // namespace
}  // namespace lifeboat::local

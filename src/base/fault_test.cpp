#include "base/fault.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace lifeboat {
namespace {

TEST(Fault, ActsOnTheScriptedReachOnly) {
    fault::install("a:2=error,b=enospc");
    EXPECT_NO_THROW(fault::reach("a"));
    EXPECT_THROW(fault::reach("a"), Error);
    EXPECT_NO_THROW(fault::reach("a"));
    try {
        fault::reach("b");
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.category(), ErrorCategory::NoSpace);
    }
    EXPECT_EQ(fault::reached(), (std::vector<std::string>{"a", "b"}));
    fault::install("");
    EXPECT_NO_THROW(fault::reach("b"));
}

TEST(Fault, RefusesAScriptItDoesNotUnderstand) {
    for (const char* script : {"a", "a=explode", "a:x=kill", "a:0=kill"})
        EXPECT_THROW(fault::install(script), Error) << script;
    fault::install("");
}

TEST(FaultDeathTest, KillsTheProcess) {
    EXPECT_EXIT(
        {
            fault::install("point=kill");
            fault::reach("point");
        },
        ::testing::KilledBySignal(SIGKILL), "");
}

}  // namespace
}  // namespace lifeboat

#include "base/fault.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <iterator>

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

TEST(Fault, RecordsEveryReach) {
    const std::string file = ::testing::TempDir() + "lifeboat-fault-record";
    std::remove(file.c_str());
    fault::install("record=" + file);
    fault::reach("a");
    fault::reach("b");
    fault::reach("a");
    fault::install("");
    std::ifstream stream(file);
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    EXPECT_EQ(text, "a\nb\na\n");
    std::remove(file.c_str());
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

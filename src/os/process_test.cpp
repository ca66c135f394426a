#include "os/process.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace lifeboat::os {
namespace {

using namespace std::chrono_literals;

std::string failure(const std::string& command, const ProcessLimits& limits) {
    try {
        run_shell(command, {{"PATH", "/usr/bin:/bin"}}, limits);
    } catch (const Error& e) {
        return e.code();
    }
    return "";
}

TEST(Process, GivesOutputAndExitCode) {
    const ProcessResult result =
        run_shell("echo \"$GREETING\"; exit 3", {{"GREETING", "two words"}});
    EXPECT_EQ(result.output, "two words\n");
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_EQ(run_shell("kill -9 $$", {}).exit_code, 137);
}

TEST(Process, GivesWhatAProgramPrintsUnlessItFails) {
    const Environment path{{"PATH", "/usr/bin:/bin"}};
    EXPECT_EQ(output_of({"printf", "%s|", "two words", "*"}, path), "two words|*|");
    try {
        output_of({"sh", "-c", "echo half; exit 7"}, path);
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), "CommandFailed");
        EXPECT_EQ(e.message(),
                  "'sh -c echo half; exit 7' ended with exit status 7; see what it said");
    }
    EXPECT_THROW(output_of({"/no/such/program"}, path), Error);
}

TEST(Process, HasNoInputAndNoOtherVariables) {
    EXPECT_EQ(run_shell("cat; echo \"${HOME-none}\"", {{"PATH", "/usr/bin:/bin"}}).output,
              "none\n");
}

TEST(Process, IsEndedWithItsChildrenWhenItTakesTooLong) {
    // The inner sleep holds the pipe: only the end of the whole group closes it.
    EXPECT_EQ(failure("sleep 600 & sleep 600", {50ms, 100}), "ProcessTimeout");
    EXPECT_EQ(failure("exec >&-; sleep 600", {50ms, 100}), "ProcessTimeout");
}

TEST(Process, KnowsItsAge) {
    const auto age = process_age();
    EXPECT_GE(age, 0ms);
    EXPECT_LT(age, 24h);
    EXPECT_GE(process_age(), age);
}

TEST(Process, OutputIsBounded) {
    EXPECT_EQ(failure("yes", {60s, 10'000}), "ProcessOutputTooLarge");
}

}  // namespace
}  // namespace lifeboat::os

#include "os/producer.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"

namespace lifeboat::os {
namespace {

const Environment kPath{{"PATH", "/usr/bin:/bin"}};

std::string all_of(const Producer& producer) {
    std::string text;
    char bytes[4096];
    for (ssize_t count; (count = ::read(producer.output(), bytes, sizeof bytes)) > 0;)
        text.append(bytes, static_cast<std::size_t>(count));
    return text;
}

std::string failure(Producer& producer) {
    try {
        producer.wait();
    } catch (const Error& e) {
        return e.code() + ": " + e.message();
    }
    return "";
}

TEST(Producer, GivesWhatIsPrintedAndTakesArgumentsAsTheyAre) {
    Producer producer({"printf", "%s|", "two words", "$HOME", "*"}, kPath);
    EXPECT_EQ(all_of(producer), "two words|$HOME|*|");
    EXPECT_EQ(failure(producer), "");
}

TEST(Producer, HasNoInputAndNoOtherVariables) {
    Producer producer({"sh", "-c", "cat; echo \"${HOME-none}\""}, kPath);
    EXPECT_EQ(all_of(producer), "none\n");
    EXPECT_EQ(failure(producer), "");
}

TEST(Producer, FailsAsTheProgramFails) {
    Producer failing({"sh", "-c", "echo half; exit 7"}, kPath);
    EXPECT_EQ(all_of(failing), "half\n");
    EXPECT_NE(failure(failing).find("exit status 7"), std::string::npos);
    Producer killed({"sh", "-c", "kill -9 $$"}, kPath);
    EXPECT_EQ(all_of(killed), "");
    EXPECT_NE(failure(killed).find("signal 9"), std::string::npos);
}

TEST(Producer, SaysWhatCannotBeStarted) {
    EXPECT_THROW(Producer({"/no/such/program"}, kPath), Error);
    EXPECT_THROW(Producer({}, kPath), Error);
}

TEST(Producer, IsEndedWhenNobodyWaits) {
    pid_t pid = 0;
    {
        const Producer endless({"sh", "-c", "echo $$; exec sleep 600"}, kPath);
        char text[32] = {};
        ASSERT_GT(::read(endless.output(), text, sizeof text - 1), 0);
        pid = std::stoi(text);
        EXPECT_EQ(::kill(pid, 0), 0);
    }
    EXPECT_EQ(::kill(pid, 0), -1);
    EXPECT_EQ(errno, ESRCH);
}

}  // namespace
}  // namespace lifeboat::os

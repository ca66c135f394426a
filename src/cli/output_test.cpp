#include "cli/output.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/json.h"

namespace lifeboat::cli {
namespace {

TEST(Output, AlignsColumnsByCharacters) {
    std::ostringstream stream;
    Output output(stream, Output::Form::People);
    output.table(Json(), {"NAME", "UID"}, {{"h\xc3\xa9", "1"}, {"longer", "2"}}, "none");
    EXPECT_EQ(stream.str(), "NAME    UID\nh\xc3\xa9      1\nlonger  2\n");
}

TEST(Output, HostileNamesCannotMoveTheCursor) {
    EXPECT_EQ(shown("a\x1b[2Jb\n"), "a\\x1b[2Jb\\x0a");
    EXPECT_EQ(shown("bad\xff"), "bad\\xff");
}

TEST(Output, WritesAmountsForPeople) {
    EXPECT_EQ(human_bytes(1023), "1023 B");
    EXPECT_EQ(human_bytes(1536), "1.5 KiB");
    EXPECT_EQ(human_count(1234567), "1,234,567");
    EXPECT_EQ(human_count(-1234), "-1,234");
    EXPECT_EQ(human_milliseconds(125000), "2 min 5 s");
}

}  // namespace
}  // namespace lifeboat::cli

// Downloads from a bucket in memory.
#include "bucket/download.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/fault.h"
#include "bucket/testing/copy_fixture.h"

namespace lifeboat::bucket {
namespace {

namespace fs = std::filesystem;
using mover::testing::read_file;
using mover::testing::write_file;

using Downloads = testing::CopyFixture;

TEST_F(Downloads, NamesOfOneLargeFileDoNotWaitForEachOthersMemory) {
    write_file(source_ / "name0", std::string(2 * kPartBytes + 1, 'l'));
    for (int i = 1; i < 8; ++i)
        fs::create_hard_link(source_ / "name0", source_ / ("name" + std::to_string(i)));
    expect_success(up());
    expect_success(down());
    EXPECT_EQ(fs::hard_link_count(destination_ / "name7"), 8U);
    expect_equal();
}

TEST_F(Downloads, ALinkThatCannotBeMadeIsReportedAndItsContentIsThere) {
    write_file(source_ / "one", "content");
    fs::create_hard_link(source_ / "one", source_ / "two");
    expect_success(up());
    for (int round = 0; round < 2; ++round) {
        fault::install("mover.hard-link-created=error");
        const mover::Report report = down();
        fault::install("");
        ASSERT_EQ(report.failures_total, 1U);
        EXPECT_EQ(report.failures[0].code, "HardLinkNotMade");
        EXPECT_EQ(mover::testing::count_temporaries(destination_), 0);
        EXPECT_EQ(read_file(destination_ / "one"), "content");
        EXPECT_EQ(read_file(destination_ / "two"), "content");
        EXPECT_EQ(fs::hard_link_count(destination_ / "two"), 1U);
    }
    expect_success(down());
    expect_equal();
}

}  // namespace
}  // namespace lifeboat::bucket

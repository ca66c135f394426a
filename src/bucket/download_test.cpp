// Downloads from a bucket in memory.
#include "bucket/download.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

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

}  // namespace
}  // namespace lifeboat::bucket

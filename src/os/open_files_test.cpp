#include "os/open_files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace lifeboat::os {
namespace {

namespace fs = std::filesystem;

// Has the limits back in the end.
class OpenFiles : public testing::Test {
  protected:
    void SetUp() override { ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0); }
    void TearDown() override { ::setrlimit(RLIMIT_NOFILE, &before_); }

    void set_soft_limit(rlim_t soft) {
        const rlimit limit{soft, before_.rlim_max};
        ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    }
    static rlim_t soft_limit() {
        rlimit limit{};
        EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
        return limit.rlim_cur;
    }
    static std::size_t table_size() {
        std::ifstream status("/proc/self/status");
        for (std::string word; status >> word;)
            if (word == "FDSize:") {
                std::size_t size = 0;
                status >> size;
                return size;
            }
        return 0;
    }
    static auto open_count() {
        const fs::directory_iterator all("/proc/self/fd");
        return std::distance(fs::begin(all), fs::end(all));
    }

    rlimit before_{};
};

TEST_F(OpenFiles, AreRaisedToWhatIsWantedAndAllowed) {
    set_soft_limit(100);
    EXPECT_EQ(raise_open_file_limit(120), 120u);
    EXPECT_EQ(soft_limit(), 120u);
    EXPECT_EQ(raise_open_file_limit(110), 120u);
    EXPECT_EQ(soft_limit(), 120u);
    EXPECT_EQ(raise_open_file_limit(), before_.rlim_max);
    EXPECT_EQ(soft_limit(), before_.rlim_max);
}

TEST_F(OpenFiles, GetRoomAtOnce) {
    const auto open = open_count();
    set_soft_limit(300);
    make_room_for_open_files(5000);
    EXPECT_GE(table_size(), 300u);
    EXPECT_LT(table_size(), 5000u);
    set_soft_limit(before_.rlim_max);
    make_room_for_open_files(5000);
    EXPECT_GE(table_size(), std::min<rlim_t>(5000, before_.rlim_max));
    EXPECT_EQ(open_count(), open);
}

TEST_F(OpenFiles, GetNoRoomWhereNoneIsLeft) {
    set_soft_limit(0);
    make_room_for_open_files(1024);
    EXPECT_EQ(soft_limit(), 0u);
}

}  // namespace
}  // namespace lifeboat::os

#include "cli/copy_progress.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/testing/manual_clock.h"

namespace lifeboat::cli {
namespace {

using namespace std::chrono_literals;

class CopyProgressTest : public ::testing::Test {
  protected:
    static mover::Progress copying(std::uint64_t bytes) {
        mover::Progress progress;
        progress.phase = mover::Phase::Transferring;
        progress.files = bytes / 1000;
        progress.files_total = 10000;
        progress.bytes = bytes;
        progress.bytes_total = 10 << 20;
        return progress;
    }

    std::ostringstream stream_;
    testing::ManualClock clock_{from_epoch_seconds(1000)};
};

TEST_F(CopyProgressTest, ATerminalShowsRateAndEstimate) {
    CopyProgress progress(stream_, CopyProgress::Form::Terminal, clock_);
    progress.show(copying(0));
    clock_.advance(1s);
    stream_.str("");
    progress.show(copying(1 << 20));
    EXPECT_EQ(stream_.str(),
              "\rCopying   10%  1,048 of 10,000 files  1.0 MiB of 10.0 MiB  1.0 MiB/s  10 s left"
              "\x1b[K");
    stream_.str("");
    progress.clear();
    progress.clear();
    EXPECT_EQ(stream_.str(), "\r\x1b[K");
}

TEST_F(CopyProgressTest, ALogFileGetsALineNowAndThen) {
    CopyProgress progress(stream_, CopyProgress::Form::Plain, clock_);
    for (int i = 0; i < 20; ++i) {
        progress.show(copying(0));
        clock_.advance(1s);
    }
    mover::Progress checking;
    checking.phase = mover::Phase::Verifying;
    checking.files = 1;
    checking.files_total = 4;
    progress.show(checking);
    progress.clear();
    EXPECT_EQ(stream_.str(),
              "Copying    0%  0 of 10,000 files  0 B of 10.0 MiB\n"
              "Copying    0%  0 of 10,000 files  0 B of 10.0 MiB\n"
              "Checking   25%  1 of 4 files\n");
}

TEST_F(CopyProgressTest, NothingToCopyIsAllOfIt) {
    CopyProgress progress(stream_, CopyProgress::Form::Plain, clock_);
    mover::Progress nothing;
    nothing.phase = mover::Phase::Transferring;
    progress.show(nothing);
    EXPECT_EQ(stream_.str(), "Copying  100%  0 of 0 files\n");
}

TEST_F(CopyProgressTest, WithoutAnEstimateSaysWhatIsDone) {
    CopyProgress progress(stream_, CopyProgress::Form::Plain, clock_);
    mover::Progress some;
    some.phase = mover::Phase::Transferring;
    some.is_estimated = false;
    some.files = 3;
    progress.show(some);
    EXPECT_EQ(stream_.str(), "Copying  3 files  0 B\n");
}

}  // namespace
}  // namespace lifeboat::cli

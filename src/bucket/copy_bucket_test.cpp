// Trees to a bucket in memory and back: many workers, pages of a few keys, parts. What a real S3
// and its failures do is in local/datasync/bucket_test.cpp.
#include "bucket/copy_bucket.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "base/error.h"
#include "bucket/testing/copy_fixture.h"
#include "mover/manifest.h"

namespace lifeboat::bucket {
namespace {

namespace fs = std::filesystem;
using mover::testing::write_file;

class CopyBucket : public testing::CopyFixture {
  protected:
    void make_tree() {
        for (int i = 0; i < 300; ++i) {
            const fs::path directory = source_ / ("d" + std::to_string(i % 7)) / "below";
            fs::create_directories(directory);
            write_file(directory / ("file" + std::to_string(i)),
                       std::string(static_cast<std::size_t>(i) * 31, 'x'));
        }
        fs::create_hard_link(source_ / "d0" / "below" / "file0", source_ / "d1" / "same");
        fs::create_symlink("d0", source_ / "link");
        write_file(source_ / "large", std::string(3 * kPartBytes + 1, 'l'));
    }
};

TEST_F(CopyBucket, ThereAndBackIsEqual) {
    make_tree();
    std::atomic<int> told = 0;
    mover::Surroundings around = surroundings();
    around.on_action = [&](const mover::Action&) { ++told; };
    options_.preserve_deleted_files = mover::PreserveDeletedFiles::Remove;
    const mover::Report there = up(around);
    expect_success(there);
    EXPECT_EQ(there.files_verified, there.files_seen);
    EXPECT_GT(told, 600);
    EXPECT_EQ(s3_.objects(), there.files_seen);
    EXPECT_EQ(s3_.uploads(), 0U);
    write_file(destination_ / "extra", "x");
    const mover::Report back = down();
    expect_success(back);
    EXPECT_EQ(back.files_deleted, 1U);
    EXPECT_EQ(back.files_verified, there.files_verified);
    expect_equal();
    fs::remove_all(source_ / "d3");
    write_file(source_ / "d4" / "below" / "file4", "other");
    expect_success(up());
    expect_success(down());
    EXPECT_FALSE(fs::exists(destination_ / "d3"));
    expect_equal();
}

TEST_F(CopyBucket, CancelledItLeavesWholeFilesAndGoesOn) {
    make_tree();
    for (int round = 0; round < 2; ++round) {
        std::stop_source stop;
        std::atomic<int> told = 0;
        mover::Surroundings around = surroundings();
        around.stop = stop.get_token();
        around.on_action = [&](const mover::Action&) {
            if (++told == 40) stop.request_stop();
        };
        const mover::Report report = round == 0 ? up(around) : down(around);
        EXPECT_TRUE(report.cancelled);
        EXPECT_EQ(s3_.uploads(), 0U);
        EXPECT_EQ(mover::testing::count_temporaries(destination_), 0);
        expect_success(round == 0 ? up() : down());
    }
    expect_equal();
}

TEST_F(CopyBucket, AManifestAndRemoveDoNotGoTogether) {
    write_file(source_ / "kept", "x");
    expect_success(up());
    filter_ = mover::Filter("", "", std::make_shared<const mover::Manifest>("/kept\n/gone\n"));
    options_.preserve_deleted_files = mover::PreserveDeletedFiles::Remove;
    EXPECT_THROW(up(), Error);
    EXPECT_THROW(down(), Error);
    EXPECT_EQ(s3_.objects(), 2U);
}

TEST_F(CopyBucket, SpacesAndPlusesInNamesAreToldApart) {
    for (const char* name : {"a b", "a+b", "a%20b", "a%2Bb", "c d/x y", "c+d/x+y", "~*/ +"}) {
        fs::create_directories((source_ / name).parent_path());
        write_file(source_ / name, name);
    }
    options_.preserve_deleted_files = mover::PreserveDeletedFiles::Remove;
    for (int round = 0; round < 2; ++round) {
        const mover::Report there = up();
        expect_success(there);
        EXPECT_EQ(there.files_deleted, 0U);
        const mover::Report back = down();
        expect_success(back);
        EXPECT_EQ(back.files_deleted, 0U);
    }
    expect_equal();
}

TEST_F(CopyBucket, HardLinksThatAreMadeAndUndoneComeOver) {
    for (const char* name : {"a", "b", "c", "d"})
        write_file(source_ / name, "the same");
    const auto time = fs::last_write_time(source_ / "a");
    const auto round = [&] {
        for (const char* name : {"a", "b", "c", "d"})
            fs::last_write_time(source_ / name, time);
        expect_success(up());
        expect_success(down());
        expect_equal();
        EXPECT_EQ(up().files_transferred, 0U);
        EXPECT_EQ(down().files_transferred, 0U);
    };
    const auto link = [&](const char* from, const char* to) {
        fs::remove(source_ / to);
        fs::create_hard_link(source_ / from, source_ / to);
    };
    round();
    link("a", "b");
    link("c", "d");
    round();
    // Other pairs, with the same number of names each.
    link("c", "b");
    fs::remove(source_ / "d");
    fs::create_hard_link(source_ / "a", source_ / "d");
    round();
    link("a", "b");
    link("a", "c");
    round();
    for (const char* name : {"a", "b", "c", "d"}) {
        fs::remove(source_ / name);
        write_file(source_ / name, "the same");
    }
    round();
}

}  // namespace
}  // namespace lifeboat::bucket

// Uploads to a bucket in memory.
#include "bucket/upload.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "bucket/testing/copy_fixture.h"

namespace lifeboat::bucket {
namespace {

namespace fs = std::filesystem;
using mover::testing::read_file;
using mover::testing::write_file;

class Uploads : public testing::CopyFixture {
  protected:
    void make_a_directory_of_a_file() {
        write_file(source_ / "other", "x");
        write_file(source_ / "name", "the old file");
        expect_success(up());
        fs::remove(source_ / "name");
        fs::create_directory(source_ / "name");
        write_file(source_ / "name" / "inside", "new");
    }
};

TEST_F(Uploads, AFileThatBecameADirectoryGoes) {
    make_a_directory_of_a_file();
    const mover::Report report = up();
    expect_success(report);
    EXPECT_EQ(report.files_deleted, 1U);
    expect_success(down());
    expect_equal();
    EXPECT_EQ(up().files_deleted, 0U);
}

// The directory is only passed through: nothing in it is selected.
TEST_F(Uploads, AFileStaysThatTheFilterDoesNotSelect) {
    make_a_directory_of_a_file();
    filter_ = mover::Filter("/name/none", "");
    const mover::Report report = up();
    expect_success(report);
    EXPECT_EQ(report.files_deleted, 0U);
    EXPECT_EQ(s3_.objects(), 3U) << "the root, two files";
}

TEST_F(Uploads, NeverKeepsTheFileInTheDirectorysPlace) {
    make_a_directory_of_a_file();
    options_.overwrite_mode = mover::OverwriteMode::Never;
    options_.preserve_deleted_files = mover::PreserveDeletedFiles::Remove;
    const mover::Report report = up();
    expect_success(report);
    EXPECT_EQ(report.files_deleted, 0U);
    expect_success(down());
    EXPECT_EQ(read_file(destination_ / "name"), "the old file");
}

TEST_F(Uploads, NewerReportsTheFileInTheDirectorysPlace) {
    make_a_directory_of_a_file();
    options_.overwrite_mode = mover::OverwriteMode::Newer;
    const mover::Report report = up();
    ASSERT_EQ(report.failures_total, 1U);
    EXPECT_EQ(report.failures[0].path, "name");
    EXPECT_EQ(report.failures[0].code, "Conflict");
    EXPECT_EQ(s3_.objects(), 3U) << "the root, two files";
}

TEST_F(Uploads, WithoutTimesTheContentTells) {
    write_file(source_ / "file", "one");
    fs::create_symlink("one", source_ / "link");
    options_.mtime = mover::Times::None;
    options_.atime = mover::Times::None;
    expect_success(up());
    fs::last_write_time(source_ / "file", fs::file_time_type::clock::now() - std::chrono::hours(1));
    EXPECT_EQ(up().files_transferred, 0U);
    write_file(source_ / "file", "two");
    fs::remove(source_ / "link");
    fs::create_symlink("two", source_ / "link");
    const mover::Report report = up();
    expect_success(report);
    EXPECT_EQ(report.files_transferred, 2U);
    expect_success(down());
    EXPECT_EQ(read_file(destination_ / "file"), "two");
    EXPECT_EQ(fs::read_symlink(destination_ / "link"), "two");
}

}  // namespace
}  // namespace lifeboat::bucket

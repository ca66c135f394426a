#include "mover/manifest.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "mover/testing/copy_fixture.h"
#include "mover/testing/sample_tree.h"

namespace lifeboat::mover {
namespace {

namespace fs = std::filesystem;
using testing::read_file;
using testing::write_file;

TEST(Manifest, ReadsPathsAsDataSyncDoes) {
    const Manifest manifest(
        "plain.txt\r\n/with/slash,v1.version\n\n\"a,b \"\"c\"\"\nd\",\"v2\"\nplain.txt\n//x//y/");
    EXPECT_EQ(manifest.size(), 4U);
    EXPECT_TRUE(manifest.names("plain.txt"));
    EXPECT_TRUE(manifest.names("with/slash"));
    EXPECT_TRUE(manifest.names("a,b \"c\"\nd"));
    EXPECT_TRUE(manifest.names("x/y"));
    EXPECT_FALSE(manifest.names("with"));
    EXPECT_TRUE(manifest.names_below("with"));
    EXPECT_FALSE(manifest.names_below("plain"));
    EXPECT_FALSE(manifest.names_below("wit"));
}

TEST(Manifest, RefusesWhatItCannotHonour) {
    for (const char* text : {"", "\n\n", "\"open", "a,b,c", "../a", "a/./b", "\"a\"b"})
        EXPECT_THROW(Manifest{text}, Error) << text;
}

class CopyWithManifest : public testing::CopyFixture {
  protected:
    CopyWithManifest() {
        for (const char* name : {"a", "b", "d/a", "d/b", "d/e/a", "other/a"}) {
            fs::create_directories((source_ / name).parent_path());
            write_file(source_ / name, name);
        }
    }
    Report copy_manifest(const std::string& text, std::string_view excludes = "") {
        filter_ = Filter("", excludes, std::make_shared<const Manifest>(text));
        return copy();
    }
};

TEST_F(CopyWithManifest, CopiesWhatItNamesAndNothingElse) {
    const Report report = copy_manifest("a\nd/b\nd/e/a\n", "/d/e");
    EXPECT_EQ(read_file(destination_ / "a"), "a");
    EXPECT_EQ(read_file(destination_ / "d" / "b"), "d/b");
    for (const char* name : {"b", "d/a", "d/e", "other"})
        EXPECT_FALSE(fs::exists(destination_ / name)) << name;
    // Left out on purpose is not missing.
    expect_success(report);
}

TEST_F(CopyWithManifest, ReportsWhatTheSourceDoesNotHave) {
    const Report report = copy_manifest("a\nd/gone\nnowhere/gone\n");
    EXPECT_EQ(read_file(destination_ / "a"), "a");
    EXPECT_FALSE(report.success());
    ASSERT_EQ(report.failures_total, 2U);
    EXPECT_EQ(report.failures[0].path, "d/gone");
    EXPECT_EQ(report.failures[1].path, "nowhere/gone");
    for (const Failure& failure : report.failures)
        EXPECT_EQ(failure.code, "NotAtSource");
}

TEST_F(CopyWithManifest, DeletesNothing) {
    options_.preserve_deleted_files = PreserveDeletedFiles::Remove;
    EXPECT_THROW(copy_manifest("a"), Error);
}

}  // namespace
}  // namespace lifeboat::mover

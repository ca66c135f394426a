#include "mover/copy_tree.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstring>
#include <set>

#include "base/error.h"
#include "base/fault.h"
#include "mover/testing/copy_fixture.h"
#include "mover/testing/sample_tree.h"

namespace lifeboat::mover {
namespace {

namespace fs = std::filesystem;
using testing::CopyFixture;
using testing::count_temporaries;
using testing::make_sample_tree;
using testing::read_file;
using testing::rsync_differences;
using testing::set_time;
using testing::write_file;

class CopyTree : public CopyFixture {
  protected:
    void expect_equal() {
        const auto differences = rsync_differences(source_, destination_);
        if (!differences) GTEST_SKIP() << "rsync is not installed: nobody else judges the copy";
        EXPECT_EQ(*differences, "");
    }
};

TEST_F(CopyTree, MakesATreeThatRsyncCallsEqual) {
    make_sample_tree(source_);
    options_.preserve_devices = PreserveDevices::Preserve;
    const Report report = copy();
    expect_success(report);
    EXPECT_GT(report.files_transferred, 140U);
    EXPECT_EQ(report.files_transferred, report.estimated_files_to_transfer);
    EXPECT_EQ(report.bytes_written, report.estimated_bytes_to_transfer);
    EXPECT_EQ(report.files_verified, report.files_seen);
    EXPECT_LT(report.bytes_transferred, report.bytes_written);
    expect_equal();
}

TEST_F(CopyTree, KeepsHolesAsHoles) {
    make_sample_tree(source_);
    expect_success(copy());
    struct stat status {};
    ASSERT_EQ(::stat((destination_ / "sparse").c_str(), &status), 0);
    EXPECT_EQ(status.st_size, 64 << 20);
    EXPECT_LT(status.st_blocks * 512, 1 << 20);
}

TEST_F(CopyTree, ASecondRunCopiesNothing) {
    make_sample_tree(source_);
    options_.preserve_devices = PreserveDevices::Preserve;
    expect_success(copy());
    const Report again = copy();
    expect_success(again);
    EXPECT_EQ(again.files_transferred, 0U);
    EXPECT_EQ(again.bytes_written, 0U);
    EXPECT_EQ(again.estimated_files_to_transfer, 0U);
    expect_equal();
}

TEST_F(CopyTree, BringsEveryKindOfChangeOver) {
    make_sample_tree(source_);
    options_.preserve_devices = PreserveDevices::Preserve;
    expect_success(copy());
    write_file(source_ / "small", "SMALL");  // same size
    write_file(source_ / "many0" / "file0", "grown");
    fs::remove(source_ / "many1" / "file1");
    fs::create_directory(source_ / "many1" / "file1");
    fs::remove_all(source_ / "links" / "below");
    write_file(source_ / "links" / "below", "a file now");
    fs::remove(source_ / "links" / "broken");
    fs::create_symlink("somewhere else", source_ / "links" / "broken");
    fs::permissions(source_ / "modes" / "script", fs::perms(0700));
    ASSERT_EQ(::setxattr((source_ / "big").c_str(), "user.new", "1", 1, 0), 0);
    fs::remove(source_ / "three");
    write_file(source_ / "three", "shared by three names");
    options_.preserve_deleted_files = PreserveDeletedFiles::Remove;
    const Report report = copy();
    expect_success(report);
    EXPECT_GT(report.files_deleted, 0U);
    expect_equal();
}

TEST_F(CopyTree, ReachesBelowTheLongestPathThatHasAName) {
    testing::make_deep_tree(source_);
    expect_success(copy());
    EXPECT_EQ(testing::read_bottom(destination_), "here");
    EXPECT_EQ(copy().files_transferred, 0U);
    fs::remove_all(source_);
    fs::create_directory(source_);
    options_.preserve_deleted_files = PreserveDeletedFiles::Remove;
    expect_success(copy());
    EXPECT_TRUE(fs::is_empty(destination_));
}

TEST_F(CopyTree, HardLinksThatExistOnlyAtTheDestinationAreParted) {
    write_file(source_ / "a", "same");
    fs::create_hard_link(source_ / "a", source_ / "b");
    expect_success(copy());
    EXPECT_EQ(fs::hard_link_count(destination_ / "a"), 2U);
    fs::remove(source_ / "b");
    fs::copy_file(source_ / "a", source_ / "b");
    struct stat status {};
    ASSERT_EQ(::stat((source_ / "a").c_str(), &status), 0);
    const timespec times[2] = {status.st_mtim, status.st_mtim};
    ASSERT_EQ(::utimensat(AT_FDCWD, (source_ / "b").c_str(), times, 0), 0);
    expect_success(copy());
    EXPECT_EQ(fs::hard_link_count(destination_ / "a"), 1U);
    expect_equal();
}

TEST_F(CopyTree, SpecialFilesAreSkippedUnlessAskedFor) {
    ASSERT_EQ(::mkfifo((source_ / "fifo").c_str(), 0600), 0);
    const Report report = copy();
    expect_success(report);
    EXPECT_EQ(report.files_skipped, 1U);
    EXPECT_FALSE(fs::exists(destination_ / "fifo"));
    options_.preserve_devices = PreserveDevices::Preserve;
    expect_success(copy());
    EXPECT_TRUE(fs::is_fifo(destination_ / "fifo"));
}

TEST_F(CopyTree, NewerKeepsWhatWasWrittenSince) {
    write_file(source_ / "kept", "old");
    write_file(source_ / "updated", "new");
    write_file(destination_ / "kept", "written after the first login");
    write_file(destination_ / "updated", "x");
    set_time(source_ / "kept", 1);
    set_time(destination_ / "kept", 2);
    set_time(source_ / "updated", 2);
    set_time(destination_ / "updated", 1);
    fs::permissions(destination_, fs::perms(0711));
    options_.overwrite_mode = OverwriteMode::Newer;
    const Report report = copy();
    expect_success(report);
    EXPECT_EQ(report.files_skipped, 1U);
    EXPECT_EQ(read_file(destination_ / "kept"), "written after the first login");
    EXPECT_EQ(read_file(destination_ / "updated"), "new");
    EXPECT_EQ(fs::status(destination_).permissions(), fs::perms(0711));
}

TEST_F(CopyTree, NewerNeverSwapsFilesAndDirectories) {
    fs::create_directory(source_ / "a");
    write_file(source_ / "a" / "lost", "x");
    write_file(destination_ / "a", "mine");
    write_file(source_ / "b", "x");
    fs::create_directory(destination_ / "b");
    options_.overwrite_mode = OverwriteMode::Newer;
    const Report report = copy();
    EXPECT_FALSE(report.success());
    EXPECT_EQ(report.failures_total, 2U);
    EXPECT_EQ(read_file(destination_ / "a"), "mine");
    EXPECT_TRUE(fs::is_directory(destination_ / "b"));
}

TEST_F(CopyTree, NeverOverwritesNothing) {
    write_file(source_ / "a", "source");
    write_file(source_ / "new", "source");
    write_file(destination_ / "a", "here");
    options_.overwrite_mode = OverwriteMode::Never;
    const Report report = copy();
    expect_success(report);
    EXPECT_EQ(report.files_skipped, 1U);
    EXPECT_EQ(read_file(destination_ / "a"), "here");
    EXPECT_EQ(read_file(destination_ / "new"), "source");
}

TEST_F(CopyTree, AFullDirectoryInTheWayOfAFileIsNotDestroyed) {
    write_file(source_ / "a", "file");
    fs::create_directory(destination_ / "a");
    write_file(destination_ / "a" / "precious", "x");
    const Report report = copy();
    EXPECT_EQ(report.failures_total, 1U);
    EXPECT_TRUE(fs::exists(destination_ / "a" / "precious"));
    options_.preserve_deleted_files = PreserveDeletedFiles::Remove;
    expect_success(copy());
    EXPECT_EQ(read_file(destination_ / "a"), "file");
}

TEST_F(CopyTree, TransferModeAllCopiesWhatIsEqual) {
    write_file(source_ / "a", "abc");
    expect_success(copy());
    options_.transfer_mode = TransferMode::All;
    const Report report = copy();
    expect_success(report);
    EXPECT_EQ(report.bytes_written, 3U);
}

TEST_F(CopyTree, OwnersAreSetWithoutKeepingSetUidBits) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
    make_sample_tree(source_);
    options_.uid = {OwnerRule::Kind::Set, 4000, {}};
    options_.gid = {OwnerRule::Kind::Set, 4001, {}};
    expect_success(copy());
    for (const auto& entry : fs::recursive_directory_iterator(destination_)) {
        struct stat status {};
        ASSERT_EQ(::lstat(entry.path().c_str(), &status), 0) << entry.path();
        EXPECT_EQ(status.st_uid, 4000U) << entry.path();
        EXPECT_EQ(status.st_gid, 4001U) << entry.path();
        if (S_ISREG(status.st_mode)) EXPECT_EQ(status.st_mode & 06000U, 0U) << entry.path();
    }
    EXPECT_EQ(copy().files_transferred, 0U);
}

TEST_F(CopyTree, OwnersAreMappedInsideAccessControlListsToo) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
    make_sample_tree(source_);
    options_.uid = {OwnerRule::Kind::Map, 0, {{1234, 4321}, {1000, 2000}}};
    expect_success(copy());
    struct stat status {};
    ASSERT_EQ(::stat((destination_ / "owned" / "program").c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, 4321U);
    EXPECT_EQ(status.st_gid, 5678U);
    std::string list(200, '\0');
    const ssize_t size = ::getxattr((destination_ / "modes" / "script").c_str(),
                                    "system.posix_acl_access", list.data(), list.size());
    if (size < 0) GTEST_SKIP() << "no access control lists on this file system";
    std::uint32_t id = 0;
    std::memcpy(&id, list.data() + 4 + 8 + 4, sizeof id);
    EXPECT_EQ(id, 2000U);
}

TEST_F(CopyTree, FiltersDecideWhatIsCopiedAndWhatIsDeleted) {
    for (const char* path : {"a/keep", "a/skip.tmp", "b/x", "c/x"}) {
        fs::create_directories((source_ / path).parent_path());
        write_file(source_ / path, path);
    }
    fs::create_directories(destination_ / "a");
    write_file(destination_ / "a" / "old", "x");
    write_file(destination_ / "a" / "mine.tmp", "x");
    write_file(destination_ / "outside", "x");
    filter_ = Filter("/a|/b*", "*.tmp");
    options_.preserve_deleted_files = PreserveDeletedFiles::Remove;
    expect_success(copy());
    EXPECT_TRUE(fs::exists(destination_ / "a" / "keep"));
    EXPECT_TRUE(fs::exists(destination_ / "b" / "x"));
    EXPECT_FALSE(fs::exists(destination_ / "a" / "skip.tmp"));
    EXPECT_FALSE(fs::exists(destination_ / "c"));
    EXPECT_FALSE(fs::exists(destination_ / "a" / "old"));
    EXPECT_TRUE(fs::exists(destination_ / "a" / "mine.tmp"));
    EXPECT_TRUE(fs::exists(destination_ / "outside"));
}

TEST_F(CopyTree, ADryRunSaysWhatAndWhyAndTouchesNothing) {
    write_file(source_ / "new", "12345");
    write_file(source_ / "changed", "12");
    write_file(destination_ / "changed", "1");
    write_file(destination_ / "extra", "1");
    options_.preserve_deleted_files = PreserveDeletedFiles::Remove;
    std::multiset<std::string> said;
    const Report report = plan([&](const Action& action) {
        said.insert(std::string(to_string(action.kind)) + " " + action.path + ": " + action.reason);
    });
    EXPECT_TRUE(report.success());
    EXPECT_EQ(report.estimated_bytes_to_transfer, 7U);
    EXPECT_EQ(report.estimated_files_to_delete, 1U);
    EXPECT_EQ(said.count("copy new: new"), 1U);
    EXPECT_EQ(said.count("copy changed: the size differs"), 1U);
    EXPECT_EQ(said.count("delete extra: it is not at the source"), 1U);
    EXPECT_FALSE(fs::exists(destination_ / "new"));
    EXPECT_EQ(read_file(destination_ / "changed"), "1");
    EXPECT_TRUE(fs::exists(destination_ / "extra"));
}

TEST_F(CopyTree, ADryRunNeedsNoDestination) {
    make_sample_tree(source_);
    const Roots roots{open_root(source_, MissingRoot::Refuse), {}};
    const Report report = plan_tree(roots, options_, filter_, surroundings());
    EXPECT_TRUE(report.success());
    EXPECT_GT(report.estimated_files_to_transfer, 140U);
}

TEST_F(CopyTree, VerificationFindsWhatTimesAndSizesHide) {
    write_file(source_ / "a", "right");
    write_file(destination_ / "a", "wrong");
    set_time(source_ / "a", 1);
    set_time(destination_ / "a", 1);
    Report report = copy();
    EXPECT_FALSE(report.success());
    ASSERT_EQ(report.failures.size(), 1U);
    EXPECT_EQ(report.failures[0].code, "VerificationFailed");
    EXPECT_EQ(report.verify_status, PhaseStatus::Error);
    EXPECT_EQ(report.transfer_status, PhaseStatus::Success);
    options_.verify_mode = VerifyMode::None;
    expect_success(copy());
    options_.verify_mode = VerifyMode::OnlyFilesTransferred;
    options_.transfer_mode = TransferMode::All;
    report = copy();
    expect_success(report);
    EXPECT_EQ(report.files_verified, 1U);
    EXPECT_EQ(read_file(destination_ / "a"), "right");
}

TEST_F(CopyTree, WithoutTimesTheContentDecides) {
    options_.mtime = Times::None;
    options_.atime = Times::None;
    write_file(source_ / "a", "one");
    expect_success(copy());
    EXPECT_EQ(copy().files_transferred, 0U);
    write_file(source_ / "a", "two");
    set_time(source_ / "a", 1);
    const Report report = copy();
    expect_success(report);
    EXPECT_EQ(report.files_transferred, 1U);
    EXPECT_EQ(read_file(destination_ / "a"), "two");
}

TEST_F(CopyTree, WithoutPermissionsEverythingGetsTheDefaultMode) {
    make_sample_tree(source_);
    options_.posix_permissions = PosixPermissions::None;
    expect_success(copy());
    struct stat status {};
    ASSERT_EQ(::stat((destination_ / "modes" / "secret").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0755U);
    EXPECT_EQ(copy().files_transferred, 0U);
}

TEST_F(CopyTree, RefusesRootsThatLieWithinEachOther) {
    fs::create_directories(source_ / "below");
    destination_ = source_ / "below";
    EXPECT_THROW(copy(), Error);
    destination_ = source_;
    EXPECT_THROW(copy(), Error);
    destination_ = source_.parent_path();
    options_.preserve_deleted_files = PreserveDeletedFiles::Remove;
    EXPECT_THROW(copy(), Error);
}

TEST_F(CopyTree, RefusesASecondWriterToTheSameDestination) {
    write_file(source_ / "a", "x");
    const Roots roots = open_roots();
    const Roots others = open_roots();
    Surroundings around = surroundings();
    bool refused = false;
    around.on_progress = [&](const Progress& progress) {
        if (progress.phase != Phase::Transferring) return;
        try {
            copy_tree(others, options_, filter_, surroundings());
        } catch (const Error& error) {
            refused = error.code() == "DestinationBusy";
        }
    };
    EXPECT_TRUE(copy_tree(roots, options_, filter_, around).success());
    EXPECT_TRUE(refused);
}

TEST_F(CopyTree, ACancelledRunLeavesWholeFilesAndCanBeFinished) {
    make_sample_tree(source_);
    options_.preserve_devices = PreserveDevices::Preserve;
    std::stop_source stop;
    Surroundings around = surroundings();
    around.stop = stop.get_token();
    int actions = 0;
    around.on_action = [&](const Action&) {
        if (++actions == 20) stop.request_stop();
    };
    const Report report = copy_tree(open_roots(), options_, filter_, around);
    EXPECT_TRUE(report.cancelled);
    EXPECT_FALSE(report.success());
    EXPECT_EQ(report.failures_total, 0U);
    expect_success(copy());
    expect_equal();
}

TEST_F(CopyTree, NamesOfUnfinishedCopiesAreRemovedAndNeverCopied) {
    const std::string name = ".lifeboat-0123456789abcdef-7.part";
    write_file(source_ / name, "x");
    write_file(destination_ / name, "x");
    write_file(destination_ / ".lifeboat-notes", "mine");
    expect_success(copy());
    EXPECT_FALSE(fs::exists(destination_ / name));
    EXPECT_TRUE(fs::exists(destination_ / ".lifeboat-notes"));
}

TEST_F(CopyTree, TellsProgressInPhases) {
    make_sample_tree(source_);
    Surroundings around = surroundings();
    std::set<Phase> phases;
    Progress last;
    around.on_progress = [&](const Progress& progress) {
        phases.insert(progress.phase);
        if (progress.phase == Phase::Transferring) last = progress;
    };
    expect_success(copy_tree(open_roots(), options_, filter_, around));
    EXPECT_EQ(phases.size(), 3U);
    EXPECT_EQ(last.files, last.files_total);
}

}  // namespace
}  // namespace lifeboat::mover

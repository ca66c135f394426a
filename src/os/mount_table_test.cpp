#include "os/mount_table.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "os/testing/temporary_directory.h"

namespace lifeboat::os {
namespace {

constexpr const char* kTable =
    "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
    "44 27 0:39 /@home /home rw,relatime - btrfs /dev/loop0 rw,subvolid=256,subvol=/@home\n"
    "45 44 0:39 /@home/x /home/y/a\\040b ro shared:2 master:3 - btrfs /dev/loop0 rw\n"
    "46 45 0:40 / /home/y/a\\040b/deep rw - tmpfs tm\\134pfs rw\n"
    "47 27 0:41 / /homestead ro - zfs tank/home ro,xattr\n";

TEST(MountTable, ReadsWhatTheKernelLists) {
    const MountTable table(kTable);
    ASSERT_EQ(table.all().size(), 5U);
    const Mount& bound = table.all()[2];
    EXPECT_EQ(bound.id, 45U);
    EXPECT_EQ(bound.device, "0:39");
    EXPECT_EQ(bound.root, "/@home/x");
    EXPECT_EQ(bound.point, "/home/y/a b");
    EXPECT_EQ(bound.type, "btrfs");
    EXPECT_EQ(bound.source, "/dev/loop0");
    EXPECT_FALSE(bound.is_read_only) << "only this mount is";
    EXPECT_EQ(table.all()[3].source, "tm\\pfs");
    EXPECT_TRUE(table.all()[4].is_read_only);
}

TEST(MountTable, RefusesWhatIsNoTable) {
    EXPECT_THROW(MountTable("27 1 254:0 / /\n"), Error);
}

TEST(MountTable, ListsTheTopmostMountPointsBelowADirectory) {
    const MountTable table(kTable);
    EXPECT_EQ(table.points_below("/home"), std::vector<std::string>{"/home/y/a b"});
    EXPECT_EQ(table.points_below("/home/y/a b"), std::vector<std::string>{"/home/y/a b/deep"});
    EXPECT_EQ(table.points_below("/"), (std::vector<std::string>{"/home", "/homestead"}));
}

TEST(MountTable, NamesAPathFromTheRootOfItsFileSystem) {
    const MountTable table(kTable);
    EXPECT_EQ(path_in_file_system(table.all()[0], "/etc/passwd"), "/etc/passwd");
    EXPECT_EQ(path_in_file_system(table.all()[0], "/"), "/");
    EXPECT_EQ(path_in_file_system(table.all()[1], "/home"), "/@home");
    EXPECT_EQ(path_in_file_system(table.all()[1], "/home/z"), "/@home/z");
    EXPECT_EQ(path_in_file_system(table.all()[4], "/homestead/z"), "/z");
    EXPECT_EQ(path_in_file_system(table.all()[4], "/homestead"), "/");
    EXPECT_THROW(path_in_file_system(table.all()[1], "/homestead"), Error);
}

TEST(MountTable, FindsWhatAPathLiesOn) {
    const testing::TemporaryDirectory folder;
    const MountTable table = MountTable::read();
    const Mount& mount = table.of(folder.path());
    EXPECT_TRUE(is_at_or_below(folder.path().string(), mount.point));
    EXPECT_EQ(table.of("/proc/self").type, "proc");
    EXPECT_THROW(table.of(folder.path() / "absent"), Error);
}

}  // namespace
}  // namespace lifeboat::os

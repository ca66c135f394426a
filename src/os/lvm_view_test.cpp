#include "os/lvm_view.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "os/file.h"
#include "os/testing/fake_commands.h"
#include "os/view_name.h"

namespace lifeboat::os {
namespace {

namespace fs = std::filesystem;

// Volumes played by files, which nobody can mount: tests/vault_view_test.py has some that are.
constexpr const char* kLvs = R"sh(
for last; do :; done
case "$*" in
*vg_name,lv_name,pool_lv*) [ "$last" = "$folder/origin" ] || exit 5; echo "  vg,home,$(cat "$folder/pool")" ;;
*lv_name,origin,lv_path*)
    echo "  home,,$folder/origin"
    for each in "$folder"/volumes/*; do [ ! -e "$each" ] || echo "  ${each##*/},home,$each"; done
    echo "  lifeboat-view-00000000000000ff,other,/nowhere"
    if [ -e "$folder/inactive" ]; then echo "  lifeboat-view-0000000000000001,home,"; fi ;;
*lv_path*) echo "  $folder/volumes/${last#vg/}" ;;
esac)sh";
constexpr const char* kLvcreate = R"(
while [ "$1" != --name ]; do shift; done
: > "$folder/volumes/$2")";
constexpr const char* kLvremove = R"(rm -f "$folder/volumes/${2#vg/}")";
constexpr const char* kList = "lvs --noheadings --separator , -o ";

class AnLvmView : public ::testing::Test {
  protected:
    AnLvmView() {
        fs::create_directory(volumes_);
        std::ofstream(commands_.folder() / "origin").flush();
        std::ofstream(commands_.folder() / "pool").flush();
        commands_.set("lvs", kLvs);
        commands_.set("lvcreate", kLvcreate);
        commands_.set("lvremove", kLvremove);
    }
    std::string fail_to_make(const std::string& type = "ext4") {
        const MountTable mounts("50 1 0:50 / / rw - " + type + " " +
                                (commands_.folder() / "origin").string() + " rw\n");
        struct stat status {};
        try {
            make_view(ViewKind::Lvm, mounts, mounts.all()[0], "/", status, random_);
        } catch (const Error& e) {
            return e.code();
        }
        return "";
    }
    std::vector<std::string> volumes() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(volumes_))
            names.push_back(entry.path().filename());
        return names;
    }

    testing::FakeCommands commands_;
    fs::path volumes_ = commands_.folder() / "volumes";
    SeededRandom random_{7};
};

TEST_F(AnLvmView, RemovesTheSnapshotThatCannotBeMounted) {
    EXPECT_NE(fail_to_make(), "");
    const auto calls = commands_.take_calls();
    ASSERT_EQ(calls.size(), 5U);
    const std::string made = calls[4].substr(std::string("lvremove --yes vg/").size());
    EXPECT_TRUE(is_view_name(made)) << made;
    EXPECT_EQ(calls[0], kList + std::string("vg_name,lv_name,pool_lv ") +
                            (commands_.folder() / "origin").string());
    EXPECT_EQ(calls[1], kList + std::string("lv_name,origin,lv_path vg"));
    EXPECT_EQ(calls[2],
              "lvcreate --yes --snapshot --name " + made + " --extents 20%ORIGIN vg/home");
    EXPECT_EQ(calls[3], kList + std::string("lv_path vg/") + made);
    EXPECT_EQ(calls[4], "lvremove --yes vg/" + made);
    EXPECT_EQ(volumes(), std::vector<std::string>{});
}

TEST_F(AnLvmView, GivesASnapshotOfAThinVolumeNoRoomAndActivatesIt) {
    std::ofstream(commands_.folder() / "pool") << "thinpool";
    fail_to_make("xfs");
    const std::string call = commands_.take_calls()[2];
    EXPECT_NE(call.find(" --setactivationskip n vg/home"), std::string::npos) << call;
    EXPECT_EQ(call.find("extents"), std::string::npos) << call;
}

TEST_F(AnLvmView, RemovesWhatNobodyReadsAndNothingElse) {
    const std::string left = "lifeboat-view-0123456789abcdef";
    const std::string read = "lifeboat-view-fedcba9876543210";
    for (const std::string& name : {left, read, std::string("nightly")})
        std::ofstream(volumes_ / name);
    std::ofstream(commands_.folder() / "inactive").flush();
    const UniqueFd reader = open_file(volumes_ / read, O_RDONLY);
    ASSERT_TRUE(claim_view(reader.get()));
    fail_to_make();
    const auto calls = commands_.take_calls();
    EXPECT_EQ(calls[2], "lvremove --yes vg/" + left);
    EXPECT_EQ(calls[3], "lvremove --yes vg/lifeboat-view-0000000000000001");
    EXPECT_EQ(calls.size(), 7U);
    EXPECT_EQ(volumes().size(), 2U);
}

TEST_F(AnLvmView, DoesWithoutRemovingWhatCannotBeRemoved) {
    const std::string left = "lifeboat-view-0123456789abcdef";
    std::ofstream(volumes_ / left).flush();
    commands_.set("lvremove", "[ \"$2\" != vg/" + left + " ] || exit 5\n" + kLvremove);
    fail_to_make();
    EXPECT_EQ(volumes(), std::vector<std::string>{left});
    EXPECT_EQ(commands_.take_calls()[3].substr(0, 8), "lvcreate");
}

TEST_F(AnLvmView, FailsAsTheCommandFails) {
    commands_.set("lvcreate", "exit 5");
    EXPECT_EQ(fail_to_make(), "CommandFailed");
    EXPECT_EQ(commands_.take_calls().size(), 3U);
    commands_.set("lvs", "exit 5");
    EXPECT_EQ(fail_to_make(), "NoSuchView");
}

TEST_F(AnLvmView, IsNotMadeOfWhatWouldBeTakenForItsOrigin) {
    EXPECT_EQ(fail_to_make("btrfs"), "NoSuchView");
    EXPECT_EQ(commands_.take_calls(), std::vector<std::string>{});
}

TEST_F(AnLvmView, IsOfferedForVolumesOfLvmOnly) {
    const MountTable here = MountTable::read();
    for (const Mount& mount : here.all())
        if (mount.source.find("/dev/mapper/") == std::string::npos) {
            EXPECT_FALSE(LvmView::is_offered(mount)) << mount.point;
        }
    const MountTable odd("50 1 0:50 / / rw - lvm none rw\n");
    EXPECT_EQ(offered_view(odd.all()[0]), std::nullopt);
}

}  // namespace
}  // namespace lifeboat::os

#include "os/zfs_view.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "base/error.h"
#include "base/fault.h"
#include "os/directory.h"
#include "os/testing/fake_commands.h"
#include "os/view_name.h"

namespace lifeboat::os {
namespace {

namespace fs = std::filesystem;

// A data set played by a directory: its snapshots are copies in .zfs/snapshot.
constexpr const char* kZfs = R"(
snapshots="$folder/home/.zfs/snapshot"
name="${2#tank/home@}"
case "$1" in
list) for each in "$snapshots"/*; do [ ! -e "$each" ] || echo "tank/home@${each##*/}"; done ;;
snapshot) mkdir "$snapshots/$name"; cp -a "$folder/home/file" "$snapshots/$name" ;;
destroy) rm -r "$snapshots/$name" ;;
*) exit 9 ;;
esac)";
constexpr const char* kList = "zfs list -H -o name -t snapshot -d 1 tank/home";

class AZfsView : public ::testing::Test {
  protected:
    AZfsView() {
        fs::create_directories(snapshots_);
        std::ofstream(home_ / "file") << "before";
        commands_.set("zfs", kZfs);
        EXPECT_EQ(::stat(home_.c_str(), &status_), 0);
    }
    MountTable table(const std::string& more = "") const {
        return MountTable("50 1 0:50 / " + home_.string() + " rw - zfs tank/home rw\n" + more);
    }
    std::vector<std::string> there() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(snapshots_))
            names.push_back(entry.path().filename());
        return names;
    }
    std::unique_ptr<FileView> make() {
        const MountTable mounts = table();
        return make_view(ViewKind::Zfs, mounts, mounts.all()[0], "/", status_, random_);
    }
    static std::string content(int directory, const std::string& name) {
        char bytes[64];
        const UniqueFd fd = open_below(directory, name, O_RDONLY);
        return {bytes, static_cast<std::size_t>(::read(fd.get(), bytes, sizeof bytes))};
    }

    testing::FakeCommands commands_;
    fs::path home_ = commands_.folder() / "home";
    fs::path snapshots_ = home_ / ".zfs/snapshot";
    struct stat status_ {};
    SeededRandom random_{7};
};

TEST_F(AZfsView, IsMadeReadAndDestroyed) {
    const auto view = make();
    ASSERT_EQ(there().size(), 1U);
    const std::string name = "tank/home@" + there()[0];
    EXPECT_TRUE(is_view_name(there()[0]));
    EXPECT_EQ(view->name(), "ZFS snapshot " + name);
    EXPECT_EQ(view->covers(), "/");
    std::ofstream(home_ / "file") << "after";
    EXPECT_EQ(content(view->root(), "file"), "before");
    view->remove();
    view->remove();
    EXPECT_EQ(commands_.take_calls(),
              (std::vector<std::string>{kList, "zfs snapshot " + name, "zfs destroy " + name}));
    EXPECT_EQ(there(), std::vector<std::string>{});
}

TEST_F(AZfsView, IsDestroyedWithItsOwner) {
    make().reset();
    EXPECT_EQ(there(), std::vector<std::string>{});
}

TEST_F(AZfsView, RemovesWhatNobodyReadsAndNothingElse) {
    const std::string left = "lifeboat-view-0123456789abcdef";
    for (const char* name : {left.c_str(), "daily", "lifeboat-view-mine"})
        fs::create_directory(snapshots_ / name);
    const auto read = make();
    EXPECT_EQ(commands_.take_calls()[1], "zfs destroy tank/home@" + left);
    const auto second = make();
    EXPECT_EQ(there().size(), 4U) << "the first is still read";
    EXPECT_EQ(commands_.take_calls().size(), 2U);
}

TEST_F(AZfsView, DoesWithoutRemovingWhatCannotBeRemoved) {
    fs::create_directory(snapshots_ / "lifeboat-view-0123456789abcdef");
    commands_.set("zfs", "[ \"$2\" != tank/home@lifeboat-view-0123456789abcdef ] || exit 1\n" +
                             std::string(kZfs));
    make();
    EXPECT_EQ(there().size(), 1U);
}

TEST_F(AZfsView, FailsAsTheCommandFails) {
    commands_.set("zfs", "[ \"$1\" != snapshot ] || exit 3\n" + std::string(kZfs));
    try {
        make();
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), "CommandFailed");
        EXPECT_NE(e.message().find("exit status 3"), std::string::npos) << e.what();
    }
    EXPECT_EQ(there(), std::vector<std::string>{});
}

TEST_F(AZfsView, TakesBackASnapshotThatItCannotRead) {
    commands_.set("zfs",
                  std::string("snapshots=\"$folder/home/.zfs/snapshot\"\n") +
                      "[ \"$1\" != snapshot ] || { : > \"$snapshots/${2#tank/home@}\"; exit; }\n" +
                      kZfs);
    EXPECT_THROW(make(), Error);
    EXPECT_EQ(there(), std::vector<std::string>{});
    EXPECT_EQ(commands_.take_calls().size(), 3U);
}

TEST_F(AZfsView, GoesWithTheNextWhenItsMakerWasKilled) {
    for (const char* point : {"os.view.zfs.unclaimed", "os.view.made", "os.view.before-remove"}) {
        EXPECT_EXIT(
            {
                fault::install(std::string(point) + "=kill");
                make()->remove();
            },
            ::testing::KilledBySignal(SIGKILL), "");
        EXPECT_EQ(there().size(), 1U) << point;
        make();
        EXPECT_EQ(there(), std::vector<std::string>{}) << point;
    }
}

TEST_F(AZfsView, SaysWhenItStays) {
    const auto view = make();
    commands_.set("zfs", "exit 1");
    EXPECT_THROW(view->remove(), Error);
    commands_.set("zfs", kZfs);
    make();
    EXPECT_EQ(there(), std::vector<std::string>{}) << "the next one removes it";
}

TEST_F(AZfsView, IsFoundWhereAllOfTheDataSetIsMounted) {
    const fs::path bound = commands_.folder() / "bound";
    const MountTable mounts =
        table("51 1 0:50 /below " + bound.string() + " rw - zfs tank/home rw\n");
    make_view(ViewKind::Zfs, mounts, mounts.all()[1], "/below", status_, random_);
    const MountTable alone("51 1 0:50 /below " + bound.string() + " rw - zfs tank/home rw\n");
    EXPECT_THROW(make_view(ViewKind::Zfs, alone, alone.all()[0], "/below", status_, random_),
                 Error);
    status_.st_dev += 1;  // something else is mounted over it
    EXPECT_THROW(make(), Error);
}

TEST_F(AZfsView, IsNotMadeOfAnotherFileSystemNorOfOneThatIsReadOnly) {
    for (const char* line :
         {"50 1 0:50 / / rw - ext4 /dev/a rw\n", "50 1 0:50 / / rw - zfs tank ro\n"}) {
        const MountTable mounts(line);
        try {
            make_view(ViewKind::Zfs, mounts, mounts.all()[0], "/", status_, random_);
            FAIL();
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), "NoSuchView");
        }
    }
    EXPECT_EQ(commands_.take_calls(), std::vector<std::string>{});
}

TEST_F(AZfsView, SaysThatTheCommandIsMissing) {
    fs::remove(commands_.folder() / "bin/zfs");
    ::setenv("PATH", (commands_.folder() / "bin").c_str(), 1);
    try {
        make();
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), "NoSuchCommand");
    }
}

}  // namespace
}  // namespace lifeboat::os

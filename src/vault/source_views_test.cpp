#include "vault/source_views.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <map>
#include <optional>

#include "base/error.h"
#include "os/testing/fake_commands.h"
#include "vault/backup.h"
#include "vault/directory_store.h"
#include "vault/tree_path.h"

namespace lifeboat::vault {
namespace {

namespace fs = std::filesystem;

// Data sets played by directories: their snapshots are copies in .zfs/snapshot.
constexpr const char* kZfs = R"(
set="${2%@*}"; name="${2#*@}"; snapshots="$folder/${set#tank/}/.zfs/snapshot"
case "$1" in
list) ;;
snapshot) mkdir "$snapshots/$name"; cp -a "$folder/${set#tank/}/user" "$snapshots/$name" ;;
destroy) rm -r "$snapshots/$name" ;;
esac)";

class SourceViewsOfZfs : public ::testing::Test {
  protected:
    SourceViewsOfZfs() {
        commands_.set("zfs", kZfs);
        write(user_ / "file", "before");
        write(user_ / "below/mounted/file", "hidden");
        fs::create_directories(home_ / ".zfs/snapshot");
        // What lies here is on the mount this has in truth, whose number the kernel says.
        real_ = os::MountTable::read().of(home_);
    }

    static void write(const fs::path& path, const std::string& content) {
        fs::create_directories(path.parent_path());
        std::ofstream(path) << content;
    }
    std::string line(const fs::path& point, const std::string& rest) const {
        return std::to_string(real_.id) + " 1 0:50 / " + point.string() + " rw - " + rest + "\n";
    }
    std::string line() const { return line(home_, "zfs tank/home rw"); }
    SourceViews take(const std::string& table, std::optional<os::ViewKind> kind,
                     const std::vector<std::string>& paths) {
        return {paths, kind, os::MountTable(table), random_};
    }
    std::size_t snapshots() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(home_ / ".zfs/snapshot"), {}));
    }
    // Paths of the files in a new backup, with their contents.
    std::map<std::string, std::string> backed_up(const SourceViews& views) {
        DirectoryStore::make(commands_.folder() / "repository");
        DirectoryStore store(commands_.folder() / "repository", random_);
        Repository::make(store, "password", {}, SystemClock(), random_);
        Repository repository(store, "password", random_);
        BackupOptions options;
        options.paths = {user_};
        options.views = &views;
        BackupProgress progress;
        report_ = back_up(repository, options, progress);
        std::map<std::string, std::string> found;
        const auto codec = repository.make_codec();
        walk_tree(repository, report_.snapshot.tree, "",
                  [&](const std::string& path, const Node& node) {
                      if (node.type != NodeType::File) return true;
                      for (const Id& id : *node.content)
                          found[path] += repository.load_blob(BlobType::Data, id, *codec);
                      return true;
                  });
        return found;
    }

    os::testing::FakeCommands commands_;
    fs::path home_ = commands_.folder() / "home";
    fs::path user_ = home_ / "user";
    os::Mount real_;
    SeededRandom random_{9};
    BackupReport report_;
};

TEST_F(SourceViewsOfZfs, ABackupReadsTheViewUnderTheNamesOfTheTree) {
    auto views = take(line(), os::ViewKind::Zfs, {user_});
    write(user_ / "file", "after");
    write(user_ / "new", "after");
    EXPECT_EQ(backed_up(views), (std::map<std::string, std::string>{
                                    {(user_ / "file").string(), "before"},
                                    {(user_ / "below/mounted/file").string(), "hidden"}}));
    EXPECT_EQ(report_.snapshot.paths, std::vector<std::string>{user_.string()});
    EXPECT_EQ(report_.read_live, std::vector<std::string>{});
    EXPECT_EQ(views.names().size(), 1U);
    views.remove();
    EXPECT_EQ(snapshots(), 0U);
}

TEST_F(SourceViewsOfZfs, WhatIsMountedBelowIsReadWhereItIs) {
    const auto views =
        take(line() + line(user_ / "below/mounted", "tmpfs none rw"), os::ViewKind::Zfs, {user_});
    write(user_ / "file", "after");
    write(user_ / "below/mounted/file", "after");
    EXPECT_EQ(backed_up(views), (std::map<std::string, std::string>{
                                    {(user_ / "file").string(), "before"},
                                    {(user_ / "below/mounted/file").string(), "after"}}));
    EXPECT_EQ(report_.read_live, std::vector<std::string>{user_ / "below/mounted"});
}

TEST_F(SourceViewsOfZfs, PathsOfOneFileSystemShareAView) {
    const auto views = take(line(), std::nullopt, {user_ / "below", user_ / "file", user_});
    EXPECT_EQ(views.names().size(), 1U);
    EXPECT_EQ(snapshots(), 1U);
    EXPECT_NE(views.find(user_ / "below"), nullptr);
    EXPECT_EQ(views.find(home_), nullptr);
}

TEST_F(SourceViewsOfZfs, AllGoWhenOneOfTheKindThatIsWantedCannotBe) {
    try {
        take(line(), os::ViewKind::Zfs, {user_, "/proc"});
        FAIL();
    } catch (const Error& e) {
        EXPECT_NE(std::string(e.what()).find("/proc"), std::string::npos) << e.what();
    }
    EXPECT_EQ(snapshots(), 0U);
    EXPECT_EQ(commands_.take_calls().size(), 3U);
}

TEST_F(SourceViewsOfZfs, WithoutAKindWhatCannotBeIsToldAndLeftAsItIs) {
    const auto none = take(line(home_, "ext4 /dev/a rw"), std::nullopt, {user_});
    ASSERT_EQ(none.unviewed().size(), 1U);
    EXPECT_EQ(none.unviewed()[0].path, user_);
    EXPECT_NE(none.unviewed()[0].why.find("ext4"), std::string::npos);
    EXPECT_EQ(none.find(user_), nullptr);
    commands_.set("zfs", "exit 4");
    const auto failed = take(line(), std::nullopt, {user_});
    ASSERT_EQ(failed.unviewed().size(), 1U);
    EXPECT_NE(failed.unviewed()[0].why.find("exit status 4"), std::string::npos);
    EXPECT_EQ(failed.names(), std::vector<std::string>{});
}

TEST_F(SourceViewsOfZfs, WhatIsNotThereIsLeftToTheBackup) {
    const auto views = take(line(), os::ViewKind::Zfs, {user_ / "absent", home_ / "absent/below"});
    EXPECT_EQ(views.names(), std::vector<std::string>{});
    EXPECT_EQ(views.unviewed().size(), 0U);
}

TEST_F(SourceViewsOfZfs, OneThatWasRemovedMeanwhileIsAnError) {
    commands_.set("zfs",
                  "[ \"$1\" != snapshot ] || { rm -r \"$folder/home/user\"; mkdir "
                  "\"$folder/home/user\"; }\n" +
                      std::string(kZfs));
    EXPECT_THROW(take(line(), os::ViewKind::Zfs, {user_ / "below"}), Error);
    EXPECT_EQ(snapshots(), 0U);
}

}  // namespace
}  // namespace lifeboat::vault

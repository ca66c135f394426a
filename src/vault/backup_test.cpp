#include "vault/backup.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/random.h"
#include "os/testing/temporary_directory.h"
#include "os/unique_fd.h"
#include "vault/directory_store.h"
#include "vault/tree.h"
#include "vault/tree_path.h"

namespace lifeboat::vault {
namespace {

namespace fs = std::filesystem;

class ABackup : public testing::Test {
  protected:
    ABackup() {
        DirectoryStore::make(folder_.path() / "repository");
        store_.emplace(folder_.path() / "repository", random_);
        Repository::make(*store_, "password", {}, SystemClock(), random_);
        repository_.emplace(*store_, "password", random_);
        before_ = fs::current_path();
        fs::create_directories(folder_.path() / "home/work");
        fs::current_path(folder_.path() / "home/work");
    }
    ~ABackup() override { fs::current_path(before_); }

    static void write(const fs::path& path, const std::string& content) {
        fs::create_directories(path.parent_path());
        std::ofstream(path) << content;
    }
    BackupReport save(std::vector<std::string> paths) {
        options_.paths = std::move(paths);
        return back_up(*repository_, options_, progress_);
    }
    // Paths of files, with their contents.
    std::map<std::string, std::string> files_of(const Snapshot& snapshot) {
        std::map<std::string, std::string> found;
        const auto codec = repository_->make_codec();
        walk_tree(*repository_, snapshot.tree, "", [&](const std::string& path, const Node& node) {
            if (node.type != NodeType::File) return true;
            for (const Id& id : *node.content)
                found[path] += repository_->load_blob(BlobType::Data, id, *codec);
            return true;
        });
        return found;
    }

    os::testing::TemporaryDirectory folder_;
    fs::path before_;
    SeededRandom random_{31};
    std::optional<DirectoryStore> store_;
    std::optional<Repository> repository_;
    BackupOptions options_;
    BackupProgress progress_;
};

// Their parent in the snapshot is one, their parents on disk are not.
TEST_F(ABackup, TakesPathsOfSeveralPlaces) {
    write("../left/a", "left");
    write("right/a", "right");
    write("right/b", "b");
    write("deep/c/a", "c");
    write("deep/d/a", "d");
    for (int i = 0; i < 20; ++i) {
        const auto report = save({"../left", "right", "deep/c", "deep/d"});
        EXPECT_TRUE(report.failures.empty());
        EXPECT_EQ(files_of(report.snapshot),
                  (std::map<std::string, std::string>{{"/left/a", "left"},
                                                      {"/right/a", "right"},
                                                      {"/right/b", "b"},
                                                      {"/deep/c/a", "c"},
                                                      {"/deep/d/a", "d"}}));
    }
}

TEST_F(ABackup, KeepsTheTreesOfWhatDidNotChange) {
    write("home/a", "a");
    write("home/same/b", "b");
    write("home/other/c", "c");
    Snapshot first = save({"home"}).snapshot;
    options_.parent = first;
    const auto again = save({"home"});
    EXPECT_EQ(again.snapshot.tree, first.tree);
    EXPECT_EQ(again.trees.blobs, 0u);
    fs::remove("home/other/c");
    const auto without = save({"home"});
    EXPECT_EQ(without.trees.blobs, 3u);  // of other, of home, of the root
    EXPECT_EQ(files_of(without.snapshot),
              (std::map<std::string, std::string>{{"/home/a", "a"}, {"/home/same/b", "b"}}));
    write("home/other/c", "new");
    EXPECT_EQ(files_of(save({"home"}).snapshot).at("/home/other/c"), "new");
}

// A hostile user nests directories and fills the queue, so that one thread goes down all alone.
TEST_F(ABackup, GoesAsDeepAsItSaysAndReportsTheRest) {
    constexpr unsigned kChains = 200;
    for (unsigned chain = 0; chain < kChains; ++chain) {
        const std::string top = "chain" + std::to_string(chain);
        ASSERT_EQ(::mkdir(top.c_str(), 0700), 0);
        os::UniqueFd at(::open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        for (unsigned depth = 0; depth < (chain % 50 == 49 ? kMostDepth + 10 : 3); ++depth) {
            ASSERT_EQ(::mkdirat(at.get(), "d", 0700), 0);
            at = os::UniqueFd(::openat(at.get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        }
    }
    options_.workers = 1;
    const auto report = save({"."});
    ASSERT_EQ(report.failures.size(), kChains / 50);
    for (const auto& failure : report.failures)
        EXPECT_NE(failure.what.find("nest deeper than"), std::string::npos);
    EXPECT_GT(progress_.directories.load(), kChains / 50 * (kMostDepth - 100));
}

}  // namespace
}  // namespace lifeboat::vault

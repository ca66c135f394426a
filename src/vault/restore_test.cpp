#include "vault/restore.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/random.h"
#include "os/testing/temporary_directory.h"
#include "vault/blob_writer.h"
#include "vault/directory_store.h"
#include "vault/tree.h"

namespace lifeboat::vault {
namespace {

namespace fs = std::filesystem;

class ARestore : public testing::Test {
  protected:
    ARestore() {
        fs::create_directory(folder_.path() / "repository");
        fs::create_directory(folder_.path() / "outside");
        DirectoryStore::make(folder_.path() / "repository");
        store_.emplace(folder_.path() / "repository", random_);
        Repository::make(*store_, "password", {}, SystemClock(), random_);
        repository_.emplace(*store_, "password", random_);
        writer_.emplace(*repository_);
    }
    static Node named(const std::string& name, NodeType type, std::uint32_t mode) {
        Node node;
        node.name = name;
        node.type = type;
        node.mode = mode;
        return node;
    }
    Node file(const std::string& name, const std::string& content = "planted") {
        Node node = named(name, NodeType::File, 0644);
        node.size = content.size();
        node.content = {{writer_->save(BlobType::Data, content)}};
        return node;
    }
    Node directory(const std::string& name, const std::vector<Node>& nodes) {
        Node node = named(name, NodeType::Directory, 1U << 31 | 0755);
        node.subtree = writer_->save(BlobType::Tree, encode_tree(nodes));
        return node;
    }
    Node link(const std::string& name, const std::string& target) {
        Node node = named(name, NodeType::Symlink, 1U << 27 | 0777);
        node.link_target = target;
        return node;
    }
    std::vector<RestoreProblem> restore_all(const std::vector<Node>& nodes) {
        options_.tree = writer_->save(BlobType::Tree, encode_tree(nodes));
        writer_->finish();
        options_.target = (folder_.path() / "target").string();
        options_.workers = 1;
        report_ = restore(*repository_, options_, progress_);
        return report_.problems;
    }
    // Everything in the test's folder but for the repository and the target.
    std::vector<std::string> outside() const {
        std::vector<std::string> found;
        for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
            const std::string path = entry.path().lexically_relative(folder_.path()).string();
            if (!path.starts_with("repository") && !path.starts_with("target"))
                found.push_back(path);
        }
        return found;
    }

    os::testing::TemporaryDirectory folder_;
    SeededRandom random_{21};
    std::optional<DirectoryStore> store_;
    std::optional<Repository> repository_;
    std::optional<BlobWriter> writer_;
    RestoreOptions options_;
    RestoreProgress progress_;
    RestoreReport report_;
};

TEST_F(ARestore, RefusesNamesThatLeadElsewhere) {
    const auto problems =
        restore_all({file("../outside/a"), file(".."), file("."), file(""), file("x/y"),
                     file(std::string("nul\0", 4)), directory("..", {file("b")}), file("good")});
    EXPECT_EQ(problems.size(), 7u);
    EXPECT_TRUE(fs::exists(folder_.path() / "target/good"));
    EXPECT_EQ(outside(), std::vector<std::string>{"outside"});
}

TEST_F(ARestore, DoesNotFollowLinksItMade) {
    for (const Overwrite overwrite : {Overwrite::Never, Overwrite::OnlyNewer}) {
        options_.overwrite = overwrite;
        const auto problems = restore_all(
            {link("sub", (folder_.path() / "outside").string()),
             directory("sub", {file("planted")}),
             link("file", (folder_.path() / "outside/through").string()), file("file")});
        EXPECT_FALSE(problems.empty());
        EXPECT_EQ(outside(), std::vector<std::string>{"outside"});
    }
}

TEST_F(ARestore, ReplacesLinksThatLieAtTheTarget) {
    const fs::path target = folder_.path() / "target";
    fs::create_directory(target);
    fs::create_directory_symlink(folder_.path() / "outside", target / "sub");
    fs::create_symlink(folder_.path() / "outside/through", target / "file");
    EXPECT_TRUE(restore_all({directory("sub", {file("inner")}), file("file")}).empty());
    EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(target / "file")));
    EXPECT_TRUE(fs::is_directory(fs::symlink_status(target / "sub")));
    EXPECT_EQ(outside(), std::vector<std::string>{"outside"});
}

mode_t mode_of(const fs::path& path) {
    struct stat status {};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0);
    return status.st_mode & 07777;
}

TEST_F(ARestore, GivesNewDirectoriesTheirModeInEveryMode) {
    for (const Overwrite overwrite : {Overwrite::Always, Overwrite::OnlyNewer, Overwrite::Never}) {
        options_.overwrite = overwrite;
        const fs::path target = folder_.path() / "target";
        fs::remove_all(target);
        fs::create_directories(target / "killed");
        fs::create_directory(target / "kept");
        // As a restore that was killed leaves it, and as its owner has it.
        ASSERT_EQ(::chmod((target / "killed").c_str(), 01700), 0);
        ASSERT_EQ(::chmod((target / "kept").c_str(), 0710), 0);
        EXPECT_TRUE(restore_all({directory("killed", {file("a")}), directory("kept", {}),
                                 directory("new", {file("a")})})
                        .empty());
        EXPECT_EQ(mode_of(target / "new"), 0755u);
        EXPECT_EQ(mode_of(target / "killed"), 0755u);
        EXPECT_EQ(mode_of(target / "kept"), overwrite == Overwrite::Always ? 0755u : 0710u);
    }
}

TEST_F(ARestore, LeavesNoPartOfAFileWhoseBlobIsDamaged) {
    const Node broken = file("broken", "to be damaged");
    writer_->finish();
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path() / "repository/data"))
        if (entry.is_regular_file()) {
            fs::permissions(entry, fs::perms::owner_write, fs::perm_options::add);
            std::fstream(entry.path(), std::ios::in | std::ios::out) << "damage";
        }
    EXPECT_EQ(restore_all({broken, file("good")}).size(), 1u);
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_.path() / "target"))
        found.push_back(entry.path().filename());
    EXPECT_EQ(found, std::vector<std::string>{"good"});
}

// What a killed restore left half written goes; a file that is called so in the snapshot comes.
TEST_F(ARestore, RemovesWhatAKilledOneLeft) {
    const std::string stray = ".lifeboat-0123456789abcdef-7.part";
    const fs::path target = folder_.path() / "target";
    fs::create_directories(target / "kept");
    for (const fs::path& path : {target / stray, target / "kept" / stray})
        std::ofstream(path) << "half";
    EXPECT_TRUE(restore_all({file("a"), file(stray), directory("kept", {file("b")}),
                             directory("new", {file("c"), file(stray)})})
                    .empty());
    EXPECT_TRUE(fs::exists(target / stray));
    EXPECT_EQ(fs::file_size(target / stray), 7u);
    EXPECT_FALSE(fs::exists(target / "kept" / stray));
    EXPECT_TRUE(fs::exists(target / "new" / stray));
}

TEST_F(ARestore, WritesMarkedFilesOfUnfinishedDirectoriesAnew) {
    options_.overwrite = Overwrite::Never;
    const fs::path target = folder_.path() / "target";
    for (const char* name : {"killed", "kept"}) {
        fs::create_directories(target / name);
        for (const char* marked : {"a", "gone"}) {
            std::ofstream(target / name / marked) << "half";
            ASSERT_EQ(::chmod((target / name / marked).c_str(), 01600), 0);
        }
        std::ofstream(target / name / "b") << "whole";
    }
    ASSERT_EQ(::chmod((target / "killed").c_str(), 01700), 0);
    EXPECT_TRUE(restore_all({directory("killed", {file("a"), file("b")}),
                             directory("kept", {file("a"), file("b")})})
                    .empty());
    EXPECT_EQ(fs::file_size(target / "killed/a"), 7u);
    EXPECT_FALSE(fs::exists(target / "killed/gone"));
    EXPECT_EQ(fs::file_size(target / "killed/b"), 5u);
    EXPECT_EQ(fs::file_size(target / "kept/a"), 4u);
    EXPECT_TRUE(fs::exists(target / "kept/gone"));
}

TEST_F(ARestore, SaysWhatItWouldRemove) {
    const fs::path target = folder_.path() / "target";
    fs::create_directories(target / "kept/extra/deep");
    std::ofstream(target / "kept/extra/file") << "x";
    options_.deletes_extra = true;
    options_.dry_run = true;
    restore_all({directory("kept", {file("b")}), directory("new", {file("c")})});
    EXPECT_EQ(report_.extra, std::vector<std::string>{"/kept/extra"});
    EXPECT_EQ(progress_.removed, 3u);
    EXPECT_EQ(progress_.files, 2u);
    EXPECT_TRUE(fs::exists(target / "kept/extra/file"));
    EXPECT_FALSE(fs::exists(target / "new"));
    options_.dry_run = false;
    EXPECT_TRUE(restore_all({directory("kept", {file("b")}), directory("new", {})}).empty());
    EXPECT_EQ(report_.extra, std::vector<std::string>{"/kept/extra"});
    EXPECT_FALSE(fs::exists(target / "kept/extra"));
}

TEST_F(ARestore, WritesAFileWhoseAttributeIsRefused) {
    Node odd = file("odd");
    odd.attributes = {{"nowhere.attribute", "value"}};
    const auto problems = restore_all({odd});
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_NE(problems[0].what.find("nowhere.attribute"), std::string::npos);
    EXPECT_EQ(mode_of(folder_.path() / "target/odd"), 0644u);
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path() / "target"), {}), 1);
}

// Two names of one file.
TEST_F(ARestore, RemovesNoDirectoryForALink) {
    Node first = file("first");
    first.links = 2;
    first.inode = 7;
    Node second = first;
    second.name = "second";
    const fs::path target = folder_.path() / "target";
    fs::create_directories(target / "second");
    std::ofstream(target / "second/mine") << "mine";
    const auto problems = restore_all({first, second});
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_EQ(problems[0].path, "/second");
    EXPECT_NE(problems[0].what.find("directory is in its place"), std::string::npos);
    EXPECT_TRUE(fs::exists(target / "second/mine"));
    fs::remove_all(target / "second");
    std::ofstream(target / "second") << "old";
    EXPECT_TRUE(restore_all({first, second}).empty());
    EXPECT_TRUE(fs::equivalent(target / "first", target / "second"));
    EXPECT_EQ(std::distance(fs::directory_iterator(target), {}), 2);
}

std::string text_of(const fs::path& path) {
    std::string text;
    std::getline(std::ifstream(path), text);
    return text;
}

TEST_F(ARestore, LinksNoNameToWhatStaysInPlaceOfTheFirst) {
    Node first = file("first", "saved");
    first.links = 3;
    first.inode = 7;
    std::vector<Node> nodes(3, first);
    nodes[1].name = "second";
    nodes[2].name = "third";
    const fs::path target = folder_.path() / "target";
    fs::create_directories(target);
    std::ofstream(target / "first") << "mine";
    options_.overwrite = Overwrite::Never;
    EXPECT_TRUE(restore_all({nodes[0], directory("below", {nodes[1], nodes[2]})}).empty());
    EXPECT_EQ(text_of(target / "first"), "mine");
    EXPECT_EQ(text_of(target / "below/second"), "saved");
    EXPECT_TRUE(fs::equivalent(target / "below/second", target / "below/third"));
    EXPECT_EQ(progress_.files, 2u);
}

// Where the file system keeps times less exactly than the snapshot, say.
TEST_F(ARestore, LinksToTheFirstByItsContentWhereItsTimeDoesNotTell) {
    Node first = file("first", "saved");
    first.links = 2;
    first.inode = 7;
    Node second = first;
    second.name = "second";
    const fs::path target = folder_.path() / "target";
    fs::create_directories(target);
    std::ofstream(target / "first") << "saved";
    options_.overwrite = Overwrite::Never;
    EXPECT_TRUE(restore_all({first, directory("below", {second})}).empty());
    EXPECT_TRUE(fs::equivalent(target / "first", target / "below/second"));
}

// The first was removed while the backup ran, and its number given to the second.
TEST_F(ARestore, TakesNoTwoFilesForOneByTheirNumber) {
    Node first = file("first", "one"), second = file("second", "another");
    first.links = second.links = 2;
    first.inode = second.inode = 7;
    EXPECT_TRUE(restore_all({first, second}).empty());
    EXPECT_EQ(text_of(folder_.path() / "target/first"), "one");
    EXPECT_EQ(text_of(folder_.path() / "target/second"), "another");
}

TEST_F(ARestore, MakesNoDevicesUnlessAskedTo) {
    Node device = named("device", NodeType::CharDevice, 1U << 26 | 1U << 21 | 0666);
    device.device = 259;
    EXPECT_TRUE(restore_all({device}).empty());
    EXPECT_EQ(progress_.skipped, 1u);
    EXPECT_FALSE(fs::exists(folder_.path() / "target/device"));
}

TEST_F(ARestore, ReportsWhatTheRepositoryLacks) {
    Node lost = named("lost", NodeType::File, 0644);
    lost.size = 5;
    lost.content = {{Id::of("never saved")}};
    Node wrong = file("wrong size");
    wrong.size = 1ULL << 60;
    Node gone = named("gone", NodeType::Directory, 1U << 31 | 0755);
    gone.subtree = Id::of("no tree");
    const auto problems = restore_all({lost, wrong, gone, file("good")});
    EXPECT_EQ(problems.size(), 3u);
    EXPECT_TRUE(fs::exists(folder_.path() / "target/good"));
    EXPECT_FALSE(fs::exists(folder_.path() / "target/wrong size"));
}

TEST_F(ARestore, WritesDirectoriesThatNestDeep) {
    Node node = directory("deep", {file("bottom")});
    for (int i = 0; i < 30; ++i)
        node = directory("deep", {node});
    EXPECT_TRUE(restore_all({node}).empty());
}

TEST_F(ARestore, MapsOwnersAndDropsTheirPowers) {
    Node node = file("program");
    node.mode = 0755 | 1U << 23;
    node.uid = 1000;
    node.gid = 1000;
    options_.users = {{1000, 200005}};
    options_.groups = {{1000, 1001}};
    if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
    EXPECT_TRUE(restore_all({node}).empty());
    struct stat status {};
    ASSERT_EQ(::stat((folder_.path() / "target/program").c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, 200005u);
    EXPECT_EQ(status.st_gid, 1001u);
    EXPECT_EQ(status.st_mode & 07777, 0755u);
}

// The target was made before, as homes are.
TEST_F(ARestore, GivesEverythingToOneOwnerAndTheTargetItsMode) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
    const fs::path target = folder_.path() / "target";
    fs::create_directory(target);
    Node one = file("one"), other = directory("other", {});
    one.uid = 200000;
    one.gid = 1001;
    other.uid = 7;
    options_.owner = 200005;
    options_.top = directory("200000", {});
    options_.top->mode = 1U << 31 | 0750;
    options_.top->uid = 200000;
    options_.top->gid = 1001;
    struct stat status {};
    for (const Overwrite overwrite : {Overwrite::Never, Overwrite::OnlyNewer}) {
        options_.overwrite = overwrite;
        fs::permissions(target, fs::perms(0700));
        EXPECT_TRUE(restore_all({one, other}).empty());
        ASSERT_EQ(::stat(target.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 07777, overwrite == Overwrite::Never ? 0700u : 0750u);
    }
    EXPECT_EQ(status.st_uid, 200005u);
    EXPECT_EQ(status.st_gid, 1001u);
    for (const char* name : {"one", "other"}) {
        ASSERT_EQ(::stat((target / name).c_str(), &status), 0);
        EXPECT_EQ(status.st_uid, 200005u) << name;
    }
}

}  // namespace
}  // namespace lifeboat::vault

#include "mount/file_system.h"

#include <gtest/gtest.h>
#include <sys/sysmacros.h>

#include "base/error.h"
#include "base/random.h"
#include "os/testing/temporary_directory.h"
#include "vault/blob_writer.h"
#include "vault/directory_store.h"

namespace lifeboat::mount {
namespace {

using vault::BlobType;
using vault::Node;
using vault::NodeType;

class AFileSystem : public testing::Test {
  protected:
    AFileSystem() {
        vault::DirectoryStore::make(folder_.path());
        store_.emplace(folder_.path(), random_);
        vault::Repository::make(*store_, "password", {}, SystemClock(), random_);
        repository_.emplace(*store_, "password", random_);
        writer_.emplace(*repository_);
    }
    static Node named(const std::string& name, NodeType type, std::uint32_t permissions) {
        Node node;
        node.name = name;
        node.type = type;
        node.mode = permissions;
        node.links = 1;
        return node;
    }
    Node file(const std::string& name, const std::string& content) {
        Node node = named(name, NodeType::File, 0640);
        node.size = content.size();
        node.content = {{writer_->save(BlobType::Data, content)}};
        return node;
    }
    Node directory(const std::string& name, const std::vector<Node>& nodes) {
        Node node = named(name, NodeType::Directory, 1U << 31 | 0755);
        node.subtree = writer_->save(BlobType::Tree, vault::encode_tree(nodes));
        return node;
    }
    void start(const std::vector<Node>& nodes) {
        vault::Snapshot snapshot;
        snapshot.time = vault::ZonedTime::parse("2024-01-02T03:04:05Z");
        snapshot.host = "vm";
        snapshot.tree = writer_->save(BlobType::Tree, vault::encode_tree(nodes));
        writer_->finish();
        vault::save_snapshot(*repository_, snapshot);
        browser_.emplace(*repository_, clock_);
        files_.emplace(*browser_, options_);
    }
    // Below the snapshot's root, if there is a name of that.
    std::optional<FileSystem::Entry> find(const std::string& path) {
        return find_from("snapshots/2024-01-02T03:04:05Z/" + path);
    }
    std::optional<FileSystem::Entry> find_from(std::string path) {
        std::optional<FileSystem::Entry> at = files_->status(NodeTable::kRoot);
        while (at && !path.empty()) {
            const auto slash = std::min(path.find('/'), path.size());
            if (slash > 0) at = files_->look_up(at->number, path.substr(0, slash));
            path.erase(0, slash + 1);
        }
        return at;
    }
    std::vector<std::string> names(std::uint64_t number) {
        const auto open = files_->open_directory(number);
        std::vector<std::string> found;
        for (std::size_t i = 0; i < open->size(); ++i)
            found.push_back(open->name(i));
        return found;
    }

    os::testing::TemporaryDirectory folder_;
    SeededRandom random_{44};
    SystemClock clock_;
    std::optional<vault::DirectoryStore> store_;
    std::optional<vault::Repository> repository_;
    std::optional<vault::BlobWriter> writer_;
    FileSystemOptions options_;
    std::optional<vault::Browser> browser_;
    std::optional<FileSystem> files_;
};

TEST_F(AFileSystem, SaysWhatWasSaved) {
    Node odd = file("odd", "content");
    odd.mode |= 1U << 23;  // set-uid
    odd.uid = 1234;
    odd.gid = 55;
    odd.links = 3;
    odd.mtime = vault::ZonedTime::parse("1969-12-31T23:59:58.123456789Z");
    odd.attributes = {{"user.note", "value"}};
    Node device = named("device", NodeType::CharDevice, 1U << 26 | 1U << 21 | 0600);
    device.device = makedev(1, 3);
    Node link = named("link", NodeType::Symlink, 1U << 27 | 0777);
    link.link_target = "to \xff";
    link.raw_link_target = true;
    start({odd, device, link, named("pipe", NodeType::Fifo, 1U << 25 | 0644)});

    const auto found = find("odd");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->status.st_mode, S_IFREG | 04640u);
    EXPECT_EQ(found->status.st_uid, 1234u);
    EXPECT_EQ(found->status.st_gid, 55u);
    EXPECT_EQ(found->status.st_size, 7);
    EXPECT_EQ(found->status.st_nlink, 3u);
    EXPECT_EQ(found->status.st_mtim.tv_sec, -2);
    EXPECT_EQ(found->status.st_mtim.tv_nsec, 123456789);
    EXPECT_EQ(files_->attributes(found->number).at(0).name, "user.note");
    EXPECT_EQ(find("device")->status.st_mode, S_IFCHR | 0600u);
    EXPECT_EQ(find("device")->status.st_rdev, makedev(1, 3));
    EXPECT_EQ(find("pipe")->status.st_mode, S_IFIFO | 0644u);
    EXPECT_EQ(files_->read_link(find("link")->number), "to \xff");
    EXPECT_EQ(find("link")->status.st_size, 4);
    EXPECT_FALSE(find("absent"));
    EXPECT_EQ(files_->path(found->number), "snapshots/2024-01-02T03:04:05Z/odd");
    EXPECT_EQ(files_->status(found->number)->status.st_ino, found->status.st_ino);
}

TEST_F(AFileSystem, GivesEverythingToRootWhenAsked) {
    Node theirs = file("theirs", "x");
    theirs.uid = theirs.gid = 1234;
    options_.owner = {7, 8};
    start({theirs});
    EXPECT_EQ(find("theirs")->status.st_uid, 1234u);
    EXPECT_EQ(find_from("hosts")->status.st_uid, 7u);
    EXPECT_EQ(find_from("hosts")->status.st_gid, 8u);
    options_.owner_is_root = true;
    files_.emplace(*browser_, options_);
    EXPECT_EQ(find("theirs")->status.st_uid, 0u);
    EXPECT_EQ(find_from("hosts")->status.st_uid, 0u);
}

TEST_F(AFileSystem, ShowsFoldersAroundTheSnapshots) {
    start({file("a", "a")});
    EXPECT_EQ(names(NodeTable::kRoot),
              (std::vector<std::string>{"hosts", "ids", "snapshots", "tags"}));
    EXPECT_EQ(names(find_from("hosts/vm")->number),
              (std::vector<std::string>{"2024-01-02T03:04:05Z", "latest"}));
    const auto latest = find_from("snapshots/latest");
    EXPECT_TRUE(S_ISLNK(latest->status.st_mode));
    EXPECT_EQ(files_->read_link(latest->number), "2024-01-02T03:04:05Z");
    EXPECT_FALSE(latest->is_lasting);
    EXPECT_FALSE(find_from("snapshots")->is_lasting);
    EXPECT_TRUE(find("a")->is_lasting);
    EXPECT_EQ(find("")->status.st_mtim.tv_sec, 1704164645);
    EXPECT_EQ(find("")->status.st_mode, S_IFDIR | 0555u);
    EXPECT_FALSE(find_from("hosts/other"));
    EXPECT_TRUE(files_->attributes(find_from("hosts")->number).empty());
    EXPECT_EQ(files_->open(find_from("hosts")->number), nullptr);
}

TEST_F(AFileSystem, GivesHardLinksOneInodeWithinASnapshot) {
    Node one = file("one", "x");
    one.links = 2;
    one.inode = 99;
    Node two = one;
    two.name = "two";
    Node other = two;
    other.name = "other";
    other.inode = 100;
    start({one, other, two});
    EXPECT_EQ(find("one")->status.st_ino, find("two")->status.st_ino);
    EXPECT_NE(find("one")->status.st_ino, find("other")->status.st_ino);
    EXPECT_NE(find("one")->number, find("two")->number);
    const auto by_host = find_from("hosts/vm/2024-01-02T03:04:05Z/one");
    EXPECT_NE(find("one")->status.st_ino, by_host->status.st_ino);
}

TEST_F(AFileSystem, ListsWhatItFinds) {
    start({directory("sub", {file("b", "b"), file("a", "a")}), file("..", "x"), file("x/y", "z")});
    EXPECT_EQ(names(find("")->number), std::vector<std::string>{"sub"});
    const auto open = files_->open_directory(find("sub")->number);
    ASSERT_EQ(open->size(), 2u);
    const auto told = files_->nodes().size();
    const auto peeked = files_->entry(*open, 0, FileSystem::Telling::Nobody);
    EXPECT_EQ(files_->nodes().size(), told);
    EXPECT_EQ(peeked->number, 0u);
    const auto entry = files_->entry(*open, 0, FileSystem::Telling::Kernel);
    EXPECT_EQ(files_->nodes().size(), told + 1);
    EXPECT_EQ(entry->number, find("sub/a")->number);
    EXPECT_EQ(entry->status.st_ino, peeked->status.st_ino);
    files_->forget(entry->number, 2);
    EXPECT_FALSE(files_->status(entry->number));
}

TEST_F(AFileSystem, ReadsFilesAndRefusesThoseThatCannotBeWhole) {
    Node short_one = file("short", "1234");
    short_one.size = 5;
    start({file("a", "content"), short_one});
    const auto open = files_->open(find("a")->number);
    ASSERT_NE(open, nullptr);
    const auto parts = files_->read(*open, 2, 100);
    ASSERT_EQ(parts.size(), 1u);
    EXPECT_EQ(parts[0].bytes, "ntent");
    EXPECT_THROW(files_->open(find("short")->number), Error);
}

TEST_F(AFileSystem, RefusesWhatIsNoLinkOrDirectory) {
    Node link = named("long", NodeType::Symlink, 0777);
    link.link_target = std::string(4096, 'x');
    Node zero = named("zero", NodeType::Symlink, 0777);
    zero.link_target = std::string("a\0b", 3);
    zero.raw_link_target = true;
    Node bare = named("bare", NodeType::Directory, 0755);
    start({link, zero, bare});
    EXPECT_THROW(files_->read_link(find("long")->number), Error);
    EXPECT_THROW(files_->read_link(find("zero")->number), Error);
    EXPECT_THROW(files_->open_directory(find("bare")->number), Error);
    EXPECT_EQ(files_->open(find("bare")->number), nullptr);
}

TEST_F(AFileSystem, EndsWhereDirectoriesNestTooDeep) {
    std::vector<Node> nodes;
    for (unsigned depth = 0; depth < vault::kMostDepth + 5; ++depth)
        nodes = {directory("d", nodes)};
    start(nodes);
    std::string path;
    for (unsigned depth = 0; depth < vault::kMostDepth; ++depth)
        path += "d/";
    EXPECT_TRUE(find(path));
    EXPECT_THROW(find(path + "d"), Error);
}

}  // namespace
}  // namespace lifeboat::mount

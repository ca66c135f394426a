#include "vault/copy.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>

#include "base/error.h"
#include "base/random.h"
#include "base/testing/manual_clock.h"
#include "os/testing/temporary_directory.h"
#include "vault/directory_store.h"
#include "vault/forwarding_store.h"
#include "vault/tree.h"

namespace lifeboat::vault {
namespace {

// Counts the packs that were read from, and written.
class CountingStore final : public ForwardingStore {
  public:
    using ForwardingStore::ForwardingStore;
    using ForwardingStore::load;

    void load(FileKind kind, const std::string& name, std::uint64_t offset, char* out,
              std::size_t length) override {
        loads += kind == FileKind::Data ? 1 : 0;
        ForwardingStore::load(kind, name, offset, out, length);
    }
    void save(FileKind kind, const std::string& name, std::string_view content) override {
        if (kind == FileKind::Data && on_pack) on_pack();
        ForwardingStore::save(kind, name, content);
    }

    int loads = 0;
    std::function<void()> on_pack;
};

struct Side {
    explicit Side(Random& random) {
        DirectoryStore::make(folder.path());
        directory.emplace(folder.path(), random);
        store.emplace(*directory);
        Repository::make(*store, "password", {}, SystemClock(), random);
        repository.emplace(*store, "password", random);
    }

    os::testing::TemporaryDirectory folder;
    std::optional<DirectoryStore> directory;
    std::optional<CountingStore> store;
    std::optional<Repository> repository;
};

class ACopy : public ::testing::Test {
  protected:
    // Of a directory with `count` others, a mebibyte of text each.
    Snapshot save(int count) {
        BlobWriter writer(*from_.repository);
        std::vector<Node> nodes;
        for (int i = 0; i < count; ++i) {
            Node inner;
            inner.type = NodeType::Symlink;
            inner.name = "link";
            inner.link_target = new_hex(random_, 1 << 20);
            Node& node = nodes.emplace_back();
            node.type = NodeType::Directory;
            node.name = std::to_string(i);
            node.subtree = writer.save(BlobType::Tree, encode_tree({inner}));
        }
        Snapshot snapshot;
        snapshot.tree = writer.save(BlobType::Tree, encode_tree(nodes));
        writer.finish();
        snapshot.id = save_snapshot(*from_.repository, snapshot);
        return snapshot;
    }

    SeededRandom random_{61};
    lifeboat::testing::ManualClock clock_{SystemClock().now()};
    Side from_{random_}, to_{random_};
};

TEST_F(ACopy, HoldsABoundedPartOfTheTreesInMemory) {
    constexpr int kTrees = 60;
    const Snapshot snapshot = save(kTrees);
    from_.store->loads = 0;
    int loads_before_first = 0;
    to_.store->on_pack = [&] {
        if (loads_before_first == 0) loads_before_first = from_.store->loads;
    };
    Lock lock(*to_.repository, LockKind::Shared, clock_);
    EXPECT_EQ(copy_snapshots(*from_.repository, {snapshot}, *to_.repository, lock).copied.size(),
              1u);
    EXPECT_EQ(from_.store->loads, kTrees + 1);
    EXPECT_LT(loads_before_first, kTrees);
}

TEST_F(ACopy, GoesOnFromWhereItWasStopped) {
    const Snapshot snapshot = save(60);
    std::stop_source stop;
    to_.store->on_pack = [&] { stop.request_stop(); };
    Lock lock(*to_.repository, LockKind::Shared, clock_);
    try {
        copy_snapshots(*from_.repository, {snapshot}, *to_.repository, lock, stop.get_token());
        ADD_FAILURE() << "it went on";
    } catch (const Error& error) {
        EXPECT_EQ(error.category(), ErrorCategory::Cancelled);
    }
    EXPECT_TRUE(list_snapshots(*to_.repository, {}).empty());
    EXPECT_EQ(copy_snapshots(*from_.repository, {snapshot}, *to_.repository, lock).copied.size(),
              1u);
}

// A prune may have deleted what the copy found there already.
TEST_F(ACopy, SavesNoSnapshotWhenItLostItsLock) {
    const Snapshot snapshot = save(1);
    Lock lock(*to_.repository, LockKind::Shared, clock_);
    to_.store->on_pack = [&] { clock_.advance(std::chrono::minutes(31)); };
    EXPECT_THROW(copy_snapshots(*from_.repository, {snapshot}, *to_.repository, lock), Error);
    EXPECT_TRUE(list_snapshots(*to_.repository, {}).empty());
}

}  // namespace
}  // namespace lifeboat::vault

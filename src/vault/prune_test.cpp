#include "vault/prune.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>

#include "base/error.h"
#include "base/random.h"
#include "os/testing/temporary_directory.h"
#include "vault/backup.h"
#include "vault/blob_writer.h"
#include "vault/check.h"
#include "vault/directory_store.h"
#include "vault/forwarding_store.h"
#include "vault/orphans.h"
#include "vault/snapshot.h"
#include "vault/tree.h"

namespace lifeboat::vault {
namespace {

// Calls `on_replaced` when a prune has begun to take the old index away.
class WatchedStore final : public ForwardingStore {
  public:
    using ForwardingStore::ForwardingStore;

    void remove(FileKind kind, const std::string& name) override {
        ForwardingStore::remove(kind, name);
        if (kind == FileKind::Index && on_replaced) std::exchange(on_replaced, nullptr)();
    }

    void save(FileKind kind, const std::string& name, std::string_view content) override {
        if (kind == FileKind::Data && on_pack) std::exchange(on_pack, nullptr)();
        ForwardingStore::save(kind, name, content);
    }

    std::function<void()> on_replaced;
    std::function<void()> on_pack;  // before the next pack is saved
};

class APrune : public testing::Test {
  protected:
    APrune() {
        DirectoryStore::make(folder_.path());
        directory_.emplace(folder_.path(), random_);
        store_.emplace(*directory_);
        Repository::make(*store_, "password", {}, clock_, random_);
    }
    Repository open() { return {*store_, "password", random_}; }
    std::string noise(std::size_t size) {
        std::string bytes(size, '\0');
        random_.fill(std::as_writable_bytes(std::span(bytes)));
        return bytes;
    }
    // The tree of a snapshot with one file.
    static Id save_file(BlobWriter& writer, const std::string& content) {
        Node node;
        node.name = "file";
        node.size = content.size();
        node.content = {{writer.save(BlobType::Data, content)}};
        return writer.save(BlobType::Tree, encode_tree({node}));
    }
    static void save_snapshot_of(Repository& repository, const Id& tree) {
        Snapshot snapshot;
        snapshot.tree = tree;
        snapshot.paths = {"/file"};
        save_snapshot(repository, snapshot);
    }
    PruneReport prune_now() {
        Repository repository = open();
        Lock lock(repository, LockKind::Shared, clock_);
        return prune(repository, lock, clock_, options_);
    }
    std::vector<std::string> damage(CheckDepth depth = CheckDepth::ReadData) {
        Repository repository = open();
        CheckOptions options;
        options.depth = depth;
        return check(repository, options).damage;
    }

    os::testing::TemporaryDirectory folder_;
    SeededRandom random_{41};
    SystemClock clock_;
    std::optional<DirectoryStore> directory_;
    std::optional<WatchedStore> store_;
    PruneOptions options_{.margin = std::chrono::seconds(0)};
};

// It holds no lock any more when the prune looks who does.
TEST_F(APrune, LeavesWhatABackupThatEndedMeanwhileReliesOn) {
    Repository forgotten = open();
    Id tree;
    {
        BlobWriter writer(forgotten);
        tree = save_file(writer, noise(1 << 20));
        writer.finish();
    }
    Repository backup = open();
    std::optional<Lock> lock(std::in_place, backup, LockKind::Shared, clock_);
    backup.load_index(Repository::Detail::Backup);
    ASSERT_TRUE(backup.has(BlobType::Tree, tree));
    store_->on_replaced = [&] {
        save_snapshot_of(backup, tree);
        lock.reset();
    };
    const PruneReport during = prune_now();
    ASSERT_FALSE(store_->on_replaced);
    EXPECT_EQ(during.deleted_packs, 0u);
    EXPECT_EQ(during.rescued_packs, 2u);
    EXPECT_EQ(damage(), std::vector<std::string>());
    const PruneReport after = prune_now();
    EXPECT_EQ(after.rescued_packs, 0u);
    EXPECT_EQ(after.deleted_packs, 0u);
}

// The prune ends first, and leaves an index without what the backup relies on.
TEST_F(APrune, IsMadeGoodByABackupThatEndsLater) {
    const std::filesystem::path source = folder_.path() / "source";
    std::filesystem::create_directory(source);
    std::ofstream(source / "file") << noise(1 << 20);
    BackupOptions what;
    what.paths = {source.string()};
    BackupProgress progress;
    const auto run = [&] {
        Repository repository = open();
        Lock lock(repository, LockKind::Shared, clock_);
        repository.load_index(Repository::Detail::Backup);
        what.lock = &lock;
        const BackupReport report = back_up(repository, what, progress);
        lock.require_held();
        return report.snapshot.id;
    };
    directory_->remove(FileKind::Snapshot, run().hex());
    PruneReport during;
    // Anything new, so that the backup writes a pack, and a prune can run before its end.
    std::ofstream(source / "other") << "other";
    store_->on_pack = [&] { during = prune_now(); };
    run();
    EXPECT_GE(during.doomed_packs, 2u);
    EXPECT_EQ(during.deleted_packs, 0u);
    EXPECT_EQ(damage(), std::vector<std::string>());
    EXPECT_EQ(prune_now().rescued_packs, 0u);
}

// It was interrupted: there is no snapshot, but an index that others read.
TEST_F(APrune, LeavesPacksThatWereIndexedMeanwhile) {
    {
        Repository forgotten = open();
        BlobWriter writer(forgotten);
        save_file(writer, noise(1 << 20));
        writer.finish();
    }
    Repository backup = open();
    std::optional<Lock> lock(std::in_place, backup, LockKind::Shared, clock_);
    backup.load_index(Repository::Detail::Backup);
    BlobWriter writer(backup);
    while (writer.totals(BlobType::Data).packs == 0)
        writer.save(BlobType::Data, noise(1 << 20));
    store_->on_replaced = [&] {
        writer.finish();
        lock.reset();
    };
    const PruneReport during = prune_now();
    ASSERT_FALSE(store_->on_replaced);
    EXPECT_EQ(during.deleted_packs, 2u);  // of what was forgotten
    EXPECT_EQ(damage(), std::vector<std::string>());
}

// Else the backup after a crash would rely on what the next prune deletes beside it.
TEST_F(APrune, KeepsForItselfWhatWaits) {
    {
        Repository forgotten = open();
        BlobWriter writer(forgotten);
        save_file(writer, noise(1 << 20));
        writer.finish();
    }
    options_.margin = std::chrono::hours(1);
    EXPECT_EQ(prune_now().doomed_packs, 2u);
    Repository repository = open();
    BlobWriter writer(repository);
    while (writer.totals(BlobType::Data).packs == 0)
        writer.save(BlobType::Data, noise(1 << 20));
    Repository next = open();
    next.load_index();
    EXPECT_EQ(adopt_orphans(next), 1u);
}

// Two wrote the same at the same time. What the index finds first is damaged; the other is not.
TEST_F(APrune, DeletesNoCopyOfWhatADamagedPackHolds) {
    const std::string content = noise(1 << 20);
    Id tree;
    for (int i = 0; i < 2; ++i) {
        Repository repository = open();
        BlobWriter writer(repository);
        tree = save_file(writer, content);
        writer.finish();
    }
    Repository repository = open();
    save_snapshot_of(repository, tree);
    repository.load_index();
    ASSERT_EQ(repository.index().packs().size(), 4u);
    const Id blob = Id::of(content);
    const auto path = directory_->path(
        FileKind::Data, repository.index().find(BlobType::Data, blob).pack->id.hex());
    std::filesystem::resize_file(path, 1 << 20);
    EXPECT_EQ(damage(CheckDepth::Structure).size(), 1u);
    EXPECT_THROW(prune_now(), Error);
    std::filesystem::remove(path);
    EXPECT_EQ(damage(CheckDepth::Structure).size(), 1u);
    EXPECT_THROW(prune_now(), Error);
    rebuild_index(repository);
    prune_now();
    EXPECT_EQ(damage(), std::vector<std::string>());
}

}  // namespace
}  // namespace lifeboat::vault

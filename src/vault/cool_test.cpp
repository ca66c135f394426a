#include "vault/cool.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/random.h"
#include "os/testing/temporary_directory.h"
#include "vault/blob_writer.h"
#include "vault/check.h"
#include "vault/prune.h"
#include "vault/snapshot.h"
#include "vault/tiered_store.h"
#include "vault/tree.h"

namespace lifeboat::vault {
namespace {

using std::chrono::days;

class ACooling : public testing::Test {
  protected:
    ACooling() {
        DirectoryStore::make(folder_.path() / "repository");
        store_.emplace(folder_.path() / "repository", random_);
        Repository::make(*store_, "password", {}, clock_, random_);
        store_->set_cold(folder_.path() / "cold");
    }
    Repository open() { return {*store_, "password", random_}; }
    std::string noise() {
        std::string bytes(1 << 20, '\0');
        random_.fill(std::as_writable_bytes(std::span(bytes)));
        return bytes;
    }
    // A snapshot of files of these contents, in packs of its own.
    Id save(days age, const std::vector<std::string>& contents, const std::string& path = "/home") {
        Repository repository = open();
        repository.load_index();
        BlobWriter writer(repository);
        std::vector<Node> nodes;
        for (const std::string& content : contents) {
            Node node;
            node.name = "file" + std::to_string(nodes.size());
            node.size = content.size();
            node.content = {{writer.save(BlobType::Data, content)}};
            nodes.push_back(std::move(node));
        }
        Snapshot snapshot;
        snapshot.tree = writer.save(BlobType::Tree, encode_tree(nodes));
        writer.finish();
        snapshot.paths = {path};
        snapshot.time = ZonedTime::local(clock_.now() - age);
        // Packs are as old as the files they lie in.
        store_->each_pack([&](const TieredPack& pack) {
            if (!known_.insert(pack.id).second) return;
            std::filesystem::last_write_time(store_->path(FileKind::Data, pack.id.hex()),
                                             std::filesystem::file_time_type::clock::now() - age);
        });
        return save_snapshot(repository, snapshot);
    }
    CoolReport cool_now(bool dry_run = false, bool newest_too = false) {
        Repository repository = open();
        CoolOptions options;
        options.before = clock_.now() - days(30);
        options.dry_run = dry_run;
        options.newest_too = newest_too;
        CoolProgress progress;
        return cool(repository, options, progress);
    }
    CheckReport check_now() {
        Repository repository = open();
        CheckOptions options;
        options.depth = CheckDepth::ReadData;
        return check(repository, options);
    }
    PruneReport prune_now() {
        Repository repository = open();
        Lock lock(repository, LockKind::Shared, clock_);
        return prune(repository, lock, clock_, {.margin = std::chrono::seconds(0)});
    }
    std::uint64_t bytes_in(const char* folder) const {
        std::uint64_t bytes = 0;
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(folder_.path() / folder / "data"))
            if (entry.is_regular_file()) bytes += entry.file_size();
        return bytes;
    }

    os::testing::TemporaryDirectory folder_;
    SeededRandom random_{41};
    SystemClock clock_;
    std::optional<TieredStore> store_;
    std::set<Id> known_;
};

TEST_F(ACooling, MovesDataThatOnlyOldSnapshotsNeed) {
    const std::string shared = noise(), gone = noise();
    save(days(100), {shared});
    save(days(90), {gone});
    save(days(1), {shared, noise()});
    const CoolReport dry = cool_now(true);
    EXPECT_EQ(bytes_in("cold"), 0U);
    const CoolReport done = cool_now();
    EXPECT_EQ(done.packs, 1U);  // not the one with its tree
    EXPECT_EQ(dry.packs, done.packs);
    EXPECT_EQ(dry.bytes, done.bytes);
    EXPECT_EQ(done.bytes, bytes_in("cold"));
    EXPECT_GT(done.bytes, std::uint64_t{1} << 20);
    EXPECT_EQ(done.hot_packs, 5U);
    EXPECT_EQ(done.hot_bytes, bytes_in("repository"));
    const CoolReport again = cool_now();
    EXPECT_EQ(again.packs, 0U);
    EXPECT_EQ(again.cold_packs, 1U);
    EXPECT_EQ(again.cold_bytes, done.bytes);
    const CheckReport whole = check_now();
    EXPECT_EQ(whole.damage, std::vector<std::string>());
    EXPECT_EQ(whole.packs_read, 6U);
    EXPECT_EQ(whole.packs_frozen, 0U);
}

TEST_F(ACooling, LeavesTheNewestSnapshotOfEachPlaceHot) {
    save(days(100), {noise()}, "/one");
    save(days(90), {noise()}, "/two");
    EXPECT_EQ(cool_now().packs, 0U);
    EXPECT_EQ(cool_now(false, true).packs, 2U);
    EXPECT_EQ(check_now().damage, std::vector<std::string>());
}

TEST_F(ACooling, LeavesYoungPacksAndWhatNobodyNeeds) {
    const std::string content = noise();
    save(days(90), {content});
    const Id forgotten = save(days(80), {noise()});
    save(days(1), {noise()});
    store_->remove(FileKind::Snapshot, forgotten.hex());
    // As a prune or a copy would have written it just now.
    store_->each_pack([&](const TieredPack& pack) {
        std::filesystem::last_write_time(store_->path(FileKind::Data, pack.id.hex()),
                                         std::filesystem::file_time_type::clock::now());
    });
    EXPECT_EQ(cool_now().packs, 0U);
    store_->each_pack([&](const TieredPack& pack) {
        std::filesystem::last_write_time(store_->path(FileKind::Data, pack.id.hex()),
                                         std::filesystem::file_time_type::clock::now() - days(80));
    });
    EXPECT_EQ(cool_now().packs, 1U);
}

TEST_F(ACooling, LetsAPruneKeepColdPacksWhole) {
    const std::string kept = noise();
    const Id mostly = save(days(100), {kept, noise(), noise()});
    save(days(90), {kept});
    const Id all = save(days(80), {noise()});
    save(days(1), {});
    ASSERT_EQ(cool_now().packs, 2U);
    const auto before = bytes_in("cold");
    store_->remove(FileKind::Snapshot, mostly.hex());
    EXPECT_EQ(prune_now().rewritten_bytes, 0U);
    EXPECT_EQ(bytes_in("cold"), before);
    store_->remove(FileKind::Snapshot, all.hex());
    const PruneReport done = prune_now();
    EXPECT_GT(done.deleted_bytes, std::uint64_t{1} << 20);
    EXPECT_LT(bytes_in("cold"), before);
    EXPECT_EQ(check_now().damage, std::vector<std::string>());
}

TEST_F(ACooling, MovesNothingWhenItCannotSayWhatIsNeeded) {
    save(days(100), {noise()});
    save(days(90), {noise()});
    const Id lost = save(days(1), {noise()});
    Repository repository = open();
    repository.load_index();
    const Snapshot snapshot = load_snapshot(repository, lost.hex());
    const PackEntry* pack = repository.find(BlobType::Tree, snapshot.tree).pack;
    store_->remove(FileKind::Data, pack->id.hex());
    EXPECT_THROW(cool_now(), Error);
    EXPECT_EQ(bytes_in("cold"), 0U);
}

TEST_F(ACooling, NamesWhatIsDamagedAndMovesTheRest) {
    save(days(100), {noise()});
    save(days(90), {noise()});
    save(days(1), {});
    const CoolReport dry = cool_now(true);
    ASSERT_EQ(dry.packs, 2U);
    Repository repository = open();
    repository.load_index();
    for (const PackEntry& pack : repository.index().packs())
        if (pack.blobs[0].type == BlobType::Data) {
            const auto file = store_->path(FileKind::Data, pack.id.hex());
            const auto when = std::filesystem::last_write_time(file);
            std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
            std::filesystem::last_write_time(file, when);
            break;
        }
    const CoolReport done = cool_now();
    EXPECT_EQ(done.packs, 1U);
    ASSERT_EQ(done.problems.size(), 1U);
    EXPECT_NE(done.problems[0].find("WrongContent"), std::string::npos);
}

}  // namespace
}  // namespace lifeboat::vault

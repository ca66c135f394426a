#include "vault/snapshot_watch.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "base/error.h"
#include "base/random.h"
#include "base/testing/manual_clock.h"
#include "os/testing/temporary_directory.h"
#include "vault/blob_writer.h"
#include "vault/directory_store.h"
#include "vault/forwarding_store.h"

namespace lifeboat::vault {
namespace {

using namespace std::chrono_literals;

// Lists no snapshots while it is silent.
class SilentStore final : public ForwardingStore {
  public:
    using ForwardingStore::ForwardingStore;

    void each(FileKind kind,
              const std::function<void(const std::string&, std::uint64_t)>& visit) override {
        if (kind == FileKind::Snapshot && is_silent)
            throw Error(ErrorCategory::Unavailable, "Silent", "no answer");
        ForwardingStore::each(kind, visit);
    }
    bool is_silent = false;
};

class ASnapshotWatch : public ::testing::Test {
  protected:
    ASnapshotWatch() {
        DirectoryStore::make(folder_.path());
        store_.emplace(folder_.path(), random_);
        Repository::make(*store_, "password", {}, SystemClock(), random_);
        silent_.emplace(*store_);
        repository_.emplace(*silent_, "password", random_);
        other_.emplace(*store_, "password", random_);
        blobs_.emplace(*repository_);
    }
    // What another program saves: a snapshot of an empty directory, named by its time.
    Snapshot save(const std::string& host) {
        BlobWriter writer(*other_);
        Snapshot snapshot;
        snapshot.time = ZonedTime::local(clock_.now() + 1s * ++saved_);
        snapshot.host = host;
        snapshot.tree = writer.save(BlobType::Tree, "{\"nodes\":[]}\n" + std::string(saved_, ' '));
        writer.finish();
        snapshot.id = save_snapshot(*other_, snapshot);
        return snapshot;
    }
    void start(const SnapshotFilter& filter = {}) {
        watch_.emplace(*repository_, *blobs_, clock_, filter, 5s);
    }
    std::size_t shown() { return watch_->folders()->snapshots().size(); }

    os::testing::TemporaryDirectory folder_;
    SeededRandom random_{33};
    lifeboat::testing::ManualClock clock_{Time(1'000'000'000s)};
    std::optional<DirectoryStore> store_;
    std::optional<SilentStore> silent_;
    std::optional<Repository> repository_, other_;
    std::optional<BlobReader> blobs_;
    std::optional<SnapshotWatch> watch_;
    unsigned saved_ = 0;
};

TEST_F(ASnapshotWatch, ShowsNewSnapshotsAfterAWhileWithTheirBlobs) {
    start();
    EXPECT_EQ(shown(), 0u);
    const Snapshot snapshot = save("a");
    clock_.advance(4s);
    EXPECT_EQ(shown(), 0u);
    clock_.advance(1s);
    EXPECT_EQ(shown(), 1u);
    EXPECT_TRUE(blobs_->size(BlobType::Tree, snapshot.tree));
}

TEST_F(ASnapshotWatch, ForgetsWhatIsForgotten) {
    const Snapshot first = save("a");
    save("a");
    start();
    EXPECT_EQ(shown(), 2u);
    store_->remove(FileKind::Snapshot, first.id.hex());
    clock_.advance(5s);
    EXPECT_EQ(shown(), 1u);
}

TEST_F(ASnapshotWatch, ShowsOnlyWhatTheFilterTakes) {
    save("a");
    save("b");
    start({{"b"}, {}, {}});
    EXPECT_EQ(shown(), 1u);
    save("a");
    save("b");
    clock_.advance(5s);
    EXPECT_EQ(shown(), 2u);
}

TEST_F(ASnapshotWatch, PassesOverADamagedSnapshot) {
    const Snapshot damaged = save("a");
    save("a");
    const auto path = store_->path(FileKind::Snapshot, damaged.id.hex());
    std::filesystem::permissions(path, std::filesystem::perms::owner_write,
                                 std::filesystem::perm_options::add);
    std::filesystem::resize_file(path, 10);
    start();
    EXPECT_EQ(shown(), 1u);
}

// A store without a rename shows files while they are written.
TEST_F(ASnapshotWatch, ShowsASnapshotThatIsWholeLater) {
    start();
    const std::string name = save("a").id.hex();
    const std::string whole = store_->load(FileKind::Snapshot, name);
    const auto path = store_->path(FileKind::Snapshot, name);
    std::filesystem::remove(path);
    std::ofstream(path) << whole.substr(0, 10);
    clock_.advance(5s);
    EXPECT_EQ(shown(), 0u);
    std::ofstream(path) << whole;
    clock_.advance(5s);
    EXPECT_EQ(shown(), 1u);
}

TEST_F(ASnapshotWatch, ShowsWhatItKnewWhenTheStoreDoesNotAnswer) {
    save("a");
    start();
    silent_->is_silent = true;
    clock_.advance(5s);
    EXPECT_EQ(shown(), 1u);
    silent_->is_silent = false;
    save("a");
    EXPECT_EQ(shown(), 1u);
    clock_.advance(5s);
    EXPECT_EQ(shown(), 2u);
}

}  // namespace
}  // namespace lifeboat::vault

#include "vault/orphans.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <span>

#include "base/error.h"
#include "base/random.h"
#include "os/testing/temporary_directory.h"
#include "vault/blob_writer.h"
#include "vault/directory_store.h"
#include "vault/forwarding_store.h"

namespace lifeboat::vault {
namespace {

namespace fs = std::filesystem;

class ANewIndex : public testing::Test {
  protected:
    ANewIndex() {
        DirectoryStore::make(folder_.path());
        store_.emplace(folder_.path(), random_);
        Repository::make(*store_, "password", {}, SystemClock(), random_);
        Repository repository(*store_, "password", random_);
        BlobWriter writer(repository);
        blob_ = writer.save(BlobType::Data, "content");
        writer.finish();
        pack_ = store_->path(FileKind::Data, repository.index().packs().front().id.hex());
    }
    std::size_t rebuild() {
        Repository repository(*store_, "password", random_);
        return rebuild_index(repository);
    }
    // As the index says now; "" when it says nothing.
    std::string content() {
        Repository repository(*store_, "password", random_);
        repository.load_index();
        if (!repository.has(BlobType::Data, blob_)) return "";
        const auto codec = repository.make_codec();
        return std::string(repository.load_blob(BlobType::Data, blob_, *codec));
    }

    os::testing::TemporaryDirectory folder_;
    SeededRandom random_{71};
    std::optional<DirectoryStore> store_;
    Id blob_;
    fs::path pack_;
};

TEST_F(ANewIndex, KeepsWhatTheOldOneSaysOfAPackWithADamagedHeader) {
    {
        std::fstream file(pack_, std::ios::in | std::ios::out);
        file.seekp(-10, std::ios::end);
        file << "x";
    }
    EXPECT_EQ(rebuild(), 1u);
    EXPECT_EQ(content(), "content");
    EXPECT_EQ(rebuild(), 1u);
    fs::resize_file(pack_, fs::file_size(pack_) - 1);
    EXPECT_EQ(rebuild(), 0u);
    EXPECT_EQ(content(), "");
}

class WeighingStore final : public ForwardingStore {
  public:
    using ForwardingStore::ForwardingStore;

    std::string load(FileKind kind, const std::string& name) override {
        std::string content = ForwardingStore::load(kind, name);
        if (kind == FileKind::Data) bytes += content.size();
        return content;
    }
    void load(FileKind kind, const std::string& name, std::uint64_t offset, char* out,
              std::size_t length) override {
        if (kind == FileKind::Data) bytes += length;
        ForwardingStore::load(kind, name, offset, out, length);
    }

    std::size_t bytes = 0;
};

TEST_F(ANewIndex, IsMadeOfTheEndsOfPacks) {
    const auto save = [&](std::size_t count, std::size_t size) {
        Repository repository(*store_, "password", random_);
        BlobWriter writer(repository);
        std::string plain(size, '\0');
        for (std::size_t i = 0; i < count; ++i) {
            random_.fill(std::as_writable_bytes(std::span(plain)));
            blob_ = writer.save(BlobType::Data, plain);
        }
        writer.finish();
        return plain;
    };
    save(1000, 32);  // whose header is longer than most
    const std::string last = save(8, 1 << 20);
    WeighingStore weighing(*store_);
    Repository repository(weighing, "password", random_);
    EXPECT_EQ(rebuild_index(repository), 3u);
    EXPECT_LT(weighing.bytes, 128u << 10);
    EXPECT_EQ(content(), last);
}

class AwayStore final : public ForwardingStore {
  public:
    using ForwardingStore::ForwardingStore;

    void each(FileKind kind,
              const std::function<void(const std::string&, std::uint64_t)>& visit) override {
        if (kind == FileKind::Data && is_away)
            throw Error(ErrorCategory::Unavailable, "ColdDirectoryAway", "the disk is not mounted");
        ForwardingStore::each(kind, visit);
    }
    void save(FileKind kind, const std::string& name, std::string_view content) override {
        if (kind == FileKind::Index && is_full)
            throw Error(ErrorCategory::Unavailable, "ServerBusy", "the server takes nothing");
        ForwardingStore::save(kind, name, content);
    }

    bool is_away = false, is_full = false;
};

// Or else a backup would rely on blobs that nobody else finds.
TEST_F(ANewIndex, IsReliedOnOnlyWhenItWasSaved) {
    AwayStore store(*store_);
    for (const fs::directory_entry& file : fs::directory_iterator(folder_.path() / "index"))
        fs::remove(file.path());
    Repository repository(store, "password", random_);
    repository.load_index();
    store.is_full = true;
    EXPECT_THROW(adopt_orphans(repository), Error);
    EXPECT_FALSE(repository.has(BlobType::Data, blob_));
    store.is_full = false;
    EXPECT_EQ(adopt_orphans(repository), 1u);
    EXPECT_TRUE(repository.has(BlobType::Data, blob_));
    EXPECT_EQ(content(), "content");
}

TEST_F(ANewIndex, IsNotSoughtWhileThePacksCannotBeListed) {
    const SystemClock clock;
    AwayStore store(*store_);
    for (const fs::directory_entry& file : fs::directory_iterator(folder_.path() / "index"))
        fs::remove(file.path());
    for (const bool is_away : {true, false}) {
        store.is_away = is_away;
        Repository repository(store, "password", random_);
        LockFile dead{{}, {}, LockKind::Shared, LockOwner::current()};
        dead.owner.process = 0x7FFFFFFE;
        dead.time = ZonedTime::local(clock.now());
        repository.save_text(FileKind::Lock, encode_lock(dead));
        Lock lock(repository, LockKind::Shared, clock);
        repository.load_index();
        adopt_orphans_of_the_dead(repository, lock);
        EXPECT_EQ(content(), is_away ? "" : "content");
    }
}

}  // namespace
}  // namespace lifeboat::vault

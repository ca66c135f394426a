#include "vault/blob_reader.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/random.h"
#include "os/testing/temporary_directory.h"
#include "vault/blob_writer.h"
#include "vault/directory_store.h"
#include "vault/forwarding_store.h"

namespace lifeboat::vault {
namespace {

using namespace std::chrono_literals;

// Calls `before_index` before it gives an index file.
class WatchedStore final : public ForwardingStore {
  public:
    using ForwardingStore::ForwardingStore;
    using ForwardingStore::load;

    std::string load(FileKind kind, const std::string& name) override {
        if (kind == FileKind::Index && before_index) before_index();
        return ForwardingStore::load(kind, name);
    }
    std::function<void()> before_index;
};

class ABlobReader : public testing::Test {
  protected:
    ABlobReader() {
        DirectoryStore::make(folder_.path());
        store_.emplace(folder_.path(), random_);
        Repository::make(*store_, "password", {}, SystemClock(), random_);
        watched_.emplace(*store_);
        repository_.emplace(*watched_, "password", random_);
        blobs_.emplace(*repository_);
    }
    // What another program saves, in a pack of its own.
    Id save(const std::string& plain) {
        Repository other(*store_, "password", random_);
        BlobWriter writer(other);
        const Id id = writer.save(BlobType::Data, plain);
        writer.finish();
        return id;
    }
    std::string load(const Id& id) {
        return blobs_->with(BlobType::Data, id,
                            [](std::string_view plain) { return std::string(plain); });
    }

    // The pack the blob is read from first.
    std::filesystem::path pack_of(const Id& id) {
        return store_->path(FileKind::Data, repository_->find(BlobType::Data, id).pack->id.hex());
    }

    os::testing::TemporaryDirectory folder_;
    SeededRandom random_{35};
    std::optional<DirectoryStore> store_;
    std::optional<WatchedStore> watched_;
    std::optional<Repository> repository_;
    std::optional<BlobReader> blobs_;
};

TEST_F(ABlobReader, FindsBlobsWhileTheStoreKeepsTheIndexWaiting) {
    const Id known = save("known");
    blobs_->load_index();
    save("new");
    auto answer = std::future_status::timeout;
    std::future<std::string> found;
    watched_->before_index = [&] {
        found = std::async(std::launch::async, [&] { return load(known); });
        answer = found.wait_for(20s);
    };
    blobs_->load_index();
    EXPECT_EQ(answer, std::future_status::ready);
    EXPECT_EQ(found.get(), "known");
}

TEST_F(ABlobReader, ReadsAnotherCopyOfADamagedBlob) {
    const Id id = save("whole");
    save("whole");
    blobs_->load_index();
    const auto path = pack_of(id);
    const auto size = std::filesystem::file_size(path);
    std::filesystem::remove(path);
    std::ofstream(path) << std::string(size, 'x');
    EXPECT_EQ(load(id), "whole");
}

TEST_F(ABlobReader, FindsWhatAPruneHasMovedMeanwhile) {
    const Id id = save("moved");
    blobs_->load_index();
    save("moved");
    std::filesystem::remove(pack_of(id));
    EXPECT_EQ(load(id), "moved");
    EXPECT_THROW(load(Id::of("never saved")), Error);
}

TEST_F(ABlobReader, TakesNoMemoryForWhatNobodyMakes) {
    const Id data = Id::of("data"), tree = Id::of("tree"), packed = Id::of("packed");
    repository_->add_pack({Id::of("pack"),
                           {{data, BlobType::Data, 0, 70 << 20, 0},
                            {tree, BlobType::Tree, 0, 300 << 20, 0},
                            {packed, BlobType::Data, 0, 100, 65 << 20}}});
    const auto code_of = [&](BlobType type, const Id& id) {
        try {
            blobs_->with(type, id, [](std::string_view) {});
        } catch (const Error& error) {
            return error.code();
        }
        return std::string();
    };
    EXPECT_EQ(code_of(BlobType::Data, data), "BlobTooLarge");
    EXPECT_EQ(code_of(BlobType::Tree, tree), "BlobTooLarge");
    EXPECT_EQ(code_of(BlobType::Data, packed), "BlobTooLarge");
}

TEST_F(ABlobReader, TakesNoMemoryForAnotherCopyEither) {
    const Id id = Id::of("data");
    repository_->add_pack({Id::of("one"), {{id, BlobType::Data, 0, 100, 0}}});
    repository_->add_pack({Id::of("two"), {{id, BlobType::Data, 0, 70 << 20, 0}}});
    const auto codec = repository_->make_codec();
    codec->largest = 64 << 20;
    EXPECT_THROW(repository_->load_blob(BlobType::Data, id, *codec), Error);
    EXPECT_LT(codec->sealed.capacity(), 1u << 20);
}

TEST_F(ABlobReader, GivesBackWhatALargeBlobTook) {
    const auto codec = repository_->make_codec();
    codec->sealed.reset(20 << 20);
    codec->plain.reset(1 << 20);
    codec->give_back_above(16 << 20);
    EXPECT_EQ(codec->sealed.capacity(), 0u);
    EXPECT_EQ(codec->plain.capacity(), 1u << 20);
}

}  // namespace
}  // namespace lifeboat::vault

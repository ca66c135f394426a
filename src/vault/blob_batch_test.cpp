#include "vault/blob_batch.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>

#include "base/random.h"
#include "os/testing/temporary_directory.h"
#include "vault/blob_writer.h"
#include "vault/directory_store.h"
#include "vault/forwarding_store.h"

namespace lifeboat::vault {
namespace {

// Counts what is asked of the store behind it.
class CountingStore final : public ForwardingStore {
  public:
    using ForwardingStore::ForwardingStore;
    using ForwardingStore::load;

    void load(FileKind kind, const std::string& name, std::uint64_t offset, char* out,
              std::size_t length) override {
        ++requests;
        ForwardingStore::load(kind, name, offset, out, length);
    }

    int requests = 0;
};

class ABlobBatch : public testing::Test {
  protected:
    ABlobBatch() {
        DirectoryStore::make(folder_.path());
        directory_.emplace(folder_.path(), random_);
        store_.emplace(*directory_);
        Repository::make(*store_, "password", {}, SystemClock(), random_);
        repository_.emplace(*store_, "password", random_);
        BlobWriter writer(*repository_);
        for (int i = 0; i < 300; ++i) {
            std::string plain(1 + random_.next() % 20000, '\0');
            random_.fill(std::as_writable_bytes(std::span(plain)));
            ids_.push_back(writer.save(BlobType::Data, plain));
            plains_[ids_.back()] = plain;
        }
        writer.finish();
        store_->requests = 0;
    }
    // What was given of `ids`, and how many failed.
    std::pair<std::map<std::size_t, std::string>, int> load(const std::vector<Id>& ids) {
        std::map<std::size_t, std::string> got;
        int failed = 0;
        load_blobs(
            *repository_, BlobType::Data, ids, *repository_->make_codec(),
            [&](std::size_t number, std::string_view plain) {
                EXPECT_TRUE(got.emplace(number, plain).second);
            },
            [&](std::size_t, const Error&) { ++failed; });
        return {got, failed};
    }

    os::testing::TemporaryDirectory folder_;
    SeededRandom random_{15};
    std::optional<DirectoryStore> directory_;
    std::optional<CountingStore> store_;
    std::optional<Repository> repository_;
    std::vector<Id> ids_;
    std::map<Id, std::string> plains_;
};

TEST_F(ABlobBatch, GivesEachBlobAndAsksOnceForNeighbours) {
    std::vector<Id> ids = ids_;
    for (std::size_t i = ids.size() - 1; i > 0; --i)
        std::swap(ids[i], ids[random_.next() % (i + 1)]);
    ids.push_back(ids[0]);  // twice
    const auto [got, failed] = load(ids);
    EXPECT_EQ(failed, 0);
    ASSERT_EQ(got.size(), ids.size());
    for (const auto& [number, plain] : got)
        EXPECT_EQ(plain, plains_[ids[number]]);
    EXPECT_LE(store_->requests, 2);
}

TEST_F(ABlobBatch, SaysOfEachWhyItIsNotThere) {
    const auto pack = repository_->index().packs().front();
    const auto path = directory_->path(FileKind::Data, pack.id.hex());
    std::filesystem::permissions(path, std::filesystem::perms::owner_write,
                                 std::filesystem::perm_options::add);
    {
        std::FILE* file = std::fopen(path.c_str(), "r+");
        std::fseek(file, static_cast<long>(pack.blobs[7].offset) + 20, SEEK_SET);
        std::fputs("damage", file);
        std::fclose(file);
    }
    std::vector<Id> ids = ids_;
    ids.push_back(Id::of("never saved"));
    const auto [got, failed] = load(ids);
    EXPECT_EQ(failed, 2);
    EXPECT_EQ(got.size(), ids_.size() - 1);
    std::filesystem::remove(path);
    EXPECT_EQ(load(ids_).second, static_cast<int>(ids_.size()));
}

// Two wrote the same at the same time.
TEST_F(ABlobBatch, TakesAnotherCopyWhereOneIsDamaged) {
    {
        Repository beside(*store_, "password", random_);
        BlobWriter writer(beside);
        for (const auto& [id, plain] : plains_)
            writer.save(BlobType::Data, plain);
        writer.finish();
    }
    repository_.emplace(*store_, "password", random_);
    repository_->load_index();
    const auto& first = repository_->index().packs().front();
    const auto path = directory_->path(FileKind::Data, first.id.hex());
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
    const auto codec = repository_->make_codec();
    for (int round = 0; round < 2; ++round) {
        const auto [got, failed] = load(ids_);
        EXPECT_EQ(failed, 0);
        ASSERT_EQ(got.size(), ids_.size());
        for (const auto& [number, plain] : got) {
            EXPECT_EQ(plain, plains_[ids_[number]]);
            EXPECT_EQ(repository_->load_blob(BlobType::Data, ids_[number], *codec), plain);
        }
        std::filesystem::remove(path);
    }
}

}  // namespace
}  // namespace lifeboat::vault

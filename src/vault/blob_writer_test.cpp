#include "vault/blob_writer.h"

#include <gtest/gtest.h>

#include <optional>

#include "base/error.h"
#include "base/random.h"
#include "os/testing/temporary_directory.h"
#include "vault/check.h"
#include "vault/directory_store.h"
#include "vault/forwarding_store.h"

namespace lifeboat::vault {
namespace {

// Has no room for packs as long as it is full.
class FullStore final : public ForwardingStore {
  public:
    using ForwardingStore::ForwardingStore;
    using ForwardingStore::save;

    void save(FileKind kind, const std::string& name, std::string_view bytes) override {
        if (kind == FileKind::Data && is_full)
            throw Error(ErrorCategory::NoSpace, "NoSpace", "the store is full");
        ForwardingStore::save(kind, name, bytes);
    }

    bool is_full = false;
};

class ABlobWriter : public testing::Test {
  protected:
    ABlobWriter() {
        DirectoryStore::make(folder_.path());
        directory_.emplace(folder_.path(), random_);
        store_.emplace(*directory_);
        Repository::make(*store_, "password", {}, SystemClock(), random_);
        repository_.emplace(*store_, "password", random_);
    }
    std::string noise(std::size_t size) {
        std::string bytes(size, '\0');
        random_.fill(std::as_writable_bytes(std::span(bytes)));
        return bytes;
    }
    std::vector<std::string> damage() {
        Repository repository(*store_, "password", random_);
        CheckOptions options;
        options.depth = CheckDepth::ReadData;
        return check(repository, options).damage;
    }

    os::testing::TemporaryDirectory folder_;
    SeededRandom random_{43};
    std::optional<DirectoryStore> directory_;
    std::optional<FullStore> store_;
    std::optional<Repository> repository_;
};

TEST_F(ABlobWriter, FillsPacksWithBlobsOfAllSizes) {
    std::vector<std::pair<Id, std::string>> saved;
    {
        BlobWriter writer(*repository_);
        for (const std::size_t size : {0U, 1U, 5U << 20, 8U << 20, 63U, 7U << 20, 64U, 8U << 20}) {
            std::string bytes = noise(size);
            const Id id = writer.save(BlobType::Data, bytes);
            saved.emplace_back(id, std::move(bytes));
        }
        writer.finish();
        EXPECT_EQ(writer.totals(BlobType::Data).packs, 2U);
    }
    EXPECT_EQ(damage(), std::vector<std::string>());
    const auto codec = repository_->make_codec();
    for (const auto& [id, bytes] : saved) {
        EXPECT_EQ(id, Id::of(bytes));
        EXPECT_TRUE(repository_->load_blob(BlobType::Data, id, *codec) == bytes);
    }
}

TEST_F(ABlobWriter, KeepsAPackThatTheStoreDidNotTake) {
    BlobWriter writer(*repository_);
    const std::string first = noise(8 << 20), second = noise(8 << 20), third = noise(1 << 20);
    writer.save(BlobType::Data, first);
    writer.save(BlobType::Data, second);
    store_->is_full = true;
    EXPECT_THROW(writer.save(BlobType::Data, third), Error);
    EXPECT_THROW(writer.save(BlobType::Data, third), Error);
    EXPECT_FALSE(writer.has(BlobType::Data, Id::of(third)));
    EXPECT_THROW(writer.finish(), Error);
    store_->is_full = false;
    writer.save(BlobType::Data, third);
    writer.finish();
    EXPECT_EQ(damage(), std::vector<std::string>());
    const auto codec = repository_->make_codec();
    for (const std::string& bytes : {first, second, third})
        EXPECT_TRUE(repository_->load_blob(BlobType::Data, Id::of(bytes), *codec) == bytes);
}

}  // namespace
}  // namespace lifeboat::vault

#include "vault/orphans.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "base/random.h"
#include "os/testing/temporary_directory.h"
#include "vault/blob_writer.h"
#include "vault/directory_store.h"

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

}  // namespace
}  // namespace lifeboat::vault

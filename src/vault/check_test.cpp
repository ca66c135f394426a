#include "vault/check.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/clock.h"
#include "base/random.h"
#include "os/testing/temporary_directory.h"
#include "vault/blob_writer.h"
#include "vault/directory_store.h"

namespace lifeboat::vault {
namespace {

namespace fs = std::filesystem;

class ACheck : public testing::Test {
  protected:
    ACheck() {
        DirectoryStore::make(folder_.path());
        store_.emplace(folder_.path(), random_);
        Repository::make(*store_, "password", {}, SystemClock(), random_);
    }

    // A snapshot of one file whose only blob is `content`.
    void save_snapshot(const Id& content) {
        Repository repository(*store_, "password", random_);
        BlobWriter writer(repository);
        writer.save(BlobType::Data, "content");
        const Id tree =
            writer.save(BlobType::Tree, R"({"nodes":[{"name":"file","type":"file","content":[")" +
                                            content.hex() + "\"]}]}\n");
        writer.finish();
        repository.save_text(FileKind::Snapshot,
                             R"({"time":"2026-01-02T03:04:05Z","tree":")" + tree.hex() + "\"}");
    }
    CheckReport check_all() {
        Repository repository(*store_, "password", random_);
        return check(repository, {.depth = CheckDepth::ReadData});
    }

    os::testing::TemporaryDirectory folder_;
    SeededRandom random_{9};
    std::optional<DirectoryStore> store_;
};

TEST_F(ACheck, FindsNothingInAWholeRepository) {
    save_snapshot(Id::of("content"));
    const CheckReport report = check_all();
    EXPECT_TRUE(report.damage.empty());
    EXPECT_EQ(report.snapshots, 1u);
    EXPECT_EQ(report.trees, 1u);
    EXPECT_EQ(report.packs, 2u);
}

TEST_F(ACheck, NamesTheFileThatMissesABlob) {
    save_snapshot(Id::of("never saved"));
    const CheckReport report = check_all();
    ASSERT_EQ(report.damage.size(), 1u);
    EXPECT_NE(report.damage[0].find("'file'"), std::string::npos);
}

// Sparse: nobody has the memory to read it.
TEST_F(ACheck, DoesNotReadAPackThatIsLongerThanAnyCanBe) {
    save_snapshot(Id::of("content"));
    for (const auto& file : fs::recursive_directory_iterator(folder_.path() / "data")) {
        if (!file.is_regular_file()) continue;
        fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
        fs::resize_file(file, std::uintmax_t{6} << 30);
    }
    const CheckReport report = check_all();
    ASSERT_EQ(report.damage.size(), 2u);
    for (const std::string& damage : report.damage)
        EXPECT_NE(damage.find("more than a pack can have"), std::string::npos) << damage;
    EXPECT_EQ(report.bytes_read, 0u);
}

TEST_F(ACheck, ReportsADamagedIndexAndStillReadsTheSnapshots) {
    save_snapshot(Id::of("content"));
    store_->save(FileKind::Index, Id::of("x").hex(), "x");
    const CheckReport report = check_all();
    ASSERT_FALSE(report.damage.empty());
    EXPECT_EQ(report.snapshots, 1u);
}

}  // namespace
}  // namespace lifeboat::vault

#include "vault/repair.h"

#include <gtest/gtest.h>

#include <optional>

#include "base/error.h"
#include "base/random.h"
#include "os/testing/temporary_directory.h"
#include "vault/blob_writer.h"
#include "vault/directory_store.h"
#include "vault/forwarding_store.h"
#include "vault/tree.h"

namespace lifeboat::vault {
namespace {

class RefusingStore final : public ForwardingStore {
  public:
    using ForwardingStore::ForwardingStore;
    using ForwardingStore::load;

    void load(FileKind kind, const std::string& name, std::uint64_t offset, char* out,
              std::size_t length) override {
        if (kind == FileKind::Data && refusal) throw Error(*refusal);
        ForwardingStore::load(kind, name, offset, out, length);
    }

    std::optional<Error> refusal;
};

class ARepair : public testing::Test {
  protected:
    ARepair() {
        DirectoryStore::make(folder_.path());
        directory_.emplace(folder_.path(), random_);
        store_.emplace(*directory_);
        Repository::make(*store_, "password", {}, SystemClock(), random_);
        repository_.emplace(*store_, "password", random_);
        BlobWriter writer(*repository_);
        Node node;
        node.name = "directory";
        node.type = NodeType::Directory;
        node.subtree = writer.save(BlobType::Tree, encode_tree({}));
        snapshot_.tree = writer.save(BlobType::Tree, encode_tree({node}));
        writer.finish();
        snapshot_.id = save_snapshot(*repository_, snapshot_);
    }
    std::vector<RepairedSnapshot> repair() {
        return repair_snapshots(*repository_, {snapshot_}, {.forgets = true});
    }

    os::testing::TemporaryDirectory folder_;
    SeededRandom random_{51};
    std::optional<DirectoryStore> directory_;
    std::optional<RefusingStore> store_;
    std::optional<Repository> repository_;
    Snapshot snapshot_;
};

// What cannot be read now is not lost.
TEST_F(ARepair, EndsWhereTheStoreRefusesToAnswer) {
    for (const ErrorCategory category :
         {ErrorCategory::Unavailable, ErrorCategory::Throttled, ErrorCategory::PermissionDenied}) {
        store_->refusal = Error(category, "Refused", "not now");
        EXPECT_THROW(repair(), Error);
    }
    EXPECT_TRUE(directory_->size(FileKind::Snapshot, snapshot_.id.hex()));
    store_->refusal.reset();
    EXPECT_TRUE(repair().empty());
    store_->refusal = Error(ErrorCategory::Corruption, "FileTooShort", "cut off");
    const auto damaged = repair();
    ASSERT_EQ(damaged.size(), 1u);
    EXPECT_FALSE(damaged[0].after);
}

}  // namespace
}  // namespace lifeboat::vault

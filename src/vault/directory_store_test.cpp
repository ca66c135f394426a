#include "vault/directory_store.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/error.h"
#include "base/fault.h"
#include "os/file.h"
#include "os/testing/temporary_directory.h"
#include "vault/id.h"

namespace lifeboat::vault {
namespace {

class ADirectoryStore : public testing::Test {
  protected:
    ADirectoryStore() { DirectoryStore::make(folder_.path() / "repository"); }
    ~ADirectoryStore() override { fault::install(""); }

    std::vector<std::string> names(FileKind kind) {
        std::vector<std::string> found;
        store().each(kind, [&](const std::string& name, std::uint64_t) { found.push_back(name); });
        return found;
    }
    DirectoryStore& store() {
        if (!store_) store_.emplace(folder_.path() / "repository", random_);
        return *store_;
    }

    os::testing::TemporaryDirectory folder_;
    SeededRandom random_{1};
    std::optional<DirectoryStore> store_;
    const std::string name_ = Id::of("content").hex();
};

TEST_F(ADirectoryStore, GivesBackWhatItKeeps) {
    for (const FileKind kind :
         {FileKind::Data, FileKind::Index, FileKind::Key, FileKind::Lock, FileKind::Snapshot}) {
        store().save(kind, name_, "content");
        store().save(kind, name_, "content");
        EXPECT_EQ(store().load(kind, name_), "content");
        std::string part(3, '\0');
        store().load(kind, name_, 2, part.data(), 3);
        EXPECT_EQ(part, "nte");
        EXPECT_THROW(store().load(kind, name_, 5, part.data(), 3), Error);
        EXPECT_EQ(store().size(kind, name_), 7U);
        EXPECT_EQ(names(kind), std::vector{name_});
        store().remove(kind, name_);
        store().remove(kind, name_);
        EXPECT_THROW(store().load(kind, name_), Error);
        EXPECT_EQ(store().size(kind, name_), std::nullopt);
        EXPECT_TRUE(names(kind).empty());
    }
}

// As tools leave it that copy no empty folders.
TEST_F(ADirectoryStore, MakesFoldersThatGotLost) {
    for (const char* folder : {"data", "locks", "tmp"})
        std::filesystem::remove_all(folder_.path() / "repository" / folder);
    for (const FileKind kind : {FileKind::Data, FileKind::Lock}) {
        EXPECT_TRUE(names(kind).empty());
        store().save(kind, name_, "content");
        EXPECT_EQ(names(kind), std::vector{name_});
    }
    const auto upload = store().begin_save(FileKind::Index, name_);
    std::filesystem::remove_all(folder_.path() / "repository");
    EXPECT_THROW(upload->publish(), Error);
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "repository"));
}

TEST_F(ADirectoryStore, NeverReplacesAConfiguration) {
    store().save(FileKind::Config, "config", "first");
    EXPECT_THROW(store().save(FileKind::Config, "config", "second"), Error);
    EXPECT_EQ(store().load(FileKind::Config, "config"), "first");
}

TEST_F(ADirectoryStore, PublishesNothingWhenWritingFails) {
    fault::install("vault.store.before-publish=enospc");
    EXPECT_THROW(store().save(FileKind::Data, name_, "content"), Error);
    EXPECT_TRUE(names(FileKind::Data).empty());
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path() / "repository/tmp"));
}

TEST_F(ADirectoryStore, ListsNoStrangers) {
    os::publish_file(folder_.path() / "repository/index/notes", "x");
    EXPECT_TRUE(names(FileKind::Index).empty());
    EXPECT_THROW(DirectoryStore(folder_.path() / "elsewhere", random_), Error);
}

TEST_F(ADirectoryStore, TakesNoFolderForEmptyThatCannotBeListed) {
    namespace fs = std::filesystem;
    const fs::path root = folder_.path() / "repository";
    store().save(FileKind::Data, name_, "content");
    os::publish_file(root / "data/notes", "x");
    EXPECT_EQ(names(FileKind::Data), std::vector{name_});
    for (const fs::path& folder : {root / "data" / name_.substr(0, 2), root / "data"}) {
        fs::remove_all(folder);
        fs::create_symlink(folder.filename(), folder);  // a circle
        EXPECT_THROW(names(FileKind::Data), Error);
    }
}

}  // namespace
}  // namespace lifeboat::vault

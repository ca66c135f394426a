#include "vault/tiered_store.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "base/error.h"
#include "base/fault.h"
#include "os/testing/temporary_directory.h"
#include "vault/store_suite.h"

namespace lifeboat::vault {
namespace {

namespace fs = std::filesystem;

class ATieredStore : public testing::Test {
  protected:
    ATieredStore() {
        DirectoryStore::make(root_);
        store_.emplace(root_, random_);
        store_->save(FileKind::Config, "config", "of this one");
    }
    ~ATieredStore() override { fault::install(""); }

    Id save(const std::string& content) {
        const Id id = Id::of(content);
        store_->save(FileKind::Data, id.hex(), content);
        return id;
    }
    std::map<Id, bool> packs() {  // is it cold?
        std::map<Id, bool> found;
        store_->each_pack([&](const TieredPack& pack) {
            EXPECT_TRUE(found.emplace(pack.id, pack.is_cold).second);
        });
        return found;
    }
    bool lies_in(const fs::path& root, const Id& id) const {
        return fs::exists(root / "data" / id.hex().substr(0, 2) / id.hex());
    }
    template <class Action>
    std::string code_of(Action action) {
        try {
            action();
        } catch (const Error& error) {
            return error.code();
        }
        return "";
    }

    os::testing::TemporaryDirectory folder_;
    SeededRandom random_{1};
    const fs::path root_ = folder_.path() / "repository";
    const fs::path cold_ = folder_.path() / "disk/cold";
    std::optional<TieredStore> store_;
};

TEST_F(ATieredStore, KeepsAStoresPromises) {
    for (const bool has_cold : {false, true}) {
        if (has_cold) store_->set_cold(cold_);
        const StoreSuiteOptions small{std::size_t{1} << 20, 40, 4};
        for (const StoreCheck& check : run_store_suite(*store_, random_, small))
            EXPECT_TRUE(check.passed()) << check.name << ": " << check.problem;
    }
}

TEST_F(ATieredStore, MovesPacksThatAreReadAsBefore) {
    const Id old = save("old content"), young = save("young content");
    EXPECT_EQ(code_of([&] { store_->cool(old, ""); }), "ColdDirectoryMissing");
    store_->set_cold(cold_);
    EXPECT_EQ(code_of([&] { store_->cool(old, "GLACIER"); }), "InvalidStorageClass");
    store_->cool(old, "");
    EXPECT_TRUE(lies_in(cold_, old));
    EXPECT_FALSE(lies_in(root_, old));
    EXPECT_EQ(packs(), (std::map<Id, bool>{{old, true}, {young, false}}));
    EXPECT_EQ(store_->load(FileKind::Data, old.hex()), "old content");
    std::string part(3, '\0');
    store_->load(FileKind::Data, old.hex(), 4, part.data(), 3);
    EXPECT_EQ(part, "con");
    EXPECT_EQ(store_->size(FileKind::Data, old.hex()), 11U);
    EXPECT_EQ(store_->path(FileKind::Data, young.hex()).parent_path().parent_path(),
              root_ / "data");
    EXPECT_EQ(code_of([&] { store_->cool(old, ""); }), "ENOENT");
    store_->remove(FileKind::Data, old.hex());
    EXPECT_FALSE(lies_in(cold_, old));
    EXPECT_EQ(store_->size(FileKind::Data, old.hex()), std::nullopt);
}

// As an interrupted move leaves it.
TEST_F(ATieredStore, TakesTwoCopiesForOnePack) {
    const Id id = save("content");
    store_->set_cold(cold_);
    store_->cold()->save(FileKind::Data, id.hex(), "content");
    EXPECT_EQ(packs(), (std::map<Id, bool>{{id, false}}));
    store_->cool(id, "");
    EXPECT_EQ(packs(), (std::map<Id, bool>{{id, true}}));
    save("content");
    store_->remove(FileKind::Data, id.hex());
    EXPECT_EQ(packs(), (std::map<Id, bool>()));
}

TEST_F(ATieredStore, MovesNothingThatIsDamaged) {
    const Id id = save("content");
    store_->set_cold(cold_);
    std::ofstream(store_->path(FileKind::Data, id.hex())) << "CONTENT";
    EXPECT_EQ(code_of([&] { store_->cool(id, ""); }), "WrongContent");
    EXPECT_TRUE(lies_in(root_, id));
    EXPECT_FALSE(lies_in(cold_, id));
    // Nor does it rely on a copy that is.
    const Id other = save("other");
    store_->cold()->save(FileKind::Data, other.hex(), "OTHER");
    EXPECT_EQ(code_of([&] { store_->cool(other, ""); }), "WrongContent");
    EXPECT_EQ(store_->load(FileKind::Data, other.hex()), "other");
}

TEST_F(ATieredStore, TakesNothingForLostWhileTheDiskIsAway) {
    const Id old = save("old"), young = save("young");
    store_->set_cold(cold_);
    store_->cool(old, "");
    fs::rename(cold_, folder_.path() / "away");
    for (const bool is_mount_point : {false, true}) {
        if (is_mount_point) DirectoryStore::make_for_packs(cold_);
        EXPECT_EQ(store_->load(FileKind::Data, young.hex()), "young");
        const Id fresh = save("new " + std::to_string(is_mount_point));
        EXPECT_TRUE(store_->cold_among([&] { return PackSet{young, fresh}; }).empty());
        EXPECT_EQ(code_of([&] { store_->cold_among([&] {
                                    return PackSet{young, old};
                                }); }),
                  "ColdDirectoryAway");
        for (const auto& action : std::vector<std::function<void()>>{
                 [&] { packs(); }, [&] { store_->each(FileKind::Data, [](const auto&, auto) {}); },
                 [&] { store_->size(FileKind::Data, old.hex()); },
                 [&] { store_->load(FileKind::Data, old.hex()); },
                 [&] { store_->remove(FileKind::Data, old.hex()); }})
            EXPECT_EQ(code_of(action), "ColdDirectoryAway");
    }
    fs::remove_all(cold_);
    fs::rename(folder_.path() / "away", cold_);
    EXPECT_EQ(store_->load(FileKind::Data, old.hex()), "old");
}

TEST_F(ATieredStore, HasOneColdDirectoryOfItsOwn) {
    store_->set_cold(cold_);
    store_->set_cold(cold_ / ".." / "cold");
    EXPECT_EQ(code_of([&] { store_->set_cold(folder_.path() / "another"); }),
              "ColdDirectoryExists");
    const fs::path second = folder_.path() / "second";
    DirectoryStore::make(second);
    TieredStore other(second, random_);
    other.save(FileKind::Config, "config", "of another");
    EXPECT_EQ(code_of([&] { other.set_cold(cold_); }), "NotColdDirectory");
    EXPECT_EQ(other.cold(), nullptr);
}

// Else a pack would be taken for its own copy, and removed.
TEST_F(ATieredStore, IsNotItsOwnColdDirectory) {
    const Id id = save("content");
    fs::create_directory_symlink(root_, folder_.path() / "round about");
    const fs::path copy = folder_.path() / "copy";
    fs::copy(root_, copy, fs::copy_options::recursive);
    for (const fs::path& place : {root_, folder_.path() / "round about", copy})
        EXPECT_EQ(code_of([&] { store_->set_cold(place); }), "NotColdDirectory") << place;
    // As somebody might make it by hand.
    for (const char* target : {".", "../half"}) {
        const fs::path half = folder_.path() / "half";
        fs::create_directory(half);
        if (!fs::exists(half / "data")) {
            fs::copy(root_ / "config", half / "config");
            fs::create_directory_symlink(root_ / "data", half / "data");
        }
        fs::create_directory_symlink(target, root_ / "cold");
        EXPECT_EQ(code_of([&] { store_->cool(id, ""); }), "NotColdDirectory") << target;
        EXPECT_EQ(store_->load(FileKind::Data, id.hex()), "content");
        fs::remove(root_ / "cold");
    }
}

TEST_F(ATieredStore, IsMadeAgainAfterACrash) {
    fault::install("vault.cold.made=error");
    EXPECT_ANY_THROW(store_->set_cold(cold_));
    fault::install("");
    EXPECT_EQ(store_->cold(), nullptr);
    store_->set_cold(cold_);
    EXPECT_NE(store_->cold(), nullptr);
}

}  // namespace
}  // namespace lifeboat::vault

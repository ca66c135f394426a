#include "vault/store_suite.h"

#include <gtest/gtest.h>

#include <optional>

#include "os/testing/temporary_directory.h"
#include "vault/directory_store.h"

namespace lifeboat::vault {
namespace {

const StoreSuiteOptions kSmall{std::size_t{1} << 20, 40, 4};

// A store that keeps all promises but one.
class BrokenStore final : public Store {
  public:
    enum class Flaw {
        None,
        ShortRead,
        Forgets,
        Replaces,
        MixesKinds,
        LosesRemovals,
        HidesOne,
        Mute
    };
    BrokenStore(Store& inner, Flaw flaw) : inner_(inner), flaw_(flaw) {}

    void each(FileKind kind,
              const std::function<void(const std::string&, std::uint64_t)>& visit) override {
        bool hidden = flaw_ != Flaw::HidesOne;
        inner_.each(kind, [&](const std::string& name, std::uint64_t size) {
            if (std::exchange(hidden, true)) visit(name, size);
        });
    }
    std::optional<std::uint64_t> size(FileKind kind, const std::string& name) override {
        if (flaw_ == Flaw::Mute) throw std::runtime_error("no answer");
        return inner_.size(mixed(kind), name);
    }
    std::string load(FileKind kind, const std::string& name) override {
        return inner_.load(mixed(kind), name);
    }
    void load(FileKind kind, const std::string& name, std::uint64_t offset, char* out,
              std::size_t length) override {
        inner_.load(mixed(kind), name, offset, out, length);
        if (flaw_ == Flaw::ShortRead && length > 1)
            out[length - 1] = static_cast<char>(~out[length - 1]);
    }
    void save(FileKind kind, const std::string& name, std::string_view content) override {
        if (flaw_ == Flaw::Forgets && content.size() > 500'000) return;
        if (flaw_ == Flaw::Replaces && kind == FileKind::Config) inner_.remove(kind, name);
        inner_.save(mixed(kind), name, content);
    }
    void remove(FileKind kind, const std::string& name) override {
        if (flaw_ != Flaw::LosesRemovals) inner_.remove(mixed(kind), name);
    }

  private:
    FileKind mixed(FileKind kind) const {
        return flaw_ == Flaw::MixesKinds && kind == FileKind::Lock ? FileKind::Key : kind;
    }
    Store& inner_;
    Flaw flaw_;
};

class AStoreSuite : public testing::Test {
  protected:
    AStoreSuite() { DirectoryStore::make(folder_.path()); }
    std::size_t problems(BrokenStore::Flaw flaw) {
        BrokenStore broken(store_, flaw);
        std::size_t found = 0;
        for (const StoreCheck& check : run_store_suite(broken, random_, kSmall))
            if (!check.passed()) ++found;
        return found;
    }
    bool is_empty() {
        bool empty = true;
        for (const FileKind kind : {FileKind::Config, FileKind::Data, FileKind::Index,
                                    FileKind::Key, FileKind::Lock, FileKind::Snapshot})
            store_.each(kind, [&](const std::string&, std::uint64_t) { empty = false; });
        return empty;
    }

    os::testing::TemporaryDirectory folder_;
    SeededRandom random_{1};
    DirectoryStore store_{folder_.path(), random_};
};

TEST_F(AStoreSuite, FindsNothingWrongWithADirectory) {
    std::size_t told = 0;
    const auto checks =
        run_store_suite(store_, random_, StoreSuiteOptions{}, [&](const StoreCheck&) { ++told; });
    for (const StoreCheck& check : checks)
        EXPECT_TRUE(check.passed()) << check.name << ": " << check.problem;
    EXPECT_EQ(checks.size(), 12U);
    EXPECT_EQ(told, checks.size());
    EXPECT_TRUE(is_empty());
}

TEST_F(AStoreSuite, FindsEveryFlaw) {
    using enum BrokenStore::Flaw;
    EXPECT_EQ(problems(None), 0U);
    for (const auto flaw : {ShortRead, Forgets, Replaces, MixesKinds, HidesOne, Mute})
        EXPECT_GT(problems(flaw), 0U) << static_cast<int>(flaw);
    EXPECT_TRUE(is_empty());
    EXPECT_GT(problems(LosesRemovals), 0U);
}

TEST_F(AStoreSuite, WritesOnlyPacksWhereARepositoryIs) {
    store_.save(FileKind::Config, "config", "of a repository");
    // Would be seen to fail if the suite touched locks.
    EXPECT_EQ(problems(BrokenStore::Flaw::MixesKinds), 0U);
    EXPECT_EQ(store_.load(FileKind::Config, "config"), "of a repository");
    store_.remove(FileKind::Config, "config");
    EXPECT_TRUE(is_empty());
}

}  // namespace
}  // namespace lifeboat::vault

// A repository in a directory, of which old packs may lie in another one, on a disk that is larger,
// slower or not always there: `cold` in the repository is that directory, or a link to it. It has a
// copy of the repository's configuration, by which it is known again, and data/ab/ab….
//
// Packs go there and do not come back by themselves. As long as nobody asks for them the cold
// directory may be away; then what needs them is Unavailable, and nothing takes them for lost.
#pragma once

#include <filesystem>
#include <memory>

#include "vault/directory_store.h"
#include "vault/tiers.h"

namespace lifeboat::vault {

class TieredStore final : public Store, public Tiers {
  public:
    // Throws NotFound when there is no such directory. `random` outlives this.
    TieredStore(const std::filesystem::path& root, Random& random);

    // Gives the repository a cold directory, which is made when it is not there; the same one again
    // is fine. Durable on return. Throws AlreadyExists when it has another, InvalidInput when that
    // directory is another repository's, or a repository itself.
    void set_cold(const std::filesystem::path& directory);
    // Throws what set_cold() would because of what is there, and changes nothing.
    void require_may_be_cold(const std::filesystem::path& directory);

    void each(FileKind kind,
              const std::function<void(const std::string&, std::uint64_t)>& visit) override;
    std::optional<std::uint64_t> size(FileKind kind, const std::string& name) override;
    std::string load(FileKind kind, const std::string& name) override;
    void load(FileKind kind, const std::string& name, std::uint64_t offset, char* out,
              std::size_t length) override;
    void save(FileKind kind, const std::string& name, std::string_view content) override;
    void remove(FileKind kind, const std::string& name) override;
    Tiers* tiers() override { return this; }

    void each_pack(const std::function<void(const TieredPack&)>& visit) override;
    std::vector<TieredPack> cold_among(const std::function<PackSet()>& packs) override;
    void cool(const Id& pack, const std::string& storage_class) override;
    // Whatever is there can be read.
    Readiness readiness(const Id&) override { return Readiness::Ready; }
    ThawTerms terms(const std::string&, ThawTier) const override {
        return {"no wait", "no charge"};
    }
    void begin_thaw(const Id&, const Thaw&) override {}

    // The directory itself, and the cold one: none when there is none. Throws Unavailable when that
    // is away.
    DirectoryStore& hot() { return hot_; }
    std::unique_ptr<DirectoryStore> cold();
    // Where the file lies, or would lie.
    std::filesystem::path path(FileKind kind, const std::string& name);

  private:
    // What `look` finds of a pack: hot, else cold. Packs go one way only, so none is missed.
    template <class Look>
    auto in_either(FileKind kind, Look look);

    const std::filesystem::path link_;
    Random& random_;
    DirectoryStore hot_;
};

}  // namespace lifeboat::vault

// What a restore needs of cold packs, and the asking for those that cannot be read as they are.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "vault/repository.h"
#include "vault/restore.h"
#include "vault/tiers.h"

namespace lifeboat::vault {

// Counts of packs, and their bytes: whole packs are thawed, whatever is needed of them.
struct ColdPacks {
    std::uint64_t packs = 0, bytes = 0;
    std::uint64_t thawing_packs = 0, thawing_bytes = 0;  // of these: asked for, and not there yet
    std::uint64_t frozen_packs = 0, frozen_bytes = 0;    // of these: to be asked for

    void add(const TieredPack& pack, Readiness readiness);
};

// What was asked for is known to the store alone: whoever was killed makes a new plan and goes on.
class ThawPlan {
  public:
    // For what is restored by `what`, unless it is at the target already. The index is loaded.
    // `repository` outlives the plan. Throws what loading a tree throws.
    ThawPlan(Repository& repository, const RestoreOptions& what);

    // By storage class; empty: everything is hot.
    const std::map<std::string, ColdPacks>& cold() const { return cold_; }
    bool is_ready() const { return waiting_.empty(); }
    // Those that are not ready yet, and their bytes.
    ColdPacks waiting() const;
    // How long it takes, and what it costs. Throws InvalidInput for a tier a class does not have.
    ThawTerms terms(const std::string& storage_class, ThawTier tier) const;
    // Asks for all that are frozen; those of them that were asked for before an error stay so.
    void ask(const Thaw& how);
    // Looks again at those that were not ready.
    void look();

  private:
    struct Waiting {
        TieredPack pack;
        Readiness readiness;
    };

    Tiers* const tiers_;
    std::map<std::string, ColdPacks> cold_;
    std::vector<Waiting> waiting_;
};

}  // namespace lifeboat::vault

// The classes of a store: packs lie hot, where reading them costs nothing, or cold, where keeping
// them costs less and reading more, or has to be asked for some time before.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "vault/id.h"

namespace lifeboat::vault {

struct TieredPack {
    Id id;
    std::uint64_t size = 0;     // bytes
    Time modified;              // when it was written, or came into its class
    std::string storage_class;  // as the keeper of the store names it: "DEEP_ARCHIVE"
    bool is_cold = false;
    bool needs_thaw = false;  // before it can be read
};

// S3's retrieval tiers: how soon a thaw is done, and how dear it is.
enum class ThawTier { Expedited, Standard, Bulk };
std::string_view to_string(ThawTier tier);  // "Expedited"

// In people's words.
struct ThawTerms {
    std::string wait;  // "3 to 5 hours"
    std::string cost;
};

struct Thaw {
    ThawTier tier = ThawTier::Standard;
    int days = 7;  // for which the pack can be read then
};

enum class Readiness { Ready, Thawing, Frozen };

using PackSet = std::unordered_set<Id, IdHash>;

class Tiers {
  public:
    virtual ~Tiers() = default;
    // All are thread-safe but each_pack() and cold_among(), and throw what the store's own calls
    // throw.

    // Every pack of the store, once.
    virtual void each_pack(const std::function<void(const TieredPack&)>& visit) = 0;
    // Those of `packs()` that are cold or need a thaw. It is not called where nothing is, and what
    // the cold ones lie in need not be there when all of them are hot.
    virtual std::vector<TieredPack> cold_among(const std::function<PackSet()>& packs) = 0;
    // Moves a hot pack into the class, "" being the only one there is. It can be read, or thawed,
    // whatever happens meanwhile. Durable on return. Throws NotFound for one that is gone,
    // Corruption for one that does not hold what its name says and stays where it is, InvalidInput
    // for a class the store does not have.
    virtual void cool(const Id& pack, const std::string& storage_class) = 0;
    // Of a pack that needs a thaw.
    virtual Readiness readiness(const Id& pack) = 0;
    // Of reading packs of this class. Throws InvalidInput for a tier the class does not have.
    virtual ThawTerms terms(const std::string& storage_class, ThawTier tier) const = 0;
    // Asks for the thaw of a frozen pack; one that was asked for already is fine. Throws
    // InvalidInput for a tier its class does not have.
    virtual void begin_thaw(const Id& pack, const Thaw& how) = 0;
};

}  // namespace lifeboat::vault

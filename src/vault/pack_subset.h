// Which packs a check reads, as restic's --read-data-subset says it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "vault/id.h"

namespace lifeboat::vault {

struct SizedPack {
    Id id;
    std::uint64_t size = 0;
};

class PackSubset {
  public:
    // All.
    PackSubset() = default;
    // "2/5" is the second of five parts, which are always the same packs; "10%" and "500M" are
    // packs that chance picks, one at least. Throws InvalidInput.
    static PackSubset parse(const std::string& text);

    std::vector<SizedPack> choose(std::vector<SizedPack> packs, Random& random) const;

  private:
    enum class Kind { All, Part, Percent, Bytes };
    Kind kind_ = Kind::All;
    unsigned part_ = 1, parts_ = 1;
    double percent_ = 100;
    std::uint64_t bytes_ = 0;
};

}  // namespace lifeboat::vault

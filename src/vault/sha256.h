// SHA-256 of what comes in parts, and of two things at once.
//
// A processor's SHA instructions wait for each other most of the time; two computations side by
// side take little longer than one. A blob and the pack that gets it are two such things.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "vault/id.h"

namespace lifeboat::vault {

class Sha256 {
  public:
    Sha256() { begin(); }

    void update(std::string_view bytes);
    // Of all that came; then it begins anew.
    Id finish();
    // a.update(of_a) and b.update(of_b), side by side as far as both reach.
    static void update_both(Sha256& a, std::string_view of_a, Sha256& b, std::string_view of_b);

  private:
    static constexpr std::size_t kBlock = 64;

    void begin();
    std::size_t held() const { return static_cast<std::size_t>(length_ % kBlock); }
    // Completes what is held of a block as far as `bytes` does; returns the rest of them.
    std::string_view fill_block(std::string_view bytes);
    void blocks(std::string_view& bytes, std::size_t count);

    std::array<std::uint32_t, 8> state_;
    std::uint64_t length_;
    std::array<unsigned char, kBlock> block_;  // the first held() of it
};

}  // namespace lifeboat::vault

// Content-defined chunking as restic does it: a cut stands where the Rabin fingerprint of the last
// 64 bytes ends in twenty zero bits, never before 512 KiB nor after 8 MiB.
//
// The fingerprint at a place depends on the 64 bytes before it alone, so a stretch is searched in
// several lanes at once: one lane would wait for its own table look-up at every byte. Where the
// processor can, there are many lanes and no table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "vault/fingerprint_lanes.h"
#include "vault/polynomial.h"

namespace lifeboat::vault {

inline constexpr std::size_t kMinChunk = 512 << 10;
inline constexpr std::size_t kMaxChunk = 8 << 20;

class Chunker {
  public:
    // `is_wide`: with the instructions of FingerprintLanes.
    explicit Chunker(Polynomial polynomial, bool is_wide = FingerprintLanes::are_possible());

    // The length of the first chunk of `bytes`. The answer is final when `bytes` holds at least
    // kMaxChunk bytes or reaches to the end of the stream; shorter input comes back whole when it
    // has no cut. There is none in the first `searched` bytes, the caller knows. Thread-safe.
    std::size_t cut(std::string_view bytes, std::size_t searched = 0) const;

  private:
    std::uint64_t roll(std::uint64_t digest, unsigned char out, unsigned char in) const;
    std::uint64_t digest_before(const unsigned char* place) const;
    std::size_t cut_in_lanes(const unsigned char* place) const;

    std::optional<FingerprintLanes> wide_;
    std::array<std::uint64_t, 256> out_{};
    std::array<std::uint64_t, 256> reduce_{};
};

}  // namespace lifeboat::vault

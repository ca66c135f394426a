// Rabin fingerprints at 64 places at once, for processors with AVX-512 and Galois-field
// instructions.
//
// A step of the fingerprint (take a byte in, let one out, reduce) is linear over GF(2), so it is a
// handful of products of 8x8 bit matrices with bytes, and GF2P8AFFINEQB does 64 of them. Byte i of
// 64 fingerprints lies in one register; the bytes that 64 lanes read come from a transposition.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "vault/polynomial.h"

namespace lifeboat::vault {

class FingerprintLanes {
  public:
    static constexpr std::size_t kLanes = 64;
    // A lane's length is a multiple of this, the window.
    static constexpr std::size_t kBlock = 64;

    // Has this processor the instructions? The others may not be called without.
    static bool are_possible();

    // `modulus` is of kChunkerDegree.
    explicit FingerprintLanes(Polynomial modulus);

    // The first cut in the kLanes * lane_length bytes at `place`: the number of bytes there after
    // which the last 64 have a fingerprint that ends in twenty zero bits; 0: none. The 64 bytes
    // before `place` are read, too. Thread-safe.
    std::size_t cut(const unsigned char* place, std::size_t lane_length) const;

    // What a byte adds to each byte of a fingerprint, as a matrix each. Fingerprints are kept
    // shifted by three bits, to fill seven bytes.
    static constexpr std::size_t kBytes = 7;
    using Matrices = std::array<std::uint64_t, kBytes>;
    struct Step {
        Matrices in;      // the byte that comes in
        Matrices out;     // the one that came in a window before
        Matrices reduce;  // the fingerprint's highest
    };

  private:
    const Step step_;
};

}  // namespace lifeboat::vault

// Polynomials over GF(2), bit i being the coefficient of x^i: the arithmetic under the chunker's
// rolling hash.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lifeboat {
class Random;
}

namespace lifeboat::vault {

// The degree of the chunker's polynomials.
inline constexpr int kChunkerDegree = 53;

class Polynomial {
  public:
    constexpr Polynomial() = default;
    constexpr explicit Polynomial(std::uint64_t bits) : bits_(bits) {}

    std::uint64_t bits() const { return bits_; }
    // -1 for zero.
    int degree() const;
    // Ben-Or's test.
    bool is_irreducible() const;
    friend bool operator==(Polynomial, Polynomial) = default;

    // The remainder of `dividend` by `divisor`, which is not zero.
    static std::uint64_t remainder(std::uint64_t dividend, std::uint64_t divisor);

    // A random irreducible one of kChunkerDegree.
    static Polynomial random(Random& random);
    // The form of the configuration: hexadecimal digits. Throws Corruption unless it is of
    // kChunkerDegree and irreducible.
    static Polynomial parse(std::string_view text);
    std::string text() const;

  private:
    std::uint64_t bits_ = 0;
};

}  // namespace lifeboat::vault

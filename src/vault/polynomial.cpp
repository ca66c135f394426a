#include "vault/polynomial.h"

#include <bit>
#include <charconv>
#include <utility>

#include "base/error.h"
#include "base/random.h"

namespace lifeboat::vault {
namespace {

int degree_of(std::uint64_t bits) {
    return 63 - std::countl_zero(bits);
}

// a * b mod m; both smaller than m.
std::uint64_t multiply(std::uint64_t a, std::uint64_t b, std::uint64_t m) {
    const std::uint64_t top = std::uint64_t{1} << degree_of(m);
    std::uint64_t product = 0;
    for (; b != 0; b >>= 1) {
        if (b & 1) product ^= a;
        a <<= 1;
        if (a & top) a ^= m;
    }
    return product;
}

std::uint64_t common_divisor(std::uint64_t a, std::uint64_t b) {
    while (b != 0)
        a = std::exchange(b, Polynomial::remainder(a, b));
    return a;
}

}  // namespace

int Polynomial::degree() const {
    return bits_ == 0 ? -1 : degree_of(bits_);
}

std::uint64_t Polynomial::remainder(std::uint64_t dividend, std::uint64_t divisor) {
    const int degree = degree_of(divisor);
    while (dividend != 0 && degree_of(dividend) >= degree)
        dividend ^= divisor << (degree_of(dividend) - degree);
    return dividend;
}

bool Polynomial::is_irreducible() const {
    if (degree() < 1) return false;
    // x^(2^i) - x has every irreducible polynomial of degree i as a factor.
    std::uint64_t power = remainder(2, bits_);
    for (int i = 1; i <= degree() / 2; ++i) {
        power = multiply(power, power, bits_);
        if (common_divisor(bits_, power ^ 2) != 1) return false;
    }
    return true;
}

Polynomial Polynomial::random(Random& random) {
    while (true) {
        // Both ends set: the degree is right, and x is no factor.
        const std::uint64_t top = std::uint64_t{1} << kChunkerDegree;
        const Polynomial candidate((random.next() & (top - 1)) | top | 1);
        if (candidate.is_irreducible()) return candidate;
    }
}

Polynomial Polynomial::parse(std::string_view text) {
    std::uint64_t bits = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), bits, 16);
    const Polynomial polynomial(bits);
    if (wrong != std::errc() || end != text.data() + text.size() ||
        polynomial.degree() != kChunkerDegree || !polynomial.is_irreducible())
        throw Error(ErrorCategory::Corruption, "InvalidPolynomial",
                    "the repository's chunker polynomial '" + std::string(text) +
                        "' is not an irreducible one of degree 53; the configuration is damaged");
    return polynomial;
}

std::string Polynomial::text() const {
    char digits[17];
    const auto result = std::to_chars(digits, digits + sizeof digits, bits_, 16);
    return {digits, result.ptr};
}

}  // namespace lifeboat::vault

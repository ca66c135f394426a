#include "vault/chunker.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/random.h"

namespace lifeboat::vault {
namespace {

const Polynomial kPolynomial(0x3DA3358B4DC173);

std::string random_bytes(std::size_t size, std::uint64_t seed) {
    SeededRandom random(seed);
    std::string bytes(size, '\0');
    random.fill(std::as_writable_bytes(std::span(bytes)));
    return bytes;
}

// By definition: the window as one polynomial, reduced bit by bit, at every place from the first.
std::size_t slow_cut(std::string_view bytes) {
    const std::size_t end = std::min(bytes.size(), kMaxChunk);
    for (std::size_t length = kMinChunk; length < end; ++length) {
        std::uint64_t digest = 0;
        for (const char c : bytes.substr(length - 64, 64))
            digest = Polynomial::remainder(digest << 8 | static_cast<unsigned char>(c),
                                           kPolynomial.bits());
        if ((digest & 0xfffff) == 0) return length;
    }
    return end;
}

// In the way of processors with wide instructions, and in that of any.
class ChunkerTest : public testing::TestWithParam<bool> {
  protected:
    void SetUp() override {
        if (GetParam() && !FingerprintLanes::are_possible())
            GTEST_SKIP() << "this processor has no AVX-512 or no Galois-field instructions";
    }
    Chunker chunker(Polynomial polynomial) const { return Chunker(polynomial, GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(Ways, ChunkerTest, testing::Bool(),
                         [](const auto& way) { return way.param ? "Wide" : "Any"; });

TEST(Polynomial, KnowsTheIrreducible) {
    EXPECT_TRUE(kPolynomial.is_irreducible());
    EXPECT_TRUE(Polynomial(0b111).is_irreducible());
    EXPECT_FALSE(Polynomial(0b101).is_irreducible());  // (x + 1)^2
    EXPECT_FALSE(Polynomial(0x3DA3358B4DC172).is_irreducible());
    SeededRandom random(1);
    const Polynomial made = Polynomial::random(random);
    EXPECT_EQ(Polynomial::parse(made.text()), made);
    EXPECT_THROW(Polynomial::parse("3da3358b4dc172"), Error);
    EXPECT_THROW(Polynomial::parse("7"), Error);
    EXPECT_THROW(Polynomial::parse("3da3358b4dc173x"), Error);
}

TEST_P(ChunkerTest, CutsWhereTheDefinitionSays) {
    const Chunker chunker = this->chunker(kPolynomial);
    // The definition takes long: few megabytes.
    for (const std::uint64_t seed : {1, 2, 3}) {
        const std::string bytes = random_bytes(1536 << 10, seed);
        EXPECT_EQ(chunker.cut(bytes), slow_cut(bytes)) << "seed " << seed;
    }
}

TEST_P(ChunkerTest, KeepsToTheBounds) {
    const Chunker chunker = this->chunker(kPolynomial);
    EXPECT_EQ(chunker.cut(""), 0u);
    EXPECT_EQ(chunker.cut(random_bytes(kMinChunk, 4)), kMinChunk);
    // Zeros have the fingerprint zero: a cut at the first place that is allowed.
    EXPECT_EQ(chunker.cut(std::string(kMaxChunk, '\0')), kMinChunk);
    // Ones never have it.
    EXPECT_EQ(chunker.cut(std::string(kMaxChunk + 5, '\1')), kMaxChunk);
}

TEST_P(ChunkerTest, FindsTheSameCutsAgainAfterAnInsertion) {
    const Chunker chunker = this->chunker(kPolynomial);
    const std::string bytes = random_bytes(24 << 20, 5);
    const auto ends = [&](std::string_view rest) {
        std::vector<std::size_t> from_the_end;
        while (!rest.empty()) {
            rest.remove_prefix(chunker.cut(rest));
            from_the_end.push_back(rest.size());
        }
        return from_the_end;
    };
    const auto before = ends(bytes), after = ends("inserted" + bytes);
    ASSERT_GT(before.size(), 4u);
    EXPECT_EQ(before[before.size() - 2], after[after.size() - 2]);
}

// Cuts close to each other, anywhere in the lanes: 64 zeros make one.
TEST_P(ChunkerTest, FindsTheFirstOfManyCuts) {
    const Chunker chunker = this->chunker(kPolynomial);
    SeededRandom random(6);
    const auto below = [&](std::size_t end) {
        return static_cast<std::size_t>(random.next() % end);
    };
    for (std::uint64_t round = 0; round < 16; ++round) {
        std::string bytes = random_bytes(kMinChunk + (80 << 10) + below(9000), 100 + round);
        const std::size_t first = kMinChunk + below(bytes.size() - kMinChunk - 64);
        std::size_t planted = bytes.size();
        for (int zeros = 3; zeros > 0; --zeros) {
            const std::size_t at = first + below(bytes.size() - first - 63);
            std::memset(bytes.data() + at, 0, 64);
            planted = std::min(planted, at + 64);
        }
        const std::size_t found = chunker.cut(bytes);
        EXPECT_LE(found, planted) << "round " << round;
        EXPECT_EQ(found, slow_cut(std::string_view(bytes).substr(0, found + 1)))
            << "round " << round;
        EXPECT_EQ(chunker.cut(bytes, below(found)), found) << "round " << round;
    }
}

// restic 0.14 saved the same bytes under the same polynomial in blobs of these lengths.
TEST_P(ChunkerTest, CutsAsResticDoes) {
    const Chunker chunker = this->chunker(Polynomial::parse("2d73fcd1da73dd"));
    const std::string bytes = random_bytes(24 << 20, 5);
    std::vector<std::size_t> lengths;
    for (std::string_view rest = bytes; !rest.empty(); rest.remove_prefix(lengths.back()))
        lengths.push_back(chunker.cut(rest));
    const std::vector<std::size_t> theirs = {2066431, 1652164, 1858919, 1124955, 3204632,
                                             2815223, 951173,  1522218, 773462,  1626800,
                                             4605397, 1402834, 1561616};
    EXPECT_EQ(lengths, theirs);
}

}  // namespace
}  // namespace lifeboat::vault

#include "vault/sha256.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"

namespace lifeboat::vault {
namespace {

std::string noise(SeededRandom& random, std::size_t size) {
    std::string bytes(size, '\0');
    random.fill(std::as_writable_bytes(std::span(bytes)));
    return bytes;
}

// The oracle is OpenSSL, behind Id::of.
TEST(Sha256, IsTheLibrarysForEveryLengthAndSplit) {
    SeededRandom random(5);
    const std::string bytes = noise(random, 400);
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
        const std::string_view whole = std::string_view(bytes).substr(0, size);
        const std::size_t split = size == 0 ? 0 : random.next() % size;
        Sha256 hash;
        hash.update(whole.substr(0, split));
        hash.update(whole.substr(split));
        EXPECT_EQ(hash.finish(), Id::of(whole)) << size << " at " << split;
        hash.update(whole);
        EXPECT_EQ(hash.finish(), Id::of(whole)) << "used again, " << size;
    }
}

TEST(Sha256, TakesTwoAtOnceWhateverTheirLengths) {
    SeededRandom random(6);
    for (int round = 0; round < 500; ++round) {
        const std::string a = noise(random, random.next() % 3000);
        const std::string b = noise(random, random.next() % 3000);
        const std::size_t first_a = random.next() % (a.size() + 1);
        const std::size_t first_b = random.next() % (b.size() + 1);
        Sha256 of_a, of_b;
        of_a.update(std::string_view(a).substr(0, first_a));
        of_b.update(std::string_view(b).substr(0, first_b));
        Sha256::update_both(of_a, std::string_view(a).substr(first_a), of_b,
                            std::string_view(b).substr(first_b));
        ASSERT_EQ(of_a.finish(), Id::of(a)) << round;
        ASSERT_EQ(of_b.finish(), Id::of(b)) << round;
    }
}

}  // namespace
}  // namespace lifeboat::vault

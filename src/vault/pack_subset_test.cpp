#include "vault/pack_subset.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"

namespace lifeboat::vault {
namespace {

std::vector<SizedPack> packs() {
    std::vector<SizedPack> all;
    for (int i = 0; i < 40; ++i)
        all.push_back({Id::of(std::to_string(i)), 1 << 20});
    return all;
}

TEST(PackSubset, PartsAreDisjointAndMakeUpAll) {
    SeededRandom random(3);
    std::vector<Id> seen;
    for (int part = 1; part <= 7; ++part) {
        const auto subset = PackSubset::parse(std::to_string(part) + "/7");
        for (const SizedPack& pack : subset.choose(packs(), random))
            seen.push_back(pack.id);
    }
    EXPECT_EQ(seen.size(), 40u);
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end());
}

TEST(PackSubset, ChancePicksAsManyAsWereAskedFor) {
    SeededRandom random(3);
    EXPECT_EQ(PackSubset().choose(packs(), random).size(), 40u);
    EXPECT_EQ(PackSubset::parse("25%").choose(packs(), random).size(), 10u);
    EXPECT_EQ(PackSubset::parse("0.1%").choose(packs(), random).size(), 1u);
    EXPECT_EQ(PackSubset::parse("5M").choose(packs(), random).size(), 5u);
    EXPECT_EQ(PackSubset::parse("1").choose(packs(), random).size(), 1u);
    EXPECT_TRUE(PackSubset::parse("5M").choose({}, random).empty());
}

TEST(PackSubset, RefusesEverythingElse) {
    for (const char* text :
         {"", "3/2", "0/2", "1/257", "1/", "/2", "-1/2", "0%", "101%", "nan%", "%", "0", "some"})
        EXPECT_THROW(PackSubset::parse(text), Error) << text;
}

}  // namespace
}  // namespace lifeboat::vault

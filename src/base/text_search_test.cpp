#include "base/text_search.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"

namespace lifeboat {
namespace {

TEST(TextSearch, FindsWhatTheStandardLibraryFinds) {
    for (std::uint64_t seed = 1; seed <= 20000; ++seed) {
        SeededRandom random(seed);
        const auto text_of = [&](std::uint64_t longest) {
            std::string text(random.next() % (longest + 1), 'a');
            for (char& c : text)
                if (random.next() % 4 == 0) c = 'b';
            return text;
        };
        const std::string text = text_of(40), piece = text_of(5);
        const std::size_t from = random.next() % 50;
        EXPECT_EQ(find_text(text, piece, from), text.find(piece, from))
            << "seed " << seed << " '" << piece << "' in '" << text << "' from " << from;
    }
    EXPECT_EQ(find_text({}, {}), 0U);
}

TEST(TextSearch, TakesLinearTime) {
    const std::string text(4'000'000, 'a');
    const std::string piece = std::string(1'000'000, 'a') + "b" + std::string(1'000'000, 'a');
    EXPECT_EQ(find_text(text, piece), std::string::npos);
}

}  // namespace
}  // namespace lifeboat

#include "vault/loading_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <string>
#include <thread>
#include <vector>

namespace lifeboat::vault {
namespace {

using Cache = LoadingCache<std::string>;

Id id_of(int number) {
    return Id::of(std::to_string(number));
}

Cache::Loaded loaded(int number, std::size_t bytes) {
    return {std::make_shared<std::string>(std::to_string(number)), bytes};
}

TEST(LoadingCache, LoadsOnceForAllWhoAskMeanwhile) {
    Cache cache(100);
    std::atomic<int> loads = 0;
    std::latch all_asked(8);
    {
        std::vector<std::jthread> readers;
        for (int i = 0; i < 8; ++i)
            readers.emplace_back([&] {
                all_asked.count_down();
                const auto value = cache.get(id_of(1), [&] {
                    all_asked.wait();
                    ++loads;
                    return loaded(1, 10);
                });
                EXPECT_EQ(*value, "1");
            });
    }
    EXPECT_EQ(loads, 1);
}

TEST(LoadingCache, TellsAllWhoWaitOfAFailureAndTriesAgain) {
    Cache cache(100);
    std::latch all_asked(4);
    std::atomic<int> failed = 0;
    {
        std::vector<std::jthread> readers;
        for (int i = 0; i < 4; ++i)
            readers.emplace_back([&] {
                all_asked.count_down();
                try {
                    cache.get(id_of(1), [&]() -> Cache::Loaded {
                        all_asked.wait();
                        throw Error(ErrorCategory::Corruption, "Bad", "bad");
                    });
                } catch (const Error& error) {
                    failed += error.code() == "Bad" ? 1 : 0;
                }
            });
    }
    EXPECT_EQ(failed, 4);
    EXPECT_FALSE(cache.has(id_of(1)));
    EXPECT_EQ(*cache.get(id_of(1), [] { return loaded(7, 1); }), "7");
}

TEST(LoadingCache, DropsWhatWasNotAskedForLongest) {
    Cache cache(30);
    for (const int number : {1, 2, 3, 1, 4})
        cache.get(id_of(number), [&] { return loaded(number, 10); });
    EXPECT_TRUE(cache.has(id_of(1)));
    EXPECT_FALSE(cache.has(id_of(2)));
    EXPECT_TRUE(cache.has(id_of(3)));
    EXPECT_EQ(cache.bytes(), 30u);
}

TEST(LoadingCache, KeepsWhatIsLargerThanTheRoomUntilTheNext) {
    Cache cache(30);
    cache.get(id_of(1), [] { return loaded(1, 10); });
    EXPECT_EQ(*cache.get(id_of(2), [] { return loaded(2, 31); }), "2");
    EXPECT_FALSE(cache.has(id_of(1)));
    EXPECT_TRUE(cache.has(id_of(2)));
    cache.get(id_of(1), [] { return loaded(1, 10); });
    EXPECT_FALSE(cache.has(id_of(2)));
    EXPECT_EQ(cache.bytes(), 10u);
}

}  // namespace
}  // namespace lifeboat::vault

#include "vault/read_ahead.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <optional>
#include <semaphore>

namespace lifeboat::vault {
namespace {

using namespace std::chrono_literals;

TEST(ReadAhead, BeginsNothingOnceItEnds) {
    std::latch both_work(2);
    std::counting_semaphore<2> is_dropped(0);
    std::atomic<bool> was_begun = false;
    std::optional<ReadAhead> ahead(std::in_place, 2, 10);
    for (int i = 0; i < 2; ++i)
        ahead->submit([&] {
            both_work.count_down();
            (void)is_dropped.try_acquire_for(10s);
        });
    both_work.wait();
    // What waits is dropped before those who work are waited for.
    std::shared_ptr<int> waiting(new int, [&](const int* number) {
        delete number;
        is_dropped.release(2);
    });
    ahead->submit([&was_begun, waiting = std::move(waiting)] { was_begun = true; });
    ahead.reset();
    EXPECT_FALSE(was_begun);
}

}  // namespace
}  // namespace lifeboat::vault

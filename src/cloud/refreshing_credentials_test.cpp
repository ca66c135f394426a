#include "cloud/refreshing_credentials.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <latch>
#include <thread>

#include "base/testing/manual_clock.h"

namespace lifeboat::cloud {
namespace {

using namespace std::chrono_literals;

struct Source {
    std::atomic<int> asked{0};
    std::function<std::optional<Credentials>(int)> answer;
};

class AskedSource final : public CredentialsProvider {
  public:
    explicit AskedSource(Source& source) : source_(source) {}
    std::optional<Credentials> find() override { return source_.answer(++source_.asked); }

  private:
    Source& source_;
};

class Refreshing : public ::testing::Test {
  protected:
    // Numbered by the question, valid for `lifetime`.
    void lasting(Duration lifetime) {
        source.answer = [=, this](int number) {
            return Credentials{"K" + std::to_string(number), "s", "t", clock.now() + lifetime};
        };
    }
    std::string key() { return provider.find()->access_key_id; }

    testing::ManualClock clock{*parse_iso8601("2026-01-02T09:18:24Z")};
    Source source;
    RefreshingCredentials provider{std::make_unique<AskedSource>(source), clock};
};

TEST_F(Refreshing, AsksAgainFiveMinutesBeforeTheEnd) {
    lasting(1h);
    EXPECT_EQ(key(), "K1");
    clock.advance(54min);
    EXPECT_EQ(key(), "K1");
    clock.advance(2min);
    EXPECT_EQ(key(), "K2");
    EXPECT_EQ(source.asked, 2);
}

TEST_F(Refreshing, KeepsLongTermKeysForEver) {
    source.answer = [](int) { return Credentials{"K", "s", "", {}}; };
    key();
    clock.advance(24h * 365);
    key();
    EXPECT_EQ(source.asked, 1);
}

TEST_F(Refreshing, FailureIsHarmlessWhileTheOldOnesHold) {
    lasting(1h);
    key();
    const auto good = source.answer;
    source.answer = [](int) -> std::optional<Credentials> {
        throw Error(ErrorCategory::Unavailable, "Down", "down");
    };
    clock.advance(56min);
    EXPECT_EQ(key(), "K1");
    EXPECT_EQ(key(), "K1");
    EXPECT_EQ(source.asked, 2) << "not asked again at once";
    clock.advance(4min);
    EXPECT_THROW(key(), Error);
    source.answer = good;
    EXPECT_EQ(key(), "K4");
}

TEST_F(Refreshing, ExpiredOnesOfASourceThatIsCutOffAreUsedAndNotAskedForEveryTime) {
    lasting(-1min);
    EXPECT_EQ(key(), "K1");
    EXPECT_EQ(key(), "K1");
    clock.advance(61s);
    EXPECT_EQ(key(), "K2");
}

TEST_F(Refreshing, ForgetsWhatAServiceRefused) {
    lasting(1h);
    const Credentials refused = *provider.find();
    provider.forget(refused);
    EXPECT_EQ(key(), "K2");
    provider.forget(refused);
    EXPECT_EQ(key(), "K2") << "newer ones are not affected";
}

TEST_F(Refreshing, ManyThreadsCauseOneQuestion) {
    constexpr int kThreads = 8;
    std::latch together(kThreads);
    source.answer = [&](int number) {
        // Nobody may ask a second time while this one is being answered.
        together.wait();
        return Credentials{"K" + std::to_string(number), "s", "t", clock.now() + 1h};
    };
    std::vector<std::string> got(kThreads);
    {
        std::vector<std::jthread> threads;
        for (std::string& one : got)
            threads.emplace_back([&] {
                together.count_down();
                one = key();
            });
    }
    for (const std::string& one : got)
        EXPECT_EQ(one, "K1");
    EXPECT_EQ(source.asked, 1);
}

TEST_F(Refreshing, OthersGoOnWithTheOldOnesWhileOneAsks) {
    lasting(1h);
    key();
    clock.advance(56min);
    std::latch asked(1);
    std::latch go_on(1);
    source.answer = [&](int) {
        asked.count_down();
        go_on.wait();
        return Credentials{"NEW", "s", "t", clock.now() + 1h};
    };
    std::string slow;
    std::jthread asking([&] { slow = key(); });
    asked.wait();
    EXPECT_EQ(key(), "K1");
    go_on.count_down();
    asking.join();
    EXPECT_EQ(slow, "NEW");
}

}  // namespace
}  // namespace lifeboat::cloud

#include "cloud/name_lookup.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace lifeboat::cloud {
namespace {

using namespace std::chrono_literals;

NameLookup::Found loopback() {
    return {{"127.0.0.1"}, ""};
}

TEST(NameLookup, AsksTheSystem) {
    const SystemClock clock;
    NameLookup names(clock);
    EXPECT_FALSE(names.find("localhost", 10s).addresses.empty());
    const NameLookup::Found nowhere = names.find(std::string(300, 'a'), 60s);
    EXPECT_TRUE(nowhere.addresses.empty());
    EXPECT_FALSE(nowhere.problem.empty());
}

TEST(NameLookup, AddressesNeedNone) {
    const SystemClock clock;
    NameLookup names(clock, [](const std::string& name) -> NameLookup::Found {
        return {{}, "'" + name + "' was asked for"};
    });
    for (const char* address : {"127.0.0.1", "::1"}) {
        const NameLookup::Found found = names.find(address, 10s);
        ASSERT_EQ(found.addresses.size(), 1U) << found.problem;
        EXPECT_EQ(found.addresses[0], address);
    }
}

TEST(NameLookup, KeepsNobodyLongerThanItsPatience) {
    const SystemClock clock;
    std::promise<void> answer;
    std::atomic<int> asked = 0;
    {
        NameLookup names(clock, [&, answered = answer.get_future().share()](const std::string&) {
            ++asked;
            answered.wait();
            return loopback();
        });
        EXPECT_EQ(names.find("slow", 1ms).problem, "no answer in time");
        EXPECT_EQ(names.find("slow", 1ms).problem, "no answer in time");
        EXPECT_LE(asked, 1) << "they share a look-up";
        answer.set_value();
        EXPECT_EQ(names.find("slow", 60s).addresses, loopback().addresses);
    }  // joins
    EXPECT_LE(asked, 2);
}

TEST(NameLookup, WhatGoesWrongIsTold) {
    const SystemClock clock;
    NameLookup names(clock, [](const std::string&) -> NameLookup::Found {
        throw std::runtime_error("no memory");
    });
    EXPECT_EQ(names.find("x", 10s).problem, "no memory");
    EXPECT_EQ(names.find("x", 10s).problem, "no memory");
}

}  // namespace
}  // namespace lifeboat::cloud

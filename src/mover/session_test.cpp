#include "mover/session.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <utility>

#include "base/error.h"
#include "mover/testing/copy_fixture.h"
#include "mover/testing/sample_tree.h"

namespace lifeboat::mover {
namespace {

using SessionTest = testing::CopyFixture;

TEST_F(SessionTest, AListenerThatThrowsEndsTheRunWhenNobodyWorksAnyMore) {
    for (int i = 0; i < 50; ++i)
        testing::write_file(source_ / ("file" + std::to_string(i)), "x");
    options_.workers = 1;
    Surroundings around = surroundings();
    around.estimate = Estimate::None;
    std::atomic<bool> thrown = false;
    bool begun = false;
    around.on_progress = [&](const Progress&) {
        if (!std::exchange(begun, true)) return;
        thrown = true;
        thrown.notify_all();
        throw Error(ErrorCategory::NoSpace, "SQLITE_FULL", "nobody can write it down");
    };
    // Somebody is at work when it happens.
    around.on_action = [&](const Action&) { thrown.wait(false); };
    try {
        copy_tree(open_roots(), options_, filter_, around);
        FAIL() << "the listener threw";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), "SQLITE_FULL");
    }
    EXPECT_EQ(testing::count_temporaries(destination_), 0);
    expect_success(copy());
}

}  // namespace
}  // namespace lifeboat::mover

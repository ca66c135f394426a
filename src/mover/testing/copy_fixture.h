// Two empty roots in a temporary directory and what a run needs.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "base/clock.h"
#include "base/random.h"
#include "mover/copy_tree.h"
#include "os/testing/temporary_directory.h"

namespace lifeboat::mover::testing {

class CopyFixture : public ::testing::Test {
  protected:
    CopyFixture() {
        std::filesystem::create_directory(source_);
        std::filesystem::create_directory(destination_);
        if (::geteuid() != 0) {
            options_.uid.kind = OwnerRule::Kind::Caller;
            options_.gid.kind = OwnerRule::Kind::Caller;
        }
    }

    Roots open_roots() const {
        return {open_root(source_, MissingRoot::Refuse),
                open_root(destination_, MissingRoot::Make)};
    }
    Surroundings surroundings() { return {clock_, random_}; }
    Report copy() { return copy_tree(open_roots(), options_, filter_, surroundings()); }
    Report plan(std::function<void(const Action&)> on_action) {
        Surroundings around = surroundings();
        around.on_action = std::move(on_action);
        return plan_tree(open_roots(), options_, filter_, around);
    }

    static void expect_success(const Report& report) {
        EXPECT_TRUE(report.success());
        for (const Failure& failure : report.failures)
            ADD_FAILURE() << failure.path << ": " << failure.code << ": " << failure.message;
    }

    os::testing::TemporaryDirectory temporary_;
    std::filesystem::path source_ = temporary_.path() / "source";
    std::filesystem::path destination_ = temporary_.path() / "destination";
    Options options_;
    Filter filter_;
    SystemClock clock_;
    SystemRandom random_;
};

}  // namespace lifeboat::mover::testing

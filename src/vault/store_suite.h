// Does a store keep what store.h promises? One suite for every kind of store: the tests run it, and
// `lifeboat vault validate` runs it where a user wants to keep snapshots.
//
// It writes files of random names and removes each of them, also when a check fails; what one that
// was killed left, the next one removes (so two at a time would disturb each other). Where a
// repository is, only packs are written, which no index names and no reader looks at; elsewhere
// files of every kind are.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "vault/store.h"

namespace lifeboat::vault {

// What files of the suite begin with, where they are long enough. No file of a repository does, and
// none is shorter.
inline constexpr std::string_view kTrialMark = "lifeboat trial:\n";

struct StoreSuiteOptions {
    std::size_t large_bytes = std::size_t{40} << 20;  // above what S3 stores take in one part here
    std::size_t many_files = 1050;                    // above what a page of S3's listings holds
    std::size_t threads = 8;
};

struct StoreCheck {
    std::string name;     // "gives back what it keeps"
    std::string problem;  // empty: it does
    bool passed() const { return problem.empty(); }
};

// Calls `done` after each check and returns all of them. Errors of the store are problems of the
// check; nothing is thrown for them.
std::vector<StoreCheck> run_store_suite(
    Store& store, Random& random, const StoreSuiteOptions& options = {},
    const std::function<void(const StoreCheck&)>& done = nullptr);

}  // namespace lifeboat::vault

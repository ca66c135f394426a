// What the parts of one restore share: what was asked for, what went wrong, and whether it is over.
#pragma once

#include <mutex>
#include <stop_token>
#include <string>

#include "base/error.h"
#include "mover/temporary.h"
#include "vault/restore.h"

namespace lifeboat::vault {

// Thread-safe. What is referred to outlives it.
class RestoreRun {
  public:
    RestoreRun(const RestoreOptions& given, RestoreProgress& shown, std::stop_token stop,
               Random& random)
        : options(given), progress(shown), names(random), stop_(std::move(stop)) {}

    const RestoreOptions& options;
    RestoreProgress& progress;
    mover::TemporaryNames names;

    // What fails is reported, and the others are restored. true: `work` was done.
    template <class Work>
    bool guarded(const std::string& path, Work work) {
        try {
            work();
            return true;
        } catch (const Error& error) {
            tell_problem(path, error.what());
            return false;
        }
    }
    void tell_problem(const std::string& path, const std::string& what) {
        const std::scoped_lock lock(mutex_);
        report_.problems.push_back({path, what});
    }
    void tell_extra(const std::string& path) {
        const std::scoped_lock lock(mutex_);
        report_.extra.push_back(path);
    }
    bool is_stopped() const { return stop_.stop_requested(); }
    RestoreReport take_report() { return std::move(report_); }

  private:
    std::stop_token stop_;
    std::mutex mutex_;  // over report_
    RestoreReport report_;
};

}  // namespace lifeboat::vault

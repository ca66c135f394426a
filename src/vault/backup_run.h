// What the parts of one backup share: where blobs go, what went wrong, and whether it is over.
#pragma once

#include <atomic>
#include <exception>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>

#include "vault/backup.h"

namespace lifeboat::vault {

// Thread-safe. What is referred to outlives it.
class BackupRun {
  public:
    BackupRun(BlobWriter& writer, const BackupOptions& given, BackupProgress& shown,
              BackupReport& report, std::stop_token stop)
        : options(given),
          progress(shown),
          writer_(writer),
          report_(report),
          stop_(std::move(stop)) {}

    const BackupOptions& options;
    BackupProgress& progress;

    // A source that fails is reported, and the others are saved. true: `work` was done.
    template <class Work>
    bool guarded(const std::string& path, Work work) {
        try {
            work();
            return true;
        } catch (const Error& error) {
            tell_failure(path, error.what());
            return false;
        }
    }
    void tell_failure(const std::string& path, const std::string& what) {
        const std::scoped_lock lock(mutex_);
        report_.failures.push_back({path, what});
    }
    void tell_changed(const std::string& path, const std::string& what) {
        const std::scoped_lock lock(mutex_);
        report_.changed.push_back({path, what});
    }
    void tell_read_live(const std::string& path) {
        const std::scoped_lock lock(mutex_);
        report_.read_live.push_back(path);
    }

    // A store that fails ends the backup.
    Id save(BlobType type, std::string_view plain) {
        try {
            return writer_.save(type, plain);
        } catch (...) {
            const std::scoped_lock lock(mutex_);
            if (!failure_) failure_ = std::current_exception();
            has_failed_ = true;
            throw;
        }
    }
    bool has(BlobType type, const Id& id) const { return writer_.has(type, id); }

    // Nobody wants the rest.
    bool is_over() const { return stop_.stop_requested() || has_failed_.load(); }
    void rethrow_failure() const {
        if (failure_) std::rethrow_exception(failure_);
    }

  private:
    BlobWriter& writer_;
    BackupReport& report_;
    std::stop_token stop_;
    std::mutex mutex_;  // over report_ and failure_
    std::exception_ptr failure_;
    std::atomic<bool> has_failed_{false};
};

}  // namespace lifeboat::vault

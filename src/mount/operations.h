// The kernel's requests, as libfuse hands them over, answered by a FileSystem. This is where an
// Error becomes an errno: what is damaged or cannot be reached is EIO, and the log says why.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "mount/file_system.h"

struct fuse_lowlevel_ops;

namespace lifeboat::mount {

// What the kernel has open; what it did not close goes with it. Thread-safe.
template <class Item>
class Handles {
  public:
    // Until close() with this number.
    std::uint64_t open(std::unique_ptr<Item> item) {
        const std::scoped_lock lock(mutex_);
        open_.emplace(++last_, std::move(item));
        return last_;
    }
    std::shared_ptr<Item> find(std::uint64_t handle) const {
        const std::scoped_lock lock(mutex_);
        const auto at = open_.find(handle);
        return at == open_.end() ? nullptr : at->second;
    }
    void close(std::uint64_t handle) {
        const std::scoped_lock lock(mutex_);
        open_.erase(handle);
    }

  private:
    mutable std::mutex mutex_;
    std::unordered_map<std::uint64_t, std::shared_ptr<Item>> open_;
    std::uint64_t last_ = 0;
};

struct Operations {
    // Whose modes and access control lists count.
    enum class Permissions {
        KernelChecks,  // everybody's
        NobodyChecks,  // whoever may come in may read all
    };

    Operations(FileSystem& answering, Permissions who_checks)
        : file_system(answering), permissions(who_checks) {}

    // The same failure of the same file is logged once, so that a program that tries again and
    // again does not fill the log.
    void log_failure(std::uint64_t number, std::string_view tried, const Error& error);

    FileSystem& file_system;
    const Permissions permissions;
    Handles<FileSystem::OpenFile> files;
    Handles<FileSystem::OpenDirectory> directories;

  private:
    std::mutex mutex_;
    std::set<std::string> logged_;
};

// Their userdata is an Operations.
const fuse_lowlevel_ops& fuse_operations();

}  // namespace lifeboat::mount

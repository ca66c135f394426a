// A file system while it is mounted.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "mount/mount_point.h"
#include "mount/operations.h"
#include "os/unique_fd.h"

struct fuse_session;

namespace lifeboat::mount {

struct SessionOptions {
    std::string source;  // what the list of mounts says is mounted
    bool allows_others = false;
    Operations::Permissions permissions = Operations::Permissions::NobodyChecks;
    unsigned workers = 16;  // requests that are answered at a time; one may wait for a server
};

class Session {
  public:
    // Mounts, read-only and without powers (nosuid, nodev), at what require_mount_point() gave; on
    // return it can be used. When this process is killed fusermount3, where there is one, takes
    // away what root mounted; what users did, libfuse 3.14 leaves (its issue 586). `files` outlives
    // this. Throws PermissionDenied with what libfuse said.
    Session(FileSystem& files, const std::filesystem::path& point, const SessionOptions& options);
    // Unmounts.
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Blocks until it is unmounted, by unmount() or by anybody else.
    void wait();
    // From any thread, also when that has happened. One that is still in use is answered no more
    // and disappears from its place, and who has files of it open gets errors, where the system
    // lets us (mount::cut_off()), at once, else when this goes.
    Unmounted unmount();

  private:
    struct Destroy {
        void operator()(fuse_session* session) const;
    };
    void mount(const SessionOptions& options);
    void start(unsigned workers);
    void work(const os::UniqueFd& requests);
    void let_kernel_forget(const std::stop_token& stop);
    void end_workers();

    const std::filesystem::path point_;
    FileSystem& files_;
    Operations operations_;
    std::unique_ptr<fuse_session, Destroy> session_;
    os::UniqueFd ending_;  // readable: workers end
    dev_t device_ = 0;
    bool is_covered_ = false;            // something else is mounted over it
    std::vector<os::UniqueFd> watches_;  // one a worker: requests, and ending_
    std::vector<std::thread> workers_;
    std::jthread forgetter_;
    std::mutex mutex_;  // over how it ends
    std::optional<Unmounted> how_;
};

}  // namespace lifeboat::mount

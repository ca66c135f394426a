#include "os/directory.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>

#include "base/error.h"

namespace lifeboat::os {
namespace {

// Kernels before 5.6 and some sandboxes do not have openat2.
std::atomic<bool> openat2_works{true};

int open_with_openat2(int directory, const char* name, int flags, mode_t mode, Mounts mounts) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags);
    how.mode = (flags & O_CREAT) != 0 ? mode : 0;
    // One component that is not ".." cannot lead above the directory: RESOLVE_BENEATH would only
    // cost time.
    how.resolve = RESOLVE_NO_SYMLINKS;
    if (mounts == Mounts::Refuse) how.resolve |= RESOLVE_NO_XDEV;
    while (true) {
        const long fd = ::syscall(SYS_openat2, directory, name, &how, sizeof how);
        // EAGAIN: the tree moved while the kernel looked.
        if (fd < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        return static_cast<int>(fd);
    }
}

int open_once(int directory, const char* name, int flags, mode_t mode, Mounts mounts) {
    if (openat2_works.load(std::memory_order_relaxed)) {
        const int fd = open_with_openat2(directory, name, flags, mode, mounts);
        // Some sandboxes say EPERM; where it is about the file, openat says so too.
        if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return fd;
        if (errno == ENOSYS) openat2_works.store(false);
    }
    // One component and O_NOFOLLOW: nothing above can be resolved anew. A bind mount of the same
    // file system goes unseen here; another file system does not.
    UniqueFd fd(::openat(directory, name, flags, mode));
    if (fd && mounts == Mounts::Refuse && look_at(fd.get()).st_dev != look_at(directory).st_dev) {
        errno = EXDEV;
        return -1;
    }
    return fd.release();
}

void require_component(const std::string& name) {
    if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos ||
        name.find('\0') != std::string::npos)
        throw Error(ErrorCategory::InvalidInput, "InvalidName",
                    "'" + name + "' is not the name of one file in a directory");
}

}  // namespace

UniqueFd open_below(int directory, const std::string& name, int flags, mode_t mode, Mounts mounts) {
    require_component(name);
    // O_PATH takes few flags beside it.
    flags |= O_CLOEXEC | O_NOFOLLOW;
    if ((flags & O_PATH) == 0) flags |= O_NONBLOCK | O_NOCTTY;
    const bool may_leave_atime = (flags & (O_PATH | O_CREAT)) == 0;
    int fd = open_once(directory, name.c_str(), may_leave_atime ? flags | O_NOATIME : flags, mode,
                       mounts);
    // Only the owner and root may ask for O_NOATIME.
    if (fd < 0 && errno == EPERM && may_leave_atime)
        fd = open_once(directory, name.c_str(), flags, mode, mounts);
    if (fd < 0) throw error_from_errno(errno, "open '" + name + "'");
    return UniqueFd(fd);
}

UniqueFd open_directory_below(int root, std::string_view path, std::optional<mode_t> create_mode,
                              Mounts mounts) {
    UniqueFd current(::openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!current)
        throw error_from_errno(errno, "open the directory above '" + std::string(path) + "'");
    while (!path.empty()) {
        const auto slash = path.find('/');
        const std::string name(path.substr(0, slash));
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
        if (name.empty()) continue;
        require_component(name);
        if (create_mode && ::mkdirat(current.get(), name.c_str(), *create_mode) != 0 &&
            errno != EEXIST)
            throw error_from_errno(errno, "make the directory '" + name + "'");
        current = open_below(current.get(), name, O_RDONLY | O_DIRECTORY, 0, mounts);
    }
    return current;
}

UniqueFd duplicate(int fd) {
    UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (!copy) throw error_from_errno(errno, "duplicate a handle");
    return copy;
}

std::optional<struct stat> look_at(int directory, const std::string& name) {
    struct stat status {};
    if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return status;
    if (errno == ENOENT) return std::nullopt;
    throw error_from_errno(errno, "stat '" + name + "'");
}

struct stat look_at(int fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) throw error_from_errno(errno, "stat an open file");
    return status;
}

bool is_same_file(const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

void each_name(int directory,
               const std::function<bool(const std::string& name, unsigned char type)>& visit) {
    // A handle of its own, so that nobody shares its position.
    UniqueFd own(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!own) throw error_from_errno(errno, "open a directory to list it");
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(own.get()), ::closedir);
    if (!stream) throw error_from_errno(errno, "list a directory");
    own.release();
    while (true) {
        errno = 0;
        const dirent* entry = ::readdir(stream.get());
        if (entry == nullptr) {
            if (errno != 0) throw error_from_errno(errno, "list a directory");
            return;
        }
        const std::string name = entry->d_name;
        if (name == "." || name == "..") continue;
        if (!visit(name, entry->d_type)) return;
    }
}

std::string read_link(int directory, const std::string& name) {
    std::string target(4096, '\0');
    const ssize_t size = ::readlinkat(directory, name.c_str(), target.data(), target.size());
    if (size < 0) throw error_from_errno(errno, "read the link '" + name + "'");
    target.resize(static_cast<std::size_t>(size));
    return target;
}

bool is_within(int inner, int outer) {
    const struct stat wanted = look_at(outer);
    UniqueFd current = duplicate(inner);
    struct stat here = look_at(current.get());
    while (true) {
        if (is_same_file(here, wanted)) return true;
        UniqueFd above(::openat(current.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!above) throw error_from_errno(errno, "open the directory above");
        const struct stat there = look_at(above.get());
        if (is_same_file(here, there)) return false;
        here = there;
        current = std::move(above);
    }
}

}  // namespace lifeboat::os

#include "mount/mount_point.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "os/child.h"
#include "os/environment.h"
#include "os/unique_fd.h"

namespace lifeboat::mount {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDevice = "/dev/fuse";
constexpr const char* kHelper = "fusermount3";

std::string quoted(const fs::path& path) {
    return "'" + path.string() + "'";
}

void require_device() {
    const os::UniqueFd fd(::open(kDevice, O_RDWR | O_CLOEXEC));
    if (fd) return;
    const std::string container =
        "; in a container, start it with --device /dev/fuse --cap-add SYS_ADMIN";
    if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
        throw Error(ErrorCategory::Unsupported, "FuseMissing",
                    "mounting needs FUSE, and this system has no /dev/fuse: load the kernel's "
                    "module (modprobe fuse)" +
                        container);
    if (errno == EACCES || errno == EPERM)
        throw Error(
            ErrorCategory::PermissionDenied, "FuseForbidden",
            "mounting needs FUSE, and /dev/fuse may not be opened: an administrator can let "
            "everybody (chmod 666 /dev/fuse)" +
                container);
    throw error_from_errno(errno, std::string("open ") + kDevice);
}

void require_helper() {
    if (::geteuid() == 0 || has_fusermount()) return;
    throw Error(ErrorCategory::Unsupported, "FusermountMissing",
                "users mount by the program fusermount3, which is not on the PATH: install the "
                "package fuse3, or mount as root");
}

// Is `inner` the directory `outer` or below it?
bool is_within(const fs::path& inner, const fs::path& outer) {
    return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first ==
           outer.end();
}

// The file system would read its own blobs through itself, and wait for itself for ever.
void require_apart(const fs::path& point, const fs::path& repository) {
    if (repository.empty()) return;
    std::error_code problem;
    const fs::path real = fs::canonical(repository, problem);
    if (problem || (!is_within(point, real) && !is_within(real, point))) return;
    throw Error(ErrorCategory::InvalidInput, "MountPointOverlaps",
                "the mount point " + quoted(point) + " and the repository " + quoted(real) +
                    " lie in each other; mount somewhere else");
}

// What `fusermount3 arguments...` exits with. A second Ctrl-C does not reach it.
int run_helper(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), kHelper);
    os::Child helper(std::move(arguments), os::environment(), STDERR_FILENO, os::ProcessGroup::Own);
    const int status = helper.wait();
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

// As the list of mounts writes blanks: \040.
std::string unescaped(const std::string& text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\\' || text.size() - at < 4) {
            out += text[at];
            continue;
        }
        out += static_cast<char>(std::stoi(text.substr(at + 1, 3), nullptr, 8));
        at += 3;
    }
    return out;
}

Unmounted unmount_as_user(const fs::path& path) {
    return run_helper({"-u", "-q", "--", path.string()}) == 0 ? Unmounted::Cleanly
                                                              : Unmounted::StillInUse;
}

}  // namespace

fs::path require_mount_point(const fs::path& path, const fs::path& repository) {
    std::error_code problem;
    const fs::file_status status = fs::status(path, problem);
    if (status.type() == fs::file_type::not_found)
        throw Error(ErrorCategory::NotFound, "MountPointNotFound",
                    "there is no directory " + quoted(path) + " to mount at; make it first");
    if (problem.value() == ENOTCONN)
        throw Error(ErrorCategory::AlreadyExists, "MountPointDead",
                    "at " + quoted(path) +
                        " a file system is mounted whose program is no more; take it away by "
                        "`fusermount3 -u " +
                        path.string() + "`");
    if (problem) throw error_from_errno(problem.value(), "look at " + quoted(path));
    if (!fs::is_directory(status))
        throw Error(ErrorCategory::InvalidInput, "MountPointNotDirectory",
                    quoted(path) + " is no directory; a repository is mounted at an empty one");
    const fs::path real = fs::canonical(path);
    require_apart(real, repository);
    if (::access(real.c_str(), R_OK | W_OK | X_OK) != 0)
        throw Error(
            ErrorCategory::PermissionDenied, "MountPointForbidden",
            "mounting needs a directory of your own, and you may not write to " + quoted(path));
    if (!fs::is_empty(real))
        throw Error(ErrorCategory::AlreadyExists, "MountPointNotEmpty",
                    quoted(path) +
                        " is not empty, and what is there would be hidden; name an empty "
                        "directory");
    require_device();
    require_helper();
    return real;
}

bool has_fusermount() {
    std::string_view rest;
    const auto path = os::get(os::environment(), "PATH");
    if (path) rest = *path;
    while (!rest.empty()) {
        const auto colon = std::min(rest.find(':'), rest.size());
        const fs::path program = fs::path(rest.substr(0, colon)) / kHelper;
        if (::access(program.c_str(), X_OK) == 0) return true;
        rest.remove_prefix(std::min(colon + 1, rest.size()));
    }
    return false;
}

std::optional<dev_t> device_at(const fs::path& path) {
    std::ifstream list("/proc/self/mountinfo");
    std::optional<dev_t> found;
    // https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html; what was mounted last is
    // seen.
    for (std::string line; std::getline(list, line);) {
        std::istringstream fields(line);
        std::string id, parent, root, point;
        unsigned major = 0, minor = 0;
        char colon = 0;
        fields >> id >> parent >> major >> colon >> minor >> root >> point;
        if (fields && unescaped(point) == path.string()) found = ::makedev(major, minor);
    }
    return found;
}

Unmounted unmount(const fs::path& path, dev_t device) {
    // Somebody may have unmounted it, or mounted something over it.
    if (device_at(path) != device) return Unmounted::NotMounted;
    if (::geteuid() != 0) return unmount_as_user(path);
    if (::umount2(path.c_str(), UMOUNT_NOFOLLOW) == 0) return Unmounted::Cleanly;
    if (errno == EBUSY) return Unmounted::StillInUse;
    if (errno == EINVAL || errno == ENOENT) return Unmounted::NotMounted;
    if (errno == EPERM && has_fusermount()) return unmount_as_user(path);
    throw error_from_errno(errno, "unmount " + quoted(path));
}

bool cut_off(const fs::path& path, dev_t device) {
    if (::geteuid() != 0 || device_at(path) != device) return false;
    // This ends the connection though it is in use; the place is freed by itself.
    if (::umount2(path.c_str(), MNT_FORCE | UMOUNT_NOFOLLOW) == 0) return true;
    return errno == EBUSY && ::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0;
}

}  // namespace lifeboat::mount

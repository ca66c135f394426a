#include "os/block_device.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "os/directory.h"
#include "os/file.h"

namespace lifeboat::os {
namespace {

UniqueFd open_alone(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && !S_ISBLK(status.st_mode))
        throw Error(ErrorCategory::InvalidInput, "NotBlockDevice",
                    "'" + path + "' is no block device");
    // The kernel lets nobody else have a device that was opened so, and nobody open it so who has
    // it mounted.
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_EXCL | O_CLOEXEC));
    if (!fd && errno == EBUSY)
        throw Error(ErrorCategory::AlreadyExists, "DeviceInUse",
                    "'" + path + "' is in use: it is mounted, or a part of another device");
    if (!fd) throw error_from_errno(errno, "open '" + path + "'");
    // Somebody may have put another file there meanwhile.
    if (!S_ISBLK(look_at(fd.get()).st_mode))
        throw Error(ErrorCategory::InvalidInput, "NotBlockDevice",
                    "'" + path + "' is no block device");
    return fd;
}

}  // namespace

BlockDevice::BlockDevice(const std::string& path) : path_(path), fd_(open_alone(path)) {
    if (::ioctl(fd_.get(), BLKGETSIZE64, &size_) != 0)
        throw error_from_errno(errno, "ask for the size of '" + path_ + "'");
}

void BlockDevice::write(std::string_view bytes) {
    write_all(fd_.get(), bytes, path_);
}

void BlockDevice::flush() {
    if (::fsync(fd_.get()) != 0) throw error_from_errno(errno, "write to '" + path_ + "'");
    if (::ioctl(fd_.get(), BLKFLSBUF, 0) != 0 && errno != EACCES)
        throw error_from_errno(errno, "empty the buffers of '" + path_ + "'");
}

std::size_t BlockDevice::read(std::uint64_t offset, char* out, std::size_t length) {
    std::size_t done = 0;
    while (done < length) {
        const ssize_t got =
            ::pread(fd_.get(), out + done, length - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw error_from_errno(errno, "read '" + path_ + "'");
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

}  // namespace lifeboat::os

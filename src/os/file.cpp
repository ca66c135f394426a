#include "os/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/fault.h"

namespace lifeboat::os {

UniqueFd open_file(const std::filesystem::path& path, int flags, mode_t mode) {
    UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
    if (!fd) throw error_from_errno(errno, "open '" + path.string() + "'");
    return fd;
}

std::string read_file(const std::filesystem::path& path, std::uint64_t limit) {
    const UniqueFd fd = open_file(path, O_RDONLY);
    std::string content;
    char buffer[65536];
    while (true) {
        const ssize_t count = ::read(fd.get(), buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw error_from_errno(errno, "read '" + path.string() + "'");
        if (count == 0) return content;
        content.append(buffer, static_cast<std::size_t>(count));
        if (content.size() > limit)
            throw Error(
                ErrorCategory::InvalidInput, "FileTooLarge",
                "'" + path.string() + "' is larger than " + std::to_string(limit) + " bytes");
    }
}

void write_all(int fd, std::string_view bytes, const std::string& what) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw error_from_errno(errno, "write '" + what + "'");
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

void sync_directory(const std::filesystem::path& directory) {
    const UniqueFd fd = open_file(directory, O_RDONLY | O_DIRECTORY);
    if (::fsync(fd.get()) != 0) throw error_from_errno(errno, "fsync '" + directory.string() + "'");
}

void publish_file(const std::filesystem::path& path, std::string_view content, mode_t mode) {
    const std::filesystem::path directory = path.has_parent_path() ? path.parent_path() : ".";
    std::string temporary = (directory / ("." + path.filename().string() + ".XXXXXX")).string();
    UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
    if (!fd)
        throw error_from_errno(errno, "create a temporary file in '" + directory.string() + "'");
    try {
        write_all(fd.get(), content, temporary);
        struct stat status {};
        if (::fchmod(fd.get(), mode) != 0 || ::fstat(fd.get(), &status) != 0)
            throw error_from_errno(errno, "chmod '" + temporary + "'");
        if (static_cast<std::uint64_t>(status.st_size) != content.size())
            throw Error(ErrorCategory::Corruption, "ShortFile",
                        "'" + temporary + "' has a length other than what was written");
        if (::fsync(fd.get()) != 0) throw error_from_errno(errno, "fsync '" + temporary + "'");
        fault::reach("os.publish-before-rename");
        if (::rename(temporary.c_str(), path.c_str()) != 0)
            throw error_from_errno(errno, "rename '" + temporary + "' to '" + path.string() + "'");
    } catch (...) {
        ::unlink(temporary.c_str());
        throw;
    }
    sync_directory(directory);
}

}  // namespace lifeboat::os

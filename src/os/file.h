// Whole files: read, and publish so that a reader sees the old content or the new, never a part,
// and a crash leaves one of the two.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "os/unique_fd.h"

namespace lifeboat::os {

// Opens or throws the Error of errno, naming the path. O_CLOEXEC is added.
UniqueFd open_file(const std::filesystem::path& path, int flags, mode_t mode = 0);

// Throws Error{InvalidInput, "FileTooLarge"} above `limit` bytes.
std::string read_file(const std::filesystem::path& path, std::uint64_t limit = 64 << 20);

// Temporary file beside `path`, write, length check, fsync, rename, fsync of the directory. Durable
// on return; on an error nothing is left behind and the old file is untouched.
void publish_file(const std::filesystem::path& path, std::string_view content, mode_t mode = 0644);

void write_all(int fd, std::string_view bytes, const std::string& what);
void sync_directory(const std::filesystem::path& directory);

}  // namespace lifeboat::os

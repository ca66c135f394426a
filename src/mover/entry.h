// One name in a tree: what the file system says about it, and what the options want of its copy.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

#include "mover/options.h"

namespace lifeboat::mover {

struct Entry {
    struct stat status {};

    mode_t type() const { return status.st_mode & S_IFMT; }
    mode_t permissions() const { return status.st_mode & 07777; }
    bool is_directory() const { return S_ISDIR(status.st_mode); }
    bool is_regular() const { return S_ISREG(status.st_mode); }
    bool is_symlink() const { return S_ISLNK(status.st_mode); }
    // FIFO, socket, character or block device.
    bool is_special() const { return !is_directory() && !is_regular() && !is_symlink(); }
    std::uint64_t size() const { return static_cast<std::uint64_t>(status.st_size); }
};

bool is_equal(const timespec& a, const timespec& b);
bool is_later(const timespec& a, const timespec& b);

// nullopt when there is no such name. Never follows a link.
std::optional<Entry> look(int directory, const std::string& name);
Entry look(int fd);

// What the copy of an entry should have. Absent: left as it comes, and not compared.
struct Wanted {
    std::optional<uid_t> uid;
    std::optional<gid_t> gid;
    mode_t permissions = 0;  // nothing for symbolic links
    std::optional<timespec> mtime;
    std::optional<timespec> atime;
    // The copy belongs to somebody else than the original.
    bool owner_changes = false;
};

// A regular file loses its set-uid and set-gid bits when its owner or group changes: a program that
// acts for one user must not come to act for another.
Wanted wanted_for(const Entry& source, const Options& options);

// The first difference between `copy` and what is wanted ("mode 0644 instead of 0755"), empty when
// there is none. The access time is never compared: reading changes it.
std::string difference(const Entry& copy, const Wanted& wanted);

}  // namespace lifeboat::mover

#include "mover/temporary.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/error.h"
#include "base/fault.h"
#include "os/directory.h"

namespace lifeboat::mover {
namespace {

constexpr std::string_view kStart = ".lifeboat-";
constexpr std::string_view kEnd = ".part";
constexpr std::size_t kRunDigits = 16;

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

TemporaryNames::TemporaryNames(Random& random)
    : prefix_(std::string(kStart) + new_hex(random, kRunDigits) + "-") {}

std::string TemporaryNames::next() {
    return prefix_ + std::to_string(count_.fetch_add(1)) + std::string(kEnd);
}

bool TemporaryNames::is_temporary(std::string_view name) {
    if (!name.starts_with(kStart) || !name.ends_with(kEnd)) return false;
    name.remove_prefix(kStart.size());
    if (name.size() < kRunDigits + 2 + kEnd.size()) return false;
    name.remove_suffix(kEnd.size());
    return std::all_of(name.begin(), name.begin() + kRunDigits, is_hex) &&
           name[kRunDigits] == '-' &&
           std::all_of(name.begin() + kRunDigits + 1, name.end(), is_digit);
}

bool TemporaryNames::is_stray(std::string_view name) const {
    return is_temporary(name) && !name.starts_with(prefix_);
}

Temporary::~Temporary() {
    if (!name_.empty()) ::unlinkat(directory_, name_.c_str(), 0);
}

void Temporary::publish(const std::string& name) {
    fault::reach("mover.file-before-rename");
    if (::renameat(directory_, name_.c_str(), directory_, name.c_str()) != 0)
        throw error_from_errno(errno, "give the finished copy its name");
    name_.clear();
    fault::reach("mover.file-after-rename");
}

void Temporary::keep() {
    name_.clear();
    fault::reach("mover.file-after-naming");
}

void Temporary::publish_new(const std::string& name) {
    fault::reach("mover.file-before-rename");
    if (::renameat2(directory_, name_.c_str(), directory_, name.c_str(), RENAME_NOREPLACE) != 0) {
        // File systems that cannot do it in one step say EINVAL, old kernels ENOSYS, sandboxes
        // EPERM.
        if (errno != EINVAL && errno != ENOSYS && errno != EPERM)
            throw error_from_errno(errno, "give the finished copy its name");
        if (os::look_at(directory_, name))
            throw error_from_errno(EEXIST, "give the finished copy its name");
        return publish(name);
    }
    name_.clear();
    fault::reach("mover.file-after-rename");
}

}  // namespace lifeboat::mover

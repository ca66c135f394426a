#include "os/view_name.h"

#include <sys/file.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"

namespace lifeboat::os {
namespace {

constexpr std::string_view kStart = "lifeboat-view-";
constexpr std::size_t kDigits = 16;

}  // namespace

std::string new_view_name(Random& random) {
    return std::string(kStart) + new_hex(random, kDigits);
}

bool is_view_name(std::string_view name) {
    if (!name.starts_with(kStart)) return false;
    name.remove_prefix(kStart.size());
    return name.size() == kDigits && std::all_of(name.begin(), name.end(), [](char digit) {
               return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
           });
}

void keep_view_makers_out(int fd) {
    while (::flock(fd, LOCK_EX) != 0)
        if (errno != EINTR) throw error_from_errno(errno, "wait for another view to be made");
}

bool claim_view(int fd) {
    while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return false;
        if (errno != EINTR) throw error_from_errno(errno, "lock a view");
    }
    return true;
}

}  // namespace lifeboat::os

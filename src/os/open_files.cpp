#include "os/open_files.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "os/unique_fd.h"

namespace lifeboat::os {

std::uint64_t raise_open_file_limit(std::uint64_t wanted) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        throw error_from_errno(errno, "read the limit of open files");
    const rlim_t target = std::min<rlim_t>(limit.rlim_max, wanted);
    const rlim_t before = limit.rlim_cur;
    if (before >= target) return before;
    limit.rlim_cur = target;
    return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? target : before;
}

void make_room_for_open_files(std::uint64_t count) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    const std::uint64_t most = std::min<std::uint64_t>(count, limit.rlim_cur);
    const UniqueFd any(::open("/", O_PATH | O_CLOEXEC));
    if (any && most > 0) UniqueFd(::fcntl(any.get(), F_DUPFD_CLOEXEC, static_cast<int>(most - 1)));
}

}  // namespace lifeboat::os

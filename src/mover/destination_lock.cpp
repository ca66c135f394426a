#include "mover/destination_lock.h"

#include <sys/file.h>

#include <cerrno>

#include "base/error.h"

namespace lifeboat::mover {

DestinationLock::DestinationLock(int directory) : directory_(directory) {
    if (::flock(directory, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        throw Error(ErrorCategory::Unavailable, "DestinationBusy",
                    "another copy to the same destination is running");
}

DestinationLock::~DestinationLock() {
    ::flock(directory_, LOCK_UN);
}

}  // namespace lifeboat::mover

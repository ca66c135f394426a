// A file system that is mounted nowhere: reached by a handle only, seen by no other program, and
// gone with this process, however that ends.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "os/unique_fd.h"

namespace lifeboat::os {

// A handle of the root of the file system on `source` (O_PATH); what is opened below it stays open.
// An option without a value is a flag ("ro"). Devices and set-uid bits on it have no power. Needs
// root, and Linux 5.2. Throws the Error of errno, with what the kernel said about it.
UniqueFd mount_detached(const std::string& type, const std::string& source,
                        const std::vector<std::pair<std::string, std::string>>& options);

}  // namespace lifeboat::os

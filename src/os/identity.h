// Who and where this process is, and the names of user and group ids.
#pragma once

#include <sys/types.h>

#include <string>

namespace lifeboat::os {

std::string host_name();
// "" when the system has no name for the id.
std::string user_name(uid_t uid);
std::string group_name(gid_t gid);
// Is there a process with this id on this machine?
bool is_process(pid_t process);

}  // namespace lifeboat::os

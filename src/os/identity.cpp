#include "os/identity.h"

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace lifeboat::os {
namespace {

constexpr std::size_t kMostRoom = 1 << 20;

template <class Entry, class Id>
std::string name_of(int (*ask)(Id, Entry*, char*, std::size_t, Entry**), Id id,
                    char* Entry::*name) {
    for (std::vector<char> room(1024); room.size() <= kMostRoom; room.resize(room.size() * 4)) {
        Entry entry{};
        Entry* found = nullptr;
        const int failure = ask(id, &entry, room.data(), room.size(), &found);
        if (failure == ERANGE) continue;
        return found == nullptr ? "" : found->*name;
    }
    return "";
}

}  // namespace

std::string host_name() {
    char name[256] = {};
    ::gethostname(name, sizeof name - 1);
    return name;
}

std::string user_name(uid_t uid) {
    return name_of(&::getpwuid_r, uid, &passwd::pw_name);
}

std::string group_name(gid_t gid) {
    return name_of(&::getgrgid_r, gid, &group::gr_name);
}

bool is_process(pid_t process) {
    return process > 0 && (::kill(process, 0) == 0 || errno != ESRCH);
}

}  // namespace lifeboat::os

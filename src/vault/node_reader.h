// What a tree says about one name of the file system, but for its content.
#pragma once

#include <sys/stat.h>

#include <mutex>
#include <string>
#include <unordered_map>

#include "vault/tree.h"

namespace lifeboat::vault {

// Names of users and groups, each asked for once. Thread-safe.
class OwnerNames {
  public:
    std::string user(uid_t uid) { return find(users_, uid, true); }
    std::string group(gid_t gid) { return find(groups_, gid, false); }

  private:
    std::string find(std::unordered_map<std::uint32_t, std::string>& known, std::uint32_t id,
                     bool is_user);

    std::mutex mutex_;
    std::unordered_map<std::uint32_t, std::string> users_, groups_;
};

// Everything that stat tells. The access time is the modification time, as with restic: else every
// backup would change what the next one sees.
Node node_of(std::string name, const struct stat& status, OwnerNames& names);

// All extended attributes, access control lists among them, of an open file or of the one called
// `name` in `directory` (never a link's target). None where the file system has none. Throws the
// Error of errno.
std::vector<ExtendedAttribute> read_attributes(int fd);
std::vector<ExtendedAttribute> read_attributes(int directory, const std::string& name);

}  // namespace lifeboat::vault

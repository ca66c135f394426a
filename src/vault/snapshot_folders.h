// The folders in which snapshots are shown, as restic's mount has them:
//
//     ids/<first digits of the id>      hosts/<host>/<time>    latest in each folder of times
//     snapshots/<time>                  tags/<tag>/<time>      is a link to the newest
//
// Times are RFC 3339 in the zone of the snapshot; those that are there already get -1, -2. Hosts
// and tags that cannot name a folder are written as restic writes tags: "/" is "_", "" and "." are
// "_", ".." is "__".
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "vault/snapshot.h"

namespace lifeboat::vault {

struct FolderEntry {
    enum class Kind { Folder, Snapshot, Link };
    Kind kind = Kind::Folder;
    std::size_t snapshot = 0;  // of a snapshot: its number in snapshots()
    std::string target;        // of a link
};

class SnapshotFolders {
  public:
    using Folder = std::map<std::string, FolderEntry, std::less<>>;

    // Oldest first.
    explicit SnapshotFolders(std::vector<Snapshot> snapshots);

    const std::vector<Snapshot>& snapshots() const { return snapshots_; }
    // "" is the root, "hosts/vm" a folder of a folder. nullptr: no such folder.
    const Folder* find(std::string_view path) const;
    const FolderEntry* find(std::string_view path, std::string_view name) const;
    // Hosts and tags of more than 255 bytes, or with a zero, that are not shown.
    const std::set<std::string>& hidden() const { return hidden_; }

  private:
    void make_folder(const std::string& above, const std::string& name);
    void show(std::size_t number, const std::string& folder);
    void show_below(std::size_t number, const std::string& above, const std::string& name);

    std::vector<Snapshot> snapshots_;
    std::map<std::string, Folder, std::less<>> folders_;
    std::set<std::string> hidden_;
    std::map<std::string, int> taken_;  // how many have this path, but for their numbers
};

}  // namespace lifeboat::vault

// What the kernel knows of a mounted repository: a number for each name somebody looked at, until
// the kernel forgets it.
//
// The kernel keeps names as long as there is memory for them, and so would this table. So of files
// only so many are kept: beyond that, somebody asks the kernel to forget the oldest. Directories
// are not forgotten before the kernel wants it: somebody may stand in one.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "vault/tree.h"

namespace lifeboat::mount {

struct Directory {
    // A folder of snapshots, or a directory in one of them.
    enum class Kind { Folder, Tree };

    Kind kind = Kind::Folder;
    std::uint64_t number = 0;                 // its own
    std::shared_ptr<const Directory> parent;  // none: the root
    std::string name;
    vault::ZonedTime time;          // of a folder, or of the snapshot this is the root of
    std::optional<vault::Id> tree;  // a directory without one cannot be listed
    // In the snapshot: how deep, and the number of its root.
    unsigned depth = 0;
    std::uint64_t snapshot = 0;

    // "hosts/vm", "" for the root.
    std::string path() const;
};

struct Inode {
    static constexpr std::uint32_t kNowhere = 0xFFFFFFFF;

    std::shared_ptr<const Directory> parent;  // none: the root
    std::string name;
    std::uint32_t position = kNowhere;     // in the listing of a parent that is a tree
    std::shared_ptr<Directory> directory;  // none: something else

    std::string path() const;
};

class NodeTable {
  public:
    static constexpr std::uint64_t kRoot = 1;

    NodeTable(std::shared_ptr<Directory> root, std::size_t most_files);

    // All are thread-safe.

    // The kernel learns of `inode`: under the number it has, or a free one, `wanted` if possible.
    // Its directory gets the number.
    std::uint64_t remember(std::uint64_t wanted, Inode inode);
    // nullopt for a number that was not given, or was forgotten.
    std::optional<Inode> find(std::uint64_t number) const;
    // The kernel gives back `lookups` of those remember() counted.
    void forget(std::uint64_t number, std::uint64_t lookups);
    std::size_t size() const;

    struct Name {
        std::uint64_t parent;
        std::string name;
    };
    // Waits until there are more than `most_files`, then gives some of the oldest, each once.
    // Empty: `stop` was requested.
    std::vector<Name> wait_for_surplus(const std::stop_token& stop);

  private:
    struct Known {
        Inode inode;
        std::uint64_t lookups = 0;
        std::list<std::uint64_t>::iterator place;
        bool is_listed = false;  // in files_, at `place`
    };
    void note_use(std::uint64_t number, Known& known);

    const std::size_t most_files_;
    mutable std::mutex mutex_;
    std::condition_variable_any surplus_;
    std::unordered_map<std::uint64_t, Known> known_;
    std::list<std::uint64_t> files_;  // what was looked at longest ago first
};

}  // namespace lifeboat::mount

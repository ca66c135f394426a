// Which source files have been copied already under another name.
//
// The first name of a file with several is copied; the others become links to that copy, wherever
// in the tree they lie. Each source inode is remembered until as many names as it has have been
// seen.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "mover/entry.h"

namespace lifeboat::mover {

class HardLinks {
    using Inode = std::pair<dev_t, ino_t>;

  public:
    // The copy to link to.
    struct Target {
        std::string path;   // relative to the destination root
        Inode inode{0, 0};  // {0, 0}: not made yet (a dry run)
        bool is(const Entry& entry) const {
            return inode == Inode(entry.status.st_dev, entry.status.st_ino);
        }
    };

    // What the holder does with one name. Unless done() is called, the next name is the first.
    class Claim {
      public:
        Claim() = default;
        Claim(HardLinks* links, Inode inode, std::optional<Target> target)
            : links_(links), inode_(inode), target_(std::move(target)) {}
        Claim(Claim&& other) noexcept
            : links_(std::exchange(other.links_, nullptr)),
              inode_(other.inode_),
              target_(std::move(other.target_)) {}
        Claim& operator=(Claim&&) = delete;
        ~Claim();

        // The copy made under another name; nullptr for the first name and for files with one.
        const Target* target() const { return target_ ? &*target_ : nullptr; }
        // The first name is copied (or was equal): `copy` is what the others link to; nullptr when
        // it is not made yet.
        void done(std::string path, const Entry* copy);
        // Is `copy`, found at the destination, already the copy of another source file?
        bool is_taken(const Entry& copy) const;

      private:
        HardLinks* links_ = nullptr;
        Inode inode_{0, 0};
        std::optional<Target> target_;
    };

    // Waits while another worker is busy with the first name of the same file. The holder of a
    // claim must not make another.
    Claim claim(const Entry& source);

  private:
    struct State {
        bool busy = true;
        std::optional<Target> target;
        nlink_t names_left = 0;
    };
    void release(Inode inode, std::optional<Target> target);

    std::mutex mutex_;
    std::condition_variable released_;
    std::map<Inode, State> states_;
    std::map<Inode, Inode> sources_;  // by the inode of the copy
};

}  // namespace lifeboat::mover

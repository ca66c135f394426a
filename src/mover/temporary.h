// Names of files that are not finished.
//
// A copy is made under a temporary name in its directory and then renamed, so that its real name
// always means a whole file. (In a directory this run made nobody else sees the names yet, and
// small files are marked instead; see kUnfinishedFile.) A run that dies leaves such names behind:
// ".lifeboat-", 16 hexadecimal digits that belong to the run, "-", a number, ".part". The next run
// into the same tree removes them. Files that have such a name at the source are not copied.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.h"

namespace lifeboat::mover {

class TemporaryNames {
  public:
    explicit TemporaryNames(Random& random);

    // Thread-safe.
    std::string next();
    // Of this run or any other.
    static bool is_temporary(std::string_view name);
    // Of another run: nobody will finish it.
    bool is_stray(std::string_view name) const;

  private:
    std::string prefix_;
    std::atomic<std::uint64_t> count_{0};
};

// A temporary name that goes away unless it is published. `directory` must stay open.
class Temporary {
  public:
    Temporary(int directory, std::string name) : directory_(directory), name_(std::move(name)) {}
    ~Temporary();
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;

    const std::string& name() const { return name_; }
    // Renames onto `name`, replacing anything but a directory. Throws the Error of errno.
    void publish(const std::string& name);
    // The same where nothing should stand: EEXIST when something does.
    void publish_new(const std::string& name);
    // It is finished and has its name already.
    void keep();

  private:
    int directory_;
    std::string name_;
};

// A file is made with exactly these permissions (on files the sticky bit means nothing else) and
// gets its real ones last. So in a directory that is unfinished itself a small file can have its
// name from the beginning, which saves renaming it: the next run removes it when it has the mark.
inline constexpr mode_t kUnfinishedFile = 01600;

// A directory is made with exactly these permissions and gets its real ones when all below it is
// done. One that still has them was left unfinished.
inline constexpr mode_t kUnfinishedDirectory = 01700;
// A directory inherits the set-group-ID bit from the one above.
inline bool is_unfinished(mode_t permissions) {
    return (permissions & ~static_cast<mode_t>(02000)) == kUnfinishedDirectory;
}

}  // namespace lifeboat::mover

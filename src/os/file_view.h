// A file system as it was at one moment, beside the one that others go on writing: a snapshot the
// file system makes of itself, for as long as somebody reads it.
//
// What a view is made of has a name by which a view that a killed process left is known, and is
// claimed by a lock that ends with the process: whoever makes the next view of that file system
// removes those that nobody claims.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "os/mount_table.h"

namespace lifeboat::os {

class FileView {
  public:
    FileView() = default;
    // As remove(), but a failure is only logged.
    virtual ~FileView() = default;
    FileView(const FileView&) = delete;
    FileView& operator=(const FileView&) = delete;

    // What was made, for messages.
    virtual std::string name() const = 0;
    // A handle of the directory that is the image of `covers()`; open until remove().
    virtual int root() const = 0;
    // A directory, as the file system names it from its own root: "/", of btrfs a subvolume's.
    virtual const std::string& covers() const = 0;
    // Whether a directory of the view only stands, empty, for one that the view does not have.
    virtual bool is_stand_in(const struct stat& seen) const = 0;
    // Whether `name` in a directory of the file system itself is a view, or was one and is gone.
    // Throws the Error of errno.
    virtual bool is_view(int directory, const std::string& name) const = 0;
    // Removes the view; what was opened below root() is closed by then. Does nothing the second
    // time it is called. Throws when it stays, which a later view mends.
    virtual void remove() = 0;
};

enum class ViewKind { Btrfs, Zfs, Lvm };

std::string_view to_string(ViewKind kind);
// nullopt for a word that is none.
std::optional<ViewKind> parse_view_kind(std::string_view word);

// What the file system that is mounted there offers; nullopt: nothing.
std::optional<ViewKind> offered_view(const Mount& mount);

// Of the file system at `mount`, one of `mounts`, or as much of it as holds `path`
// (path_in_file_system), of which `status` is what stat says. Removes what killed processes left
// there. Throws Error{Unsupported, "NoSuchView"} when it is another kind of file system, or is
// read-only; "CommandFailed" and what output_of() throws beside; the Error of errno.
std::unique_ptr<FileView> make_view(ViewKind kind, const MountTable& mounts, const Mount& mount,
                                    const std::string& path, const struct stat& status,
                                    Random& random);

}  // namespace lifeboat::os

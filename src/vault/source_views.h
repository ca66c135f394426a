// The views that a backup reads its paths in: one for each file system (of btrfs, subvolume) among
// them, which are removed together. They are not of the same moment.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "os/file_view.h"
#include "vault/source_view.h"

namespace lifeboat::vault {

class SourceViews {
  public:
    // Of the file systems that hold `paths`, as the user named them; those that are not there are
    // left out. Of `kind`, where every path must have one: throws as os::make_view() does, and
    // nothing is left. `mounts` is what is mounted. Without a kind what each file system offers, if
    // it works.
    SourceViews(const std::vector<std::string>& paths, std::optional<os::ViewKind> kind,
                const os::MountTable& mounts, Random& random);
    // As remove(); failures are only logged.
    ~SourceViews() = default;
    SourceViews(const SourceViews&) = delete;
    SourceViews& operator=(const SourceViews&) = delete;

    // Of what absolute_target() names so; nullptr: it is read where it is.
    const SourceView* find(const std::string& path) const;

    struct Unviewed {
        std::string path;
        std::string why;
    };
    const std::vector<Unviewed>& unviewed() const { return unviewed_; }
    // What was made, for people.
    std::vector<std::string> names() const;

    // Removes all; nobody reads in them any more. Throws the first Error, after trying the others.
    void remove();

  private:
    void add(const std::string& path, const os::MountTable& mounts,
             std::optional<os::ViewKind> kind, Random& random);

    std::map<dev_t, std::shared_ptr<os::FileView>> views_;
    std::map<std::string, SourceView> by_path_;  // after views_: its handles go first
    std::vector<Unviewed> unviewed_;
};

}  // namespace lifeboat::vault

#include "vault/restored_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <unordered_set>

#include "base/fault.h"
#include "mover/temporary.h"
#include "os/directory.h"
#include "vault/restored_node.h"

namespace lifeboat::vault {

int RestoredDirectory::handle(const RestoreOptions& options) {
    const std::scoped_lock lock(mutex_);
    if (was_sought_ && (fd_ || options.dry_run)) return fd_.get();
    const int above = parent->handle(options);
    if (!options.dry_run) {
        make(above, options);
    } else if (above >= 0) {
        const auto there = os::look_at(above, node.name);
        if (there && S_ISDIR(there->st_mode))
            fd_ = os::open_below(above, node.name, O_RDONLY | O_DIRECTORY, 0, os::Mounts::Cross);
    }
    was_sought_ = true;
    return fd_.get();
}

void RestoredDirectory::make(int above, const RestoreOptions& options) {
    const std::string& name = node.name;
    if (::mkdirat(above, name.c_str(), mover::kUnfinishedDirectory) == 0) {
        is_fresh_ = true;
    } else if (errno != EEXIST) {
        throw error_from_errno(errno, "make the directory");
    } else if (const auto there = os::look_at(above, name); there && !S_ISDIR(there->st_mode)) {
        if (options.overwrite != Overwrite::Always)
            throw Error(ErrorCategory::AlreadyExists, "InTheWay",
                        "something that is no directory is in its place");
        remove_below(above, name);
        if (::mkdirat(above, name.c_str(), mover::kUnfinishedDirectory) != 0)
            throw error_from_errno(errno, "make the directory");
    }
    fault::reach("vault.restore.directory");
    os::UniqueFd fd = os::open_below(above, name, O_RDONLY | O_DIRECTORY, 0, os::Mounts::Cross);
    is_new_ = mover::is_unfinished(os::look_at(fd.get()).st_mode & 07777);
    fd_ = std::move(fd);
}

std::vector<std::string> RestoredDirectory::names(
    const std::function<bool(const std::string&, bool)>& counts) const {
    std::unordered_set<std::string> wanted;
    for (const Node& known : nodes)
        wanted.insert(known.name);
    std::vector<std::string> found;
    os::each_name(fd_.get(), [&](const std::string& name, unsigned char) {
        if (counts(name, wanted.contains(name))) found.push_back(name);
        return true;
    });
    return found;
}

std::vector<std::string> RestoredDirectory::extra_names(const RestoreOptions& options) const {
    return names([&](const std::string& name, bool is_wanted) {
        const bool is_ours = parent == nullptr && name == kRestoreMark;
        return !is_wanted && !is_ours && !options.excludes.matches_or_above(path_of(name));
    });
}

bool RestoredDirectory::is_marked(const std::string& name) const {
    const auto there = os::look_at(fd_.get(), name);
    return there && S_ISREG(there->st_mode) && (there->st_mode & 07777) == mover::kUnfinishedFile;
}

void RestoredDirectory::remove_strays(RestoreRun& run) const {
    if (!fd_ || is_fresh_ || run.options.dry_run) return;
    const auto is_half = [&](const std::string& name, bool is_wanted) {
        return (!is_wanted && run.names.is_stray(name)) || (is_new_ && is_marked(name));
    };
    for (const std::string& name : names(is_half))
        ::unlinkat(fd_.get(), name.c_str(), 0);
}

void RestoredDirectory::close() {
    fd_.reset(-1);
    nodes = {};
}

}  // namespace lifeboat::vault

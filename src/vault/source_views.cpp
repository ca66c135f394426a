#include "vault/source_views.h"

#include <exception>
#include <filesystem>

#include "base/error.h"
#include "vault/backup_target.h"

namespace lifeboat::vault {
namespace {

// Without links above the last component, which is not followed. nullopt: it is not there.
std::optional<std::string> real_path(const std::string& path) {
    namespace fs = std::filesystem;
    if (path == "/") return path;
    std::error_code problem;
    const fs::path above = fs::canonical(fs::path(path).parent_path(), problem);
    if (problem) return std::nullopt;
    return (above / fs::path(path).filename()).string();
}

}  // namespace

SourceViews::SourceViews(const std::vector<std::string>& paths, std::optional<os::ViewKind> kind,
                         const os::MountTable& mounts, Random& random) {
    for (const std::string& named : paths) {
        const std::string path = absolute_target(named);
        try {
            add(path, mounts, kind, random);
        } catch (Error& e) {
            if (kind)
                throw e.within("making a view of '" + path + "', without which nothing is saved");
            unviewed_.push_back({path, e.what()});
        }
    }
}

void SourceViews::add(const std::string& path, const os::MountTable& mounts,
                      std::optional<os::ViewKind> kind, Random& random) {
    const auto real = real_path(path);
    struct stat live {};
    if (!real || ::lstat(real->c_str(), &live) != 0) return;  // the walk says so
    if (by_path_.count(path) != 0) return;
    if (S_ISBLK(live.st_mode))
        throw Error(
            ErrorCategory::Unsupported, "NoSuchView",
            "'" + path + "' is a device, and what that holds no file system's snapshot has");
    const os::Mount& mount = mounts.of(*real);
    const auto wanted = kind ? kind : os::offered_view(mount);
    if (!wanted) {
        unviewed_.push_back({path, "its file system, " + mount.type + " at " + mount.point +
                                       ", offers no snapshot"});
        return;
    }
    std::shared_ptr<os::FileView>& view = views_[live.st_dev];
    if (!view)
        view = os::make_view(*wanted, mounts, mount, os::path_in_file_system(mount, *real), live,
                             random);
    by_path_.try_emplace(path, view, path, *real, mount, mounts, live);
}

const SourceView* SourceViews::find(const std::string& path) const {
    const auto at = by_path_.find(path);
    return at == by_path_.end() ? nullptr : &at->second;
}

std::vector<std::string> SourceViews::names() const {
    std::vector<std::string> found;
    for (const auto& [device, view] : views_)
        if (view) found.push_back(view->name());
    return found;
}

void SourceViews::remove() {
    by_path_.clear();
    std::exception_ptr failure;
    for (const auto& [device, view] : views_) {
        try {
            if (view) view->remove();
        } catch (const Error&) {
            if (!failure) failure = std::current_exception();
        }
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace lifeboat::vault

#include "vault/area.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "os/file.h"
#include "vault/directory_store.h"

namespace lifeboat::vault {
namespace {

namespace fs = std::filesystem;

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

void make_private(const fs::path& path) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        throw error_from_errno(errno, "make the directory '" + path.string() + "'");
}

}  // namespace

bool is_workspace_name(std::string_view name) {
    return !name.empty() && name.size() <= 63 && is_alphanumeric(name[0]) &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
           });
}

void Areas::create(const std::string& workspace) const {
    if (!is_workspace_name(workspace))
        throw Error(ErrorCategory::InvalidInput, "InvalidWorkspaceName",
                    "'" + workspace +
                        "' cannot name an area; use up to 63 letters, digits, '.', '_' and '-', "
                        "beginning with a letter or digit");
    if (exists(workspace))
        throw Error(ErrorCategory::AlreadyExists, "AreaExists",
                    "there is an area '" + workspace + "' already");
    fs::create_directories(root_.parent_path());
    make_private(root_);
    // The folder of the repository is what makes an area one; a crash before it leaves nothing that
    // the next try trips over.
    make_private(folder(workspace));
    make_private(folder(workspace) / "lock-owners");
    DirectoryStore::make(repository(workspace));
    os::sync_directory(folder(workspace));
    os::sync_directory(root_);
}

std::vector<std::string> Areas::list() const {
    std::vector<std::string> found;
    std::error_code absent;
    for (const auto& entry : fs::directory_iterator(root_, absent))
        if (const std::string name = entry.path().filename(); exists(name)) found.push_back(name);
    std::sort(found.begin(), found.end());
    return found;
}

bool Areas::exists(std::string_view workspace) const {
    std::error_code absent;
    return is_workspace_name(workspace) && fs::is_directory(repository(workspace), absent);
}

std::size_t Areas::sweep(Time now) const {
    constexpr std::chrono::hours kUntouched{24};  // far beyond what a server lets an upload pause
    std::size_t removed = 0;
    for (const std::string& area : list()) {
        std::error_code absent;
        for (const auto& entry : fs::directory_iterator(repository(area) / "tmp", absent)) {
            struct stat status {};
            if (::stat(entry.path().c_str(), &status) != 0) continue;
            const Time written = from_epoch_seconds(static_cast<double>(status.st_mtim.tv_sec));
            if (now - written < kUntouched) continue;
            if (fs::remove(entry.path(), absent)) ++removed;
        }
    }
    return removed;
}

void Areas::require(const std::string& workspace) const {
    if (!exists(workspace))
        throw Error(ErrorCategory::NotFound, "AreaNotFound",
                    "there is no area '" + workspace +
                        "'; `lifeboat vault area list` shows those there are");
}

}  // namespace lifeboat::vault

#include "vault/backup_target.h"

#include <filesystem>

namespace lifeboat::vault {

std::string absolute_target(const std::string& path) {
    std::string name = std::filesystem::absolute(path).lexically_normal().string();
    if (name.size() > 1 && name.back() == '/') name.pop_back();
    return name;
}

std::string BackupTarget::add(const std::string& added) {
    namespace fs = std::filesystem;
    const std::string absolute = absolute_target(added);
    const fs::path given = fs::path(added).lexically_normal();
    BackupTarget* at = this;
    bool any = false;
    fs::path here = given.is_absolute() ? fs::path("/") : fs::absolute(".").lexically_normal();
    const auto step = [&](const fs::path& part) {
        here /= part;
        at = &at->below[part.string()];
        at->path = here.string();
        any = true;
    };
    for (const fs::path& part : given.relative_path()) {
        if (part.empty() || part == ".") continue;
        if (part == "..") {
            here = (here / "..").lexically_normal();
            if (here.filename().empty() && here != "/") here = here.parent_path();
            continue;
        }
        step(part);
    }
    if (!any) {
        here = "/";
        for (const fs::path& part : fs::path(absolute).relative_path())
            if (!part.empty()) step(part);
        if (at == this) path = "/";
    }
    at->is_whole = true;
    return absolute;
}

}  // namespace lifeboat::vault

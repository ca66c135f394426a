#include "os/mount_table.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <sstream>

#include "base/error.h"
#include "os/file.h"

namespace lifeboat::os {
namespace {

// Space, tab, line feed and backslash are written as three octal digits.
std::string unescaped(const std::string& text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        int code = 0;
        const bool is_escape =
            text[i] == '\\' && i + 3 < text.size() &&
            std::from_chars(&text[i] + 1, &text[i] + 4, code, 8).ptr == &text[i] + 4;
        plain += is_escape ? static_cast<char>(code) : text[i];
        if (is_escape) i += 3;
    }
    return plain;
}

Mount parse_line(const std::string& line) {
    std::istringstream fields(line);
    Mount mount;
    std::string above, options, optional, super_options;
    fields >> mount.id >> above >> mount.device >> mount.root >> mount.point >> options;
    while (fields >> optional && optional != "-") {
    }
    fields >> mount.type >> mount.source >> super_options;
    if (!fields)
        throw Error(ErrorCategory::Corruption, "MountTableUnreadable",
                    "the kernel's list of mounts has a line that is not understood: " + line);
    for (std::string* text : {&mount.root, &mount.point, &mount.type, &mount.source})
        *text = unescaped(*text);
    mount.is_read_only = super_options == "ro" || super_options.starts_with("ro,");
    return mount;
}

}  // namespace

MountTable::MountTable(std::string_view text) {
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);)
        if (!line.empty()) mounts_.push_back(parse_line(line));
}

MountTable MountTable::read() {
    return MountTable(read_file("/proc/self/mountinfo"));
}

const Mount& MountTable::of(const std::string& path) const {
    struct statx status {};
    if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_MNT_ID,
                &status) != 0)
        throw error_from_errno(errno, "look at '" + path + "'");
    const auto at = std::find_if(mounts_.begin(), mounts_.end(), [&](const Mount& mount) {
        return (status.stx_mask & STATX_MNT_ID) != 0 && mount.id == status.stx_mnt_id;
    });
    if (at == mounts_.end())
        throw Error(ErrorCategory::NotFound, "MountNotFound",
                    "the kernel does not say on which mount '" + path + "' lies");
    return *at;
}

std::vector<std::string> MountTable::points_below(const std::string& path) const {
    std::vector<std::string> found;
    for (const Mount& mount : mounts_)
        if (mount.point != path && is_at_or_below(mount.point, path)) found.push_back(mount.point);
    std::sort(found.begin(), found.end());
    std::vector<std::string> topmost;
    for (std::string& point : found) {
        const bool is_below =
            std::any_of(topmost.begin(), topmost.end(),
                        [&](const std::string& above) { return is_at_or_below(point, above); });
        if (!is_below) topmost.push_back(std::move(point));
    }
    return topmost;
}

std::string path_in_file_system(const Mount& mount, const std::string& path) {
    if (!is_at_or_below(path, mount.point))
        throw Error(ErrorCategory::InvalidInput, "NotOnMount",
                    "'" + path + "' does not lie below '" + mount.point +
                        "', where its file system is mounted");
    const std::string below = path.substr(mount.point == "/" ? 0 : mount.point.size());
    if (below.empty() || below == "/") return mount.root;
    return mount.root == "/" ? below : mount.root + below;
}

bool is_at_or_below(std::string_view path, std::string_view above) {
    if (above == "/") return path.starts_with('/');
    return path.starts_with(above) && (path.size() == above.size() || path[above.size()] == '/');
}

}  // namespace lifeboat::os

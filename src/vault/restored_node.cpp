#include "vault/restored_node.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "base/error.h"
#include "os/directory.h"

namespace lifeboat::vault {
namespace {

std::uint32_t mapped(const std::map<std::uint32_t, std::uint32_t>& map, std::uint32_t id) {
    const auto at = map.find(id);
    return at == map.end() ? id : at->second;
}

constexpr mode_t kPowers = S_ISUID | S_ISGID;

struct Wanted {
    uid_t uid;
    gid_t gid;
    mode_t mode;
    timespec times[2];
};

timespec of(const ZonedTime& time) {
    return {static_cast<time_t>(time.seconds), time.nanoseconds};
}

Wanted wanted(const Node& node, const RestoreOptions& options) {
    Wanted want{options.owner.value_or(mapped(options.users, node.uid)),
                options.owning_group.value_or(mapped(options.groups, node.gid)),
                permissions_of(node.mode),
                {of(node.atime), of(node.mtime)}};
    if (node.type == NodeType::File && (want.uid != node.uid || want.gid != node.gid))
        want.mode &= ~kPowers;
    return want;
}

// Only root may give files away.
bool is_refused_to_us() {
    return errno == EPERM && ::geteuid() != 0;
}

// Goes through all that is to be set, whatever is refused; throws the first refusal at the end.
class Settings {
  public:
    void set(int result, const std::string& what) {
        if (result != 0 && !refusal_) refusal_ = error_from_errno(errno, what);
    }
    // What only root may do is no failure of anybody else.
    void set_as_root(int result, const std::string& what) {
        if (result != 0 && !is_refused_to_us()) set(result, what);
    }
    void done() const {
        if (refusal_) throw Error(*refusal_);
    }

  private:
    std::optional<Error> refusal_;
};

void set_attributes(const Node& node, Settings& settings,
                    const std::function<int(const char*, const std::string&)>& set) {
    for (const ExtendedAttribute& attribute : node.attributes)
        settings.set_as_root(set(attribute.name.c_str(), attribute.value.value_or("")),
                             "set the attribute '" + attribute.name + "'");
}

}  // namespace

void apply_node(int fd, const Node& node, const RestoreOptions& options) {
    Wanted want = wanted(node, options);
    const struct stat now = os::look_at(fd);
    Settings settings;
    if (now.st_uid != want.uid || now.st_gid != want.gid) {
        const int changed = ::fchown(fd, want.uid, want.gid);
        settings.set_as_root(changed, "set the owner");
        if (changed != 0 && node.type == NodeType::File) want.mode &= ~kPowers;
    }
    settings.set(::futimens(fd, want.times), "set the times");
    set_attributes(node, settings, [&](const char* name, const std::string& value) {
        return ::fsetxattr(fd, name, value.data(), value.size(), 0);
    });
    settings.set(::fchmod(fd, want.mode), "set the mode");
    settings.done();
}

void apply_node(int directory, const std::string& name, const Node& node,
                const RestoreOptions& options) {
    Wanted want = wanted(node, options);
    Settings settings;
    const int changed =
        ::fchownat(directory, name.c_str(), want.uid, want.gid, AT_SYMLINK_NOFOLLOW);
    settings.set_as_root(changed, "set the owner");
    if (changed != 0 && node.type == NodeType::File) want.mode &= ~kPowers;
    // There is no call that takes a directory's handle; the path through /proc means the same.
    const std::string path = "/proc/self/fd/" + std::to_string(directory) + "/" + name;
    set_attributes(node, settings, [&](const char* attribute, const std::string& value) {
        return ::lsetxattr(path.c_str(), attribute, value.data(), value.size(), 0);
    });
    if (node.type != NodeType::Symlink) {
        const os::UniqueFd handle = os::open_below(directory, name, O_PATH);
        settings.set(::chmod(("/proc/self/fd/" + std::to_string(handle.get())).c_str(), want.mode),
                     "set the mode");
    }
    settings.set(::utimensat(directory, name.c_str(), want.times, AT_SYMLINK_NOFOLLOW),
                 "set the times");
    settings.done();
}

namespace {

Error too_deep() {
    return Error(ErrorCategory::Unsupported, "TreeTooDeep",
                 "directories nest deeper than " + std::to_string(kMostDepth) +
                     " levels; remove them by other means");
}

// What `work` says of each name in the directory `name`, together.
std::uint64_t sum_below(
    int directory, const std::string& name,
    const std::function<std::uint64_t(int directory, const std::string& name)>& work) {
    const os::UniqueFd fd = os::open_below(directory, name, O_RDONLY | O_DIRECTORY);
    std::vector<std::string> names;
    os::each_name(fd.get(), [&](const std::string& below, unsigned char) {
        names.push_back(below);
        return true;
    });
    std::uint64_t sum = 0;
    for (const std::string& below : names)
        sum += work(fd.get(), below);
    return sum;
}

}  // namespace

std::uint64_t remove_below(int directory, const std::string& name, unsigned depth) {
    if (::unlinkat(directory, name.c_str(), 0) == 0) return 1;
    if (errno == ENOENT) return 0;
    if (errno != EISDIR && errno != EPERM) throw error_from_errno(errno, "remove '" + name + "'");
    if (depth > kMostDepth) throw too_deep();
    const std::uint64_t removed =
        sum_below(directory, name, [depth](int above, const std::string& below) {
            return remove_below(above, below, depth + 1);
        });
    if (::unlinkat(directory, name.c_str(), AT_REMOVEDIR) != 0)
        throw error_from_errno(errno, "remove the directory '" + name + "'");
    return removed + 1;
}

std::uint64_t count_below(int directory, const std::string& name, unsigned depth) {
    const auto there = os::look_at(directory, name);
    if (!there) return 0;
    if (!S_ISDIR(there->st_mode)) return 1;
    if (depth > kMostDepth) throw too_deep();
    return 1 + sum_below(directory, name, [depth](int above, const std::string& below) {
               return count_below(above, below, depth + 1);
           });
}

}  // namespace lifeboat::vault

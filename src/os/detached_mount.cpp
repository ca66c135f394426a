#include "os/detached_mount.h"

#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"

namespace lifeboat::os {
namespace {

// What the file system says about the failure ("e Unknown option"), one message a read.
std::string messages_of(int context) {
    std::string all;
    char message[512];
    for (ssize_t size; (size = ::read(context, message, sizeof message)) > 0;)
        all += (all.empty() ? " (" : "; ") + std::string(message, static_cast<std::size_t>(size));
    return all.empty() ? all : all + ")";
}

}  // namespace

UniqueFd mount_detached(const std::string& type, const std::string& source,
                        const std::vector<std::pair<std::string, std::string>>& options) {
    const std::string tried =
        "mount the " + type + " file system of '" + source + "', which needs root";
    const UniqueFd context(::fsopen(type.c_str(), FSOPEN_CLOEXEC));
    if (!context) throw error_from_errno(errno, tried);
    const auto require = [&](int done) {
        if (done == 0) return;
        const int problem = errno;
        throw error_from_errno(problem, tried + messages_of(context.get()));
    };
    require(::fsconfig(context.get(), FSCONFIG_SET_STRING, "source", source.c_str(), 0));
    for (const auto& [name, value] : options)
        require(
            value.empty()
                ? ::fsconfig(context.get(), FSCONFIG_SET_FLAG, name.c_str(), nullptr, 0)
                : ::fsconfig(context.get(), FSCONFIG_SET_STRING, name.c_str(), value.c_str(), 0));
    require(::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0));
    UniqueFd mount(::fsmount(context.get(), FSMOUNT_CLOEXEC,
                             MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC));
    if (!mount) require(-1);
    return mount;
}

}  // namespace lifeboat::os

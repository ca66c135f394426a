#include "mover/removal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/fault.h"
#include "mover/temporary.h"
#include "os/directory.h"

namespace lifeboat::mover {

void Removal::remove_extra(const Directory& directory) const {
    const int destination = directory.destination.get();
    os::each_name(destination, [&](const std::string& name, unsigned char) {
        const std::string path = directory.path_of(name);
        const Selection selection = filter_.select(path, directory.selection);
        if (selection == Selection::Skip || TemporaryNames::is_temporary(name)) return true;
        if (!look(directory.source.get(), name))
            remove(destination, name, path, selection, directory.depth + 1);
        return true;
    });
}

bool Removal::remove(int directory, const std::string& name, const std::string& path,
                     Selection selection, unsigned depth) const {
    try {
        const auto entry = look(directory, name);
        if (!entry) return true;
        if (entry->is_directory()) {
            if (depth > Walk::kMostDepth)
                throw Error(
                    ErrorCategory::Unsupported, "TreeTooDeep",
                    "directories nest deeper than " + std::to_string(Walk::kMostDepth) + " levels");
            const os::UniqueFd below = os::open_below(directory, name, O_RDONLY | O_DIRECTORY);
            if (!remove_below(below.get(), path, selection, depth)) return false;
        }
        if (selection != Selection::Take) return false;
        fault::reach("mover.before-delete");
        if (effect_ == Effect::Change &&
            ::unlinkat(directory, name.c_str(), entry->is_directory() ? AT_REMOVEDIR : 0) != 0 &&
            errno != ENOENT)
            throw error_from_errno(errno, "delete what the source does not have");
        on_removed_(path);
        return true;
    } catch (const Error& error) {
        on_failed_(path, error);
        return false;
    }
}

bool Removal::remove_below(int directory, const std::string& path, Selection selection,
                           unsigned depth) const {
    bool all = true;
    os::each_name(directory, [&](const std::string& name, unsigned char) {
        const std::string below = path + "/" + name;
        const Selection selected = filter_.select(below, selection);
        if (selected == Selection::Skip || !remove(directory, name, below, selected, depth + 1))
            all = false;
        return true;
    });
    return all;
}

}  // namespace lifeboat::mover

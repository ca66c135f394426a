#include "mover/walk.h"

#include <dirent.h>
#include <fcntl.h>

#include <utility>

#include "base/error.h"
#include "base/fault.h"
#include "mover/temporary.h"
#include "os/directory.h"

namespace lifeboat::mover {
namespace {

// Few enough that a slow file system is asked for many at a time, many enough that handing them out
// costs nothing beside the work.
constexpr std::size_t kSlice = 8;
// A file from this size on is a task of its own.
constexpr std::uint64_t kBigFile = 1 << 20;

}  // namespace

os::UniqueFd try_open(int directory, const std::string& name) {
    try {
        return os::open_below(directory, name, O_RDONLY);
    } catch (const Error&) {
        return {};
    }
}

template <class Path, class Work>
bool Walk::guarded(Path path, Work work) {
    try {
        work();
        return true;
    } catch (const Error& error) {
        if (error.category() != ErrorCategory::Cancelled) failures_.add(path(), phase_, error);
    }
    return false;
}

void Walk::start(std::shared_ptr<Directory> root) {
    root->selection = filter_.select("", Selection::Take);
    pool_.submit([this, root = std::move(root)] { begin(root); });
}

void Walk::begin(const std::shared_ptr<Directory>& directory) {
    bool entered = false;
    guarded([&] { return directory->path; },
            [&] {
                directory->source_entry = look(directory->source.get());
                entered = visitor_.enter(*directory);
                if (entered) list(directory);
            });
    // What failed to list is left all the same: a directory that was made gets its owner and mode.
    if (entered)
        finish(directory);
    else if (directory->parent)
        finish(directory->parent);
}

void Walk::begin_below(const std::shared_ptr<Directory>& parent, const std::string& name,
                       Selection selection) {
    auto directory = std::make_shared<Directory>();
    directory->parent = parent;
    directory->name = name;
    directory->path = parent->path_of(name);
    directory->depth = parent->depth + 1;
    directory->selection = selection;
    const bool open = !stop_.stop_requested() &&
                      guarded([&] { return directory->path; },
                              [&] {
                                  if (directory->depth > kMostDepth)
                                      throw Error(ErrorCategory::Unsupported, "TreeTooDeep",
                                                  "directories nest deeper than " +
                                                      std::to_string(kMostDepth) + " levels");
                                  fault::reach("mover.directory-open");
                                  directory->source = os::open_below(parent->source.get(), name,
                                                                     O_RDONLY | O_DIRECTORY);
                              });
    if (open)
        begin(directory);
    else
        finish(parent);
}

void Walk::list(const std::shared_ptr<Directory>& directory) {
    std::vector<Name> slice;
    os::each_name(directory->source.get(), [&](const std::string& name, unsigned char type) {
        if (type == DT_DIR) {
            const auto selection = filter_.select(directory->path_of(name), directory->selection);
            if (selection != Selection::Skip) submit_directory(directory, name, selection);
        } else if (!TemporaryNames::is_temporary(name)) {
            slice.push_back({name, type});
            if (slice.size() == kSlice) submit_slice(directory, std::exchange(slice, {}));
        }
        return !stop_.stop_requested();
    });
    if (!slice.empty()) submit_slice(directory, std::move(slice));
}

void Walk::submit_directory(const std::shared_ptr<Directory>& parent, const std::string& name,
                            Selection selection) {
    ++parent->unfinished;
    pool_.submit([this, parent, name, selection] { begin_below(parent, name, selection); });
}

void Walk::submit_slice(const std::shared_ptr<Directory>& directory, std::vector<Name> names) {
    ++directory->unfinished;
    pool_.share([this, directory, names = std::move(names)] {
        for (const Name& name : names) {
            if (stop_.stop_requested()) break;
            guarded([&] { return directory->path_of(name.text); },
                    [&] { look_and_visit(directory, name); });
        }
        finish(directory);
    });
}

void Walk::look_and_visit(const std::shared_ptr<Directory>& directory, const Name& listed) {
    const std::string& name = listed.text;
    const Selection selection =
        filter_.selects_everything()
            ? directory->selection
            : filter_.select(directory->path_of(name), directory->selection);
    if (selection == Selection::Skip) return;
    if (listed.type == DT_REG && selection == Selection::Take && visitor_.opens_files(*directory)) {
        fault::reach("mover.file-open");
        os::UniqueFd opened = try_open(directory->source.get(), name);
        if (opened) {
            const Entry entry = look(opened.get());
            if (entry.is_regular() && entry.size() < kBigFile)
                return visitor_.visit(*directory, name, entry, std::move(opened));
        }
    }
    const auto entry = look(directory->source.get(), name);
    if (!entry)
        throw Error(ErrorCategory::NotFound, "Vanished",
                    "the source was removed between listing and reading");
    // File systems that do not tell types while listing bring directories here.
    if (entry->is_directory()) return submit_directory(directory, name, selection);
    if (selection != Selection::Take) return;
    if (!entry->is_regular() || entry->size() < kBigFile)
        return visitor_.visit(*directory, name, *entry, {});
    ++directory->unfinished;
    pool_.share([this, directory, name, entry = *entry] {
        if (!stop_.stop_requested())
            guarded([&] { return directory->path_of(name); },
                    [&] { visitor_.visit(*directory, name, entry, {}); });
        finish(directory);
    });
}

void Walk::finish(std::shared_ptr<Directory> directory) {
    while (directory && --directory->unfinished == 0) {
        guarded([&] { return directory->path; }, [&] { visitor_.leave(*directory); });
        std::shared_ptr<Directory> parent = directory->parent;
        directory->source.reset(-1);
        directory->destination.reset(-1);
        directory = std::move(parent);
    }
}

}  // namespace lifeboat::mover

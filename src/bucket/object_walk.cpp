#include "bucket/object_walk.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "bucket/object_key.h"
#include "mover/ranges.h"
#include "mover/temporary.h"

namespace lifeboat::bucket {

using mover::Directory;
using mover::Selection;

namespace {

std::uint64_t hash_of(std::string_view name) {
    std::uint64_t hash = 0;
    const std::string digest = sha256(name);
    std::memcpy(&hash, digest.data(), sizeof hash);
    return hash;
}

}  // namespace

void NameSet::add(std::string_view name) {
    hashes_.push_back(hash_of(name));
}

bool NameSet::may_hold(std::string_view name) const {
    return std::binary_search(hashes_.begin(), hashes_.end(), hash_of(name));
}

void NameSet::seal() {
    std::sort(hashes_.begin(), hashes_.end());
}

template <class Work>
bool ObjectWalk::guarded(const std::string& path, Work work) {
    try {
        work();
        return true;
    } catch (const Error& error) {
        if (error.category() != ErrorCategory::Cancelled) failures_.add(path, phase_, error);
    }
    return false;
}

void ObjectWalk::start(FolderPtr root) {
    pool_.submit([this, root = std::move(root)] { list(root); });
}

void ObjectWalk::list(const FolderPtr& root) {
    root->selection = filter_.select("", Selection::Take);
    bool any = false;
    bool inside = false;
    bucket_.each_page(bucket_.prefix(), [&](const std::vector<Listed>& page) {
        look_at_folders(page);
        return std::all_of(page.begin(), page.end(), [&](const Listed& object) {
            if (stop_.stop_requested()) return false;
            if (!std::exchange(any, true)) inside = enter(root, bucket_.prefix());
            if (inside && object.key != bucket_.prefix()) take(object);
            return inside;
        });
    });
    while (!way_.empty()) {
        finish(std::move(way_.back()));
        way_.pop_back();
    }
    if (!any && !stop_.stop_requested())
        throw Error(
            ErrorCategory::NotFound, "NothingAtSource",
            "the bucket " + bucket_.name() + " holds nothing below '" + bucket_.prefix() + "'");
}

// One after the other they would take longer than all files together.
void ObjectWalk::look_at_folders(const std::vector<Listed>& page) {
    folders_.clear();
    for (const Listed& object : page) {
        const KeyPath found = path_of_key(bucket_.prefix(), object.key);
        if (found.is_directory && found.fault.empty() &&
            filter_.select_from_root(found.path) != Selection::Skip)
            folders_.emplace(object.key, std::nullopt);
    }
    std::vector<std::pair<const std::string, std::optional<Object>>*> all;
    for (auto& folder : folders_)
        all.push_back(&folder);
    mover::for_each_range(pool_, all.size(), 1, mover::Help::AtOnce,
                          [&](std::uint64_t begin, std::uint64_t) {
                              if (stop_.stop_requested()) return;
                              try {
                                  all[begin]->second = bucket_.find(all[begin]->first);
                              } catch (const Error&) {
                                  // It is asked for again when it is entered, and fails then.
                              }
                          });
}

// A folder's own key comes before all that lies in it: what is not on the page of its first key has
// none.
std::optional<Object> ObjectWalk::folder_at(const std::string& key) {
    const auto found = folders_.find(key);
    if (found == folders_.end()) return std::nullopt;
    return found->second ? std::move(found->second) : bucket_.find(key);
}

void ObjectWalk::take(const Listed& object) {
    if (!left_out_.empty() && object.key.starts_with(left_out_)) return;
    const KeyPath found = path_of_key(bucket_.prefix(), object.key);
    if (!found.fault.empty()) {
        failures_.add(object.key.substr(bucket_.prefix().size()), phase_, "InvalidKey",
                      found.fault + ", and stands for no file below the destination");
        // The folders it lies in are there all the same.
        go_to(found.path);
        return;
    }
    if (found.is_directory) {
        go_to(found.path);
        return;
    }
    const auto slash = found.path.rfind('/');
    const std::string name = slash == std::string::npos ? found.path : found.path.substr(slash + 1);
    if (!go_to(slash == std::string::npos ? "" : found.path.substr(0, slash))) return;
    way_.back()->files.add(name);
    if (mover::TemporaryNames::is_temporary(name)) return;
    if (visitor_.asks_for_names()) way_.back()->names.add(name);
    if (filter_.select(found.path, way_.back()->selection) == Selection::Take) visit(name, object);
}

bool ObjectWalk::go_to(std::string_view path) {
    const auto holds = [&](const Directory& directory) {
        const std::string& above = directory.path;
        return above.empty() || path == above ||
               (path.starts_with(above) && path[above.size()] == '/');
    };
    while (!holds(*way_.back())) {
        finish(std::move(way_.back()));
        way_.pop_back();
    }
    while (way_.back()->path.size() < path.size()) {
        const FolderPtr parent = way_.back();
        const std::size_t begin = parent->path.empty() ? 0 : parent->path.size() + 1;
        auto directory = std::make_shared<Folder>();
        directory->parent = parent;
        directory->name = path.substr(begin, path.find('/', begin) - begin);
        directory->path = parent->path_of(directory->name);
        directory->depth = parent->depth + 1;
        if (visitor_.asks_for_names()) parent->names.add(directory->name);
        directory->selection = filter_.select(directory->path, parent->selection);
        const std::string key = directory_key(bucket_.prefix(), directory->path);
        if (directory->selection == Selection::Skip || !enter(std::move(directory), key)) {
            left_out_ = key;
            return false;
        }
    }
    return true;
}

bool ObjectWalk::enter(FolderPtr directory, const std::string& key) {
    bool entered = false;
    guarded(directory->path, [&] {
        const std::optional<Object> object = folder_at(key);
        directory->has_object = object.has_value();
        directory->source_entry = object ? object->entry : object_of(key, Json::object()).entry;
        if (directory->parent &&
            std::static_pointer_cast<Folder>(directory->parent)->files.holds(directory->name))
            throw Error(ErrorCategory::AlreadyExists, "NameTwice",
                        "the bucket has a file and a folder of this name, and a tree cannot: the "
                        "file is copied; delete one of them, or copy to the bucket again with "
                        "PreserveDeletedFiles REMOVE");
        entered = visitor_.enter(*directory);
    });
    if (!entered) return false;
    if (directory->parent) ++directory->parent->unfinished;
    way_.push_back(std::move(directory));
    return true;
}

void ObjectWalk::visit(const std::string& name, const Listed& object) {
    const FolderPtr& directory = way_.back();
    ++directory->unfinished;
    pool_.submit([this, directory, name, object] {
        if (!stop_.stop_requested())
            guarded(directory->path_of(name), [&] { visitor_.visit(*directory, name, object); });
        finish(directory);
    });
}

void ObjectWalk::finish(FolderPtr directory) {
    while (directory && --directory->unfinished == 0) {
        directory->names.seal();
        guarded(directory->path, [&] { visitor_.leave(*directory); });
        FolderPtr parent = std::static_pointer_cast<Folder>(directory->parent);
        directory->destination.reset(-1);
        directory = std::move(parent);
    }
}

}  // namespace lifeboat::bucket

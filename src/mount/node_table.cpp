#include "mount/node_table.h"

namespace lifeboat::mount {
namespace {

bool is_same(const Inode& a, const Inode& b) {
    if (a.parent->number != b.parent->number || a.name != b.name) return false;
    if ((a.directory == nullptr) != (b.directory == nullptr)) return false;
    return a.directory == nullptr || a.directory->tree == b.directory->tree;
}

}  // namespace

std::string Directory::path() const {
    if (!parent) return name;
    std::string above = parent->path();
    return above.empty() ? name : std::move(above) + "/" + name;
}

std::string Inode::path() const {
    if (!parent) return name;
    std::string above = parent->path();
    return above.empty() ? name : std::move(above) + "/" + name;
}

NodeTable::NodeTable(std::shared_ptr<Directory> root, std::size_t most_files)
    : most_files_(most_files) {
    root->number = kRoot;
    Known& known = known_[kRoot];
    known.inode.directory = std::move(root);
    known.lookups = 1;
}

std::uint64_t NodeTable::remember(std::uint64_t wanted, Inode inode) {
    const std::scoped_lock lock(mutex_);
    std::uint64_t number = wanted;
    for (;; ++number) {
        if (number <= kRoot) continue;
        const auto at = known_.find(number);
        if (at == known_.end()) break;
        if (!is_same(at->second.inode, inode)) continue;
        ++at->second.lookups;
        note_use(number, at->second);
        return number;
    }
    if (inode.directory) inode.directory->number = number;
    Known& known = known_[number];
    known.inode = std::move(inode);
    known.lookups = 1;
    note_use(number, known);
    return number;
}

void NodeTable::note_use(std::uint64_t number, Known& known) {
    if (known.inode.directory) return;
    if (known.is_listed) {
        files_.splice(files_.end(), files_, known.place);
        return;
    }
    known.place = files_.insert(files_.end(), number);
    known.is_listed = true;
    if (files_.size() > most_files_) surplus_.notify_one();
}

std::optional<Inode> NodeTable::find(std::uint64_t number) const {
    const std::scoped_lock lock(mutex_);
    const auto at = known_.find(number);
    if (at == known_.end()) return std::nullopt;
    return at->second.inode;
}

void NodeTable::forget(std::uint64_t number, std::uint64_t lookups) {
    // A directory's parents may go with it: not under the lock.
    Inode gone;
    const std::scoped_lock lock(mutex_);
    const auto at = known_.find(number);
    if (at == known_.end() || number == kRoot) return;
    Known& known = at->second;
    known.lookups -= std::min(known.lookups, lookups);
    if (known.lookups > 0) return;
    if (known.is_listed) files_.erase(known.place);
    gone = std::move(known.inode);
    known_.erase(at);
}

std::size_t NodeTable::size() const {
    const std::scoped_lock lock(mutex_);
    return known_.size();
}

std::vector<NodeTable::Name> NodeTable::wait_for_surplus(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    std::vector<Name> names;
    if (!surplus_.wait(lock, stop, [&] { return files_.size() > most_files_; })) return names;
    // Some more, so that it is not done for each single one.
    const std::size_t fewer = most_files_ - most_files_ / 10;
    while (files_.size() > fewer) {
        Known& known = known_.at(files_.front());
        names.push_back({known.inode.parent->number, known.inode.name});
        known.is_listed = false;
        files_.pop_front();
    }
    return names;
}

}  // namespace lifeboat::mount

#include "vault/snapshot_folders.h"

#include <algorithm>

#include "vault/tree_listing.h"

namespace lifeboat::vault {
namespace {

using Kind = FolderEntry::Kind;

std::string folder_name(std::string name) {
    if (name.empty() || name == ".") return "_";
    if (name == "..") return "__";
    std::replace(name.begin(), name.end(), '/', '_');
    return name;
}

std::string time_name(const Snapshot& snapshot) {
    ZonedTime time = snapshot.time;
    time.nanoseconds = 0;
    return to_text(time);
}

}  // namespace

SnapshotFolders::SnapshotFolders(std::vector<Snapshot> snapshots)
    : snapshots_(std::move(snapshots)) {
    folders_[""];
    for (const char* name : {"ids", "snapshots", "hosts", "tags"})
        make_folder("", name);
    for (std::size_t number = 0; number < snapshots_.size(); ++number) {
        const Snapshot& snapshot = snapshots_[number];
        Folder& ids = folders_["ids"];
        const std::string brief = snapshot.id.brief();
        ids.emplace(ids.contains(brief) ? snapshot.id.hex() : brief,
                    FolderEntry{Kind::Snapshot, number, {}});
        show(number, "snapshots");
        show_below(number, "hosts", snapshot.host);
        for (const std::string& tag : std::set(snapshot.tags.begin(), snapshot.tags.end()))
            show_below(number, "tags", tag);
    }
}

void SnapshotFolders::make_folder(const std::string& above, const std::string& name) {
    folders_[above].emplace(name, FolderEntry{Kind::Folder, 0, {}});
    folders_[above.empty() ? name : above + "/" + name];
}

void SnapshotFolders::show(std::size_t number, const std::string& folder) {
    Folder& there = folders_[folder];
    std::string name = time_name(snapshots_[number]);
    const int before = taken_[folder + "/" + name]++;
    if (before > 0) name += "-" + std::to_string(before);
    there.emplace(name, FolderEntry{Kind::Snapshot, number, {}});
    there.insert_or_assign("latest", FolderEntry{Kind::Link, number, name});
}

void SnapshotFolders::show_below(std::size_t number, const std::string& above,
                                 const std::string& name) {
    const std::string folder = folder_name(name);
    if (!is_component(folder)) {
        hidden_.insert(name);
        return;
    }
    make_folder(above, folder);
    show(number, above + "/" + folder);
}

const SnapshotFolders::Folder* SnapshotFolders::find(std::string_view path) const {
    const auto at = folders_.find(path);
    return at == folders_.end() ? nullptr : &at->second;
}

const FolderEntry* SnapshotFolders::find(std::string_view path, std::string_view name) const {
    const Folder* folder = find(path);
    if (folder == nullptr) return nullptr;
    const auto at = folder->find(name);
    return at == folder->end() ? nullptr : &at->second;
}

}  // namespace lifeboat::vault

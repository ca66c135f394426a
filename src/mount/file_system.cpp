#include "mount/file_system.h"

#include <cstring>

#include "base/error.h"

namespace lifeboat::mount {
namespace {

using vault::FolderEntry;
using vault::Node;
using vault::NodeType;

constexpr Owner kRootOwner{0, 0};
// The kernel takes no longer one.
constexpr std::size_t kLongestTarget = 4095;

// The same for the same place, whenever and wherever it is mounted.
std::uint64_t number_of(std::uint64_t parent, std::string_view name, std::string_view more = "") {
    std::string text(reinterpret_cast<const char*>(&parent), sizeof parent);
    text += name;
    text += '\0';
    text += more;
    const vault::Id digest = vault::Id::of(text);
    std::uint64_t number;
    std::memcpy(&number, digest.bytes.data(), sizeof number);
    return number;
}

// What programs see as the inode: names of one file that was linked hard have the same.
std::uint64_t shown_number(const Directory& parent, const Node& node) {
    if (node.type == NodeType::Directory || node.links <= 1)
        return number_of(parent.number, node.name);
    const std::uint64_t file[] = {node.device_id, node.inode};
    return number_of(parent.snapshot, "/",
                     std::string_view(reinterpret_cast<const char*>(file), sizeof file));
}

std::shared_ptr<Directory> root_of(const vault::ZonedTime& time) {
    auto root = std::make_shared<Directory>();
    root->time = time;
    return root;
}

std::shared_ptr<Directory> below(const std::shared_ptr<const Directory>& parent,
                                 std::string_view name) {
    auto made = std::make_shared<Directory>();
    made->kind = parent->kind;
    made->parent = parent;
    made->name = name;
    made->time = parent->time;
    made->depth = parent->depth + 1;
    made->snapshot = parent->snapshot;
    return made;
}

}  // namespace

FileSystem::FileSystem(vault::Browser& browser, const FileSystemOptions& options)
    : browser_(browser),
      options_(options),
      folder_owner_(options.owner_is_root ? kRootOwner : options.owner),
      nodes_(root_of(options.time), options.most_files) {}

std::shared_ptr<const vault::TreeListing> FileSystem::listing(const Directory& directory) {
    if (!directory.tree)
        throw Error(ErrorCategory::Corruption, "InvalidTree",
                    "the snapshot does not say what is in this directory");
    try {
        return browser_.listing(*directory.tree);
    } catch (Error& error) {
        throw Error(error.within("reading the tree blob " + directory.tree->hex()));
    }
}

template <class Use>
auto FileSystem::with_node(const Inode& inode, Use use) {
    const auto nodes = listing(*inode.parent);
    return use(nodes->nodes.at(inode.position));
}

struct stat FileSystem::status_of_child(const Directory& parent, const Node& node) const {
    struct stat status =
        status_of(node, options_.owner_is_root ? std::optional(kRootOwner) : std::nullopt);
    status.st_ino = shown_number(parent, node);
    return status;
}

FileSystem::Entry FileSystem::entry_of_node(const DirectoryPointer& parent,
                                            const vault::TreeListing& listing, std::size_t position,
                                            Telling telling) {
    const Node& node = listing.nodes[position];
    Entry found{0, status_of_child(*parent, node), true};
    if (telling == Telling::Nobody) return found;
    Inode inode{parent, node.name, static_cast<std::uint32_t>(position), nullptr};
    if (node.type == NodeType::Directory) {
        if (parent->depth >= vault::kMostDepth)
            throw Error(
                ErrorCategory::Corruption, "InvalidTree",
                "directories nest deeper than " + std::to_string(vault::kMostDepth) + " levels");
        inode.directory = below(parent, node.name);
        inode.directory->tree = node.subtree;
    }
    found.number = nodes_.remember(number_of(parent->number, node.name), std::move(inode));
    return found;
}

std::optional<FileSystem::Entry> FileSystem::entry_of_folder(const DirectoryPointer& folder,
                                                             std::string_view name,
                                                             Telling telling) {
    const auto folders = browser_.folders();
    const FolderEntry* there = folders->find(folder->path(), name);
    if (there == nullptr) return std::nullopt;
    Inode inode{folder, std::string(name), Inode::kNowhere, nullptr};
    Entry found;
    std::string more;
    if (there->kind == FolderEntry::Kind::Link) {
        found.status = status_of_link(folders->snapshots()[there->snapshot].time, folder_owner_,
                                      there->target.size());
    } else {
        inode.directory = below(folder, name);
        if (there->kind == FolderEntry::Kind::Snapshot) {
            // Its name may be another snapshot's one day.
            const vault::Snapshot& snapshot = folders->snapshots()[there->snapshot];
            more = snapshot.id.hex();
            inode.directory->kind = Directory::Kind::Tree;
            inode.directory->tree = snapshot.tree;
            inode.directory->time = snapshot.time;
            inode.directory->depth = 0;
            inode.directory->snapshot = number_of(folder->number, name, more);
        }
        found.status = status_of_folder(inode.directory->time, folder_owner_);
    }
    found.status.st_ino = number_of(folder->number, name, more);
    if (telling == Telling::Kernel)
        found.number = nodes_.remember(found.status.st_ino, std::move(inode));
    return found;
}

std::optional<FileSystem::Entry> FileSystem::entry(const DirectoryPointer& parent,
                                                   std::string_view name, Telling telling) {
    if (parent->kind == Directory::Kind::Folder) return entry_of_folder(parent, name, telling);
    const auto nodes = listing(*parent);
    const Node* node = nodes->find(name);
    if (node == nullptr) return std::nullopt;
    return entry_of_node(parent, *nodes, static_cast<std::size_t>(node - nodes->nodes.data()),
                         telling);
}

std::optional<FileSystem::Entry> FileSystem::look_up(std::uint64_t parent, std::string_view name) {
    const auto inode = nodes_.find(parent);
    if (!inode || !inode->directory) return std::nullopt;
    return entry(inode->directory, name, Telling::Kernel);
}

bool FileSystem::is_lasting(std::uint64_t directory) const {
    const auto inode = nodes_.find(directory);
    return inode && inode->directory && inode->directory->kind == Directory::Kind::Tree;
}

std::optional<FileSystem::Entry> FileSystem::status(std::uint64_t number) {
    const auto inode = nodes_.find(number);
    if (!inode) return std::nullopt;
    if (inode->position != Inode::kNowhere)
        return with_node(*inode, [&](const Node& node) {
            return Entry{number, status_of_child(*inode->parent, node), true};
        });
    if (inode->directory) {
        // Whatever became of its name, this is what it was.
        Entry found{number, status_of_folder(inode->directory->time, folder_owner_), false};
        found.status.st_ino = number;
        return found;
    }
    auto found = entry_of_folder(inode->parent, inode->name, Telling::Nobody);
    if (found) found->number = number;
    return found;
}

std::optional<std::string> FileSystem::read_link(std::uint64_t number) {
    const auto inode = nodes_.find(number);
    if (!inode || inode->directory) return std::nullopt;
    if (inode->position == Inode::kNowhere) {
        const auto folders = browser_.folders();
        const FolderEntry* there = folders->find(inode->parent->path(), inode->name);
        if (there == nullptr || there->kind != FolderEntry::Kind::Link) return std::nullopt;
        return there->target;
    }
    std::string target = with_node(*inode, [](const Node& node) { return node.link_target; });
    if (target.empty() || target.size() > kLongestTarget || target.find('\0') != std::string::npos)
        throw Error(ErrorCategory::Corruption, "InvalidLink",
                    "the target of the link, of " + std::to_string(target.size()) +
                        " bytes, cannot be one");
    return target;
}

std::vector<vault::ExtendedAttribute> FileSystem::attributes(std::uint64_t number) {
    const auto inode = nodes_.find(number);
    if (!inode || inode->position == Inode::kNowhere) return {};
    return with_node(*inode, [](const Node& node) { return node.attributes; });
}

std::unique_ptr<FileSystem::OpenFile> FileSystem::open(std::uint64_t number) {
    const auto inode = nodes_.find(number);
    if (!inode || inode->position == Inode::kNowhere) return nullptr;
    return with_node(*inode, [&](const Node& node) -> std::unique_ptr<OpenFile> {
        if (node.type != NodeType::File) return nullptr;
        return std::make_unique<OpenFile>(OpenFile{inode->path(), browser_.open(node)});
    });
}

std::unique_ptr<FileSystem::OpenDirectory> FileSystem::open_directory(std::uint64_t number) {
    const auto inode = nodes_.find(number);
    if (!inode || !inode->directory) return nullptr;
    auto open = std::make_unique<OpenDirectory>();
    open->directory = inode->directory;
    if (open->directory->kind == Directory::Kind::Tree) {
        open->listing = listing(*open->directory);
        return open;
    }
    const auto folders = browser_.folders();
    const auto* folder = folders->find(open->directory->path());
    if (folder == nullptr) return nullptr;
    for (const auto& [name, entry] : *folder)
        open->names.push_back(name);
    return open;
}

std::optional<FileSystem::Entry> FileSystem::entry(const OpenDirectory& open, std::size_t position,
                                                   Telling telling) {
    if (open.listing) return entry_of_node(open.directory, *open.listing, position, telling);
    return entry_of_folder(open.directory, open.names[position], telling);
}

std::string FileSystem::path(std::uint64_t number) const {
    const auto inode = nodes_.find(number);
    if (!inode) return "?";
    return inode->directory ? inode->directory->path() : inode->path();
}

}  // namespace lifeboat::mount

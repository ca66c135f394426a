#include "vault/backup_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/encoding.h"
#include "base/error.h"
#include "base/fault.h"
#include "os/directory.h"
#include "os/file.h"
#include "os/open_files.h"

namespace lifeboat::vault {
namespace {

constexpr std::size_t kMostWaiting = 64;
constexpr std::size_t kSlice = 64;
// Files from this size on are a task of their own.
constexpr std::uint64_t kBigFile = 1 << 20;
constexpr std::uint64_t kMostOpenFiles = 65536;

const Node* find(const std::vector<Node>& nodes, const std::string& name) {
    const auto at = std::lower_bound(
        nodes.begin(), nodes.end(), name,
        [](const Node& node, const std::string& wanted) { return node.name < wanted; });
    return at != nodes.end() && at->name == name ? &*at : nullptr;
}

bool is_unchanged(const Node& now, const Node& before) {
    return before.type == NodeType::File && now.mtime == before.mtime &&
           now.ctime == before.ctime && now.size == before.size && now.inode == before.inode;
}

}  // namespace

struct BackupWalk::Directory {
    DirectoryPtr parent;   // nullptr: the root
    std::size_t slot = 0;  // in the parent's nodes
    std::string path;      // absolute; "" for the root
    unsigned depth = 0;
    // Where a path lies that the user named: its one node goes in the parent's slot, and no tree is
    // made of it. Paths with one parent in the snapshot may lie in several directories.
    bool is_gate = false;
    std::string gate_name;  // of that path in `fd`, where it is not the node's; else empty
    // What `fd` lies in; nullptr: what is there now.
    const SourceView* view = nullptr;
    os::UniqueFd fd;
    Node self;
    Nodes nodes;  // sorted by name; those without a type that were left out are dropped
    std::vector<char> is_present;
    // Of the snapshot before; may be nullptr.
    std::shared_ptr<const Nodes> before;
    Id before_tree;
    std::atomic<bool> has_changed{false};  // some node that is present is not as it was
    std::atomic<std::size_t> unfinished{1};

    std::string path_of(const std::string& name) const { return path + "/" + name; }
    // What the node is called in `fd`.
    const std::string& name_on_disk(std::size_t at) const {
        return gate_name.empty() ? nodes[at].name : gate_name;
    }
    const Node* find_before(const std::string& name) const {
        return before ? find(*before, name) : nullptr;
    }
    void set_present(std::size_t at) {
        const Node* was = find_before(nodes[at].name);
        if (was == nullptr || !(*was == nodes[at])) has_changed = true;
        is_present[at] = 1;
    }
};

BackupWalk::BackupWalk(Repository& repository, BackupRun& run)
    : run_(run),
      codecs_(repository),
      files_(run, pool_, repository.polynomial()),
      pool_(run.options.workers, kMostWaiting) {
    os::raise_open_file_limit(kMostOpenFiles);
}

BackupTarget BackupWalk::read_targets() {
    BackupTarget root;
    std::size_t absent = 0;
    for (const std::string& path : run_.options.paths) {
        struct stat status {};
        if (::lstat(path.c_str(), &status) != 0) {
            run_.tell_failure(path, error_from_errno(errno, "look at it").what());
            ++absent;
        }
        absolute_.push_back(root.add(path));
    }
    if (absent == run_.options.paths.size())
        throw Error(ErrorCategory::InvalidInput, "NothingToBackUp",
                    "none of the paths to back up is there");
    return root;
}

Id BackupWalk::run() {
    const BackupTarget root = read_targets();
    auto top = std::make_shared<Directory>();
    if (run_.options.parent) {
        Node node;
        node.subtree = run_.options.parent->tree;
        load_before(*top, &node);
    }
    if (root.is_whole) {
        top->view = view_of("/");
        top->fd = top->view != nullptr ? top->view->open_directory()
                                       : os::open_file("/", O_RDONLY | O_DIRECTORY);
        top->self = describe("/", os::look_at(top->fd.get()), top->view);
        pool_.submit([this, top] {
            run_.guarded("/", [&] { list(top); });
            finish(top);
        });
    } else {
        begin_partial(top, root);
        finish(top);
    }
    while (!pool_.wait_for(std::chrono::seconds(3600))) {
    }
    run_.rethrow_failure();
    if (run_.is_over())
        throw Error(ErrorCategory::Cancelled, "Cancelled",
                    "the backup was interrupted; what arrived is kept for the next one");
    return root_id_;
}

const SourceView* BackupWalk::view_of(const std::string& target) const {
    return run_.options.views != nullptr ? run_.options.views->find(target) : nullptr;
}

Node BackupWalk::describe(std::string name, const struct stat& status, const SourceView* view) {
    Node node = node_of(std::move(name), status, names_);
    // The next backup may be without a view, and then sees nothing that changed.
    if (view != nullptr) node.device_id = view->live_device(status.st_dev);
    return node;
}

void BackupWalk::begin_partial(const DirectoryPtr& directory, const BackupTarget& target) {
    directory->nodes.resize(target.below.size());
    directory->is_present.assign(target.below.size(), 0);
    std::size_t slot = 0;
    for (const auto& [name, below] : target.below) {
        directory->nodes[slot].name = name;
        begin_target(directory, slot++, below);
    }
}

void BackupWalk::begin_target(const DirectoryPtr& parent, std::size_t slot,
                              const BackupTarget& target) {
    run_.guarded(target.path, [&] {
        const std::filesystem::path path(target.path);
        const std::string above = path.parent_path().string();
        // What the user named may lie behind links; what lies below it is reached by handles.
        if (target.is_whole) {
            auto gate = std::make_shared<Directory>();
            gate->is_gate = true;
            gate->parent = parent;
            gate->slot = slot;
            gate->path = above == "/" ? "" : above;
            gate->view = view_of(target.path);
            if (gate->view != nullptr) {
                gate->fd = os::open_directory_below(gate->view->directory(), "");
                gate->gate_name = gate->view->name();
            } else {
                gate->fd = os::open_file(above, O_RDONLY | O_DIRECTORY);
            }
            gate->nodes.resize(1);
            gate->nodes[0].name = parent->nodes[slot].name;
            gate->is_present.assign(1, 0);
            gate->before = parent->before;
            ++parent->unfinished;
            // One that is absent is reported already.
            run_.guarded(target.path, [&] { visit_name(gate, 0); });
            finish(gate);
            return;
        }
        auto directory = std::make_shared<Directory>();
        directory->parent = parent;
        directory->slot = slot;
        directory->path = target.path;
        const os::UniqueFd fd(::open(target.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!fd) throw error_from_errno(errno, "open it");
        directory->self = node_of(parent->nodes[slot].name, os::look_at(fd.get()), names_);
        directory->self.attributes = read_attributes(fd.get());
        load_before(*directory, parent->find_before(directory->self.name));
        ++parent->unfinished;
        begin_partial(directory, target);
        finish(directory);
    });
}

void BackupWalk::load_before(Directory& directory, const Node* node) {
    if (node == nullptr || !node->subtree) return;
    try {
        Nodes nodes = codecs_.load_tree(*node->subtree);
        const auto by_name = [](const Node& a, const Node& b) { return a.name < b.name; };
        if (!std::is_sorted(nodes.begin(), nodes.end(), by_name))
            std::sort(nodes.begin(), nodes.end(), by_name);
        directory.before = std::make_shared<const Nodes>(std::move(nodes));
        directory.before_tree = *node->subtree;
    } catch (const Error&) {
        // Without it files are read again; a check says what is wrong with it.
    }
}

void BackupWalk::begin_directory(const DirectoryPtr& parent, std::size_t slot) {
    ++parent->unfinished;
    pool_.submit([this, parent, slot] {
        auto directory = std::make_shared<Directory>();
        directory->parent = parent;
        directory->slot = slot;
        directory->path = parent->path_of(parent->nodes[slot].name);
        directory->depth = parent->depth + 1;
        const bool is_entered =
            !run_.is_over() && run_.guarded(directory->path, [&] { enter(directory); });
        if (is_entered) return finish(directory);
        directory->fd.reset(-1);
        finish(parent);
    });
}

void BackupWalk::enter(const DirectoryPtr& directory) {
    const DirectoryPtr& parent = directory->parent;
    const std::string& name = parent->nodes[directory->slot].name;
    if (directory->depth > kMostDepth)
        throw Error(ErrorCategory::Unsupported, "TreeTooDeep",
                    "directories nest deeper than " + std::to_string(kMostDepth) + " levels");
    fault::reach("vault.backup.directory");
    directory->fd =
        parent->is_gate && parent->view != nullptr
            ? parent->view->open_directory()
            : os::open_below(parent->fd.get(), name, O_RDONLY | O_DIRECTORY, 0, os::Mounts::Cross);
    struct stat now = os::look_at(directory->fd.get());
    directory->view = parent->view;
    bool is_live = false;
    if (directory->view != nullptr && directory->view->lacks(directory->path, now)) {
        // The user may have named it, too.
        const SourceView* other = view_of(directory->path);
        is_live = other == nullptr;
        directory->fd =
            is_live ? directory->view->open_live(directory->path) : other->open_directory();
        directory->view = other;
        now = os::look_at(directory->fd.get());
    }
    directory->self = describe(name, now, directory->view);
    directory->self.attributes = read_attributes(directory->fd.get());
    load_before(*directory, parent->find_before(name));
    const struct stat above = os::look_at(parent->fd.get());
    // A mount point is kept, empty; but for one the user named.
    if (run_.options.one_file_system && !parent->is_gate && above.st_dev != now.st_dev) return;
    if (is_live) run_.tell_read_live(directory->path);
    list(directory);
}

bool BackupWalk::is_cache(const Directory& directory, std::string& marker) const {
    for (const std::string& rule : run_.options.exclude_if_present) {
        const auto colon = rule.find(':');
        const std::string name = rule.substr(0, colon);
        const auto status = os::look_at(directory.fd.get(), name);
        if (!status || !S_ISREG(status->st_mode)) continue;
        if (colon != std::string::npos) {
            const std::string wanted = rule.substr(colon + 1);
            const os::UniqueFd fd = os::open_below(directory.fd.get(), name, O_RDONLY);
            std::string start(wanted.size(), '\0');
            if (::read(fd.get(), start.data(), start.size()) !=
                    static_cast<ssize_t>(wanted.size()) ||
                start != wanted)
                continue;
        }
        marker = name;
        return true;
    }
    return false;
}

void BackupWalk::list(const DirectoryPtr& directory) {
    std::string marker;
    const bool marker_only = is_cache(*directory, marker);
    std::vector<std::string> found;
    os::each_name(directory->fd.get(), [&](const std::string& name, unsigned char) {
        if (marker_only && name != marker) return true;
        if (run_.options.excludes.is_empty() ||
            !run_.options.excludes.matches(directory->path_of(name)))
            found.push_back(name);
        return !run_.is_over();
    });
    std::sort(found.begin(), found.end());
    directory->nodes.resize(found.size());
    directory->is_present.assign(found.size(), 0);
    for (std::size_t i = 0; i < found.size(); ++i)
        directory->nodes[i].name = std::move(found[i]);
    for (std::size_t first = 0; first < directory->nodes.size(); first += kSlice) {
        ++directory->unfinished;
        pool_.submit([this, directory, first] {
            const std::size_t end = std::min(first + kSlice, directory->nodes.size());
            for (std::size_t slot = first; slot < end && !run_.is_over(); ++slot)
                run_.guarded(directory->path_of(directory->nodes[slot].name),
                             [&] { visit_name(directory, slot); });
            finish(directory);
        });
    }
}

void BackupWalk::visit_name(const DirectoryPtr& parent, std::size_t slot) {
    Node& node = parent->nodes[slot];
    const auto status = os::look_at(parent->fd.get(), parent->name_on_disk(slot));
    if (!status) return;  // removed since it was listed
    if (parent->view != nullptr && parent->view->hides(parent->path_of(node.name), *status)) return;
    if (S_ISDIR(status->st_mode)) return begin_directory(parent, slot);
    if (S_ISBLK(status->st_mode) && parent->is_gate && run_.options.read_special)
        return visit_device(parent, slot);
    node = describe(std::move(node.name), *status, parent->view);
    if (run_.options.with_atime) node.atime = ZonedTime::local(status->st_atim);
    if (node.type != NodeType::File) return visit_special(*parent, slot);
    if (node.size > run_.options.largest_file) return;
    if (node.size < kBigFile) return visit_file(parent, slot);
    ++parent->unfinished;
    pool_.submit([this, parent, slot] {
        if (!run_.is_over())
            run_.guarded(parent->path_of(parent->nodes[slot].name),
                         [&] { visit_file(parent, slot); });
        finish(parent);
    });
}

// Its times do not tell whether it changed: it is read every time.
void BackupWalk::visit_device(const DirectoryPtr& parent, std::size_t slot) {
    Node& node = parent->nodes[slot];
    os::UniqueFd fd = os::open_below(parent->fd.get(), parent->name_on_disk(slot), O_RDONLY, 0,
                                     os::Mounts::Cross);
    struct stat status = os::look_at(fd.get());
    if (!S_ISBLK(status.st_mode))
        throw Error(ErrorCategory::Unavailable, "ChangedWhileRead",
                    "it was replaced by something else while it was looked at");
    status.st_size = ::lseek(fd.get(), 0, SEEK_END);
    if (status.st_size < 0 || ::lseek(fd.get(), 0, SEEK_SET) < 0)
        throw error_from_errno(errno, "find the size of the device");
    status.st_mode = S_IFREG | (status.st_mode & 07777);
    status.st_nlink = 1;
    node = describe(std::move(node.name), status, parent->view);
    ++parent->unfinished;
    files_.save(
        std::move(fd), node, parent->path_of(node.name),
        parent->find_before(node.name) == nullptr ? FileSaver::Age::New : FileSaver::Age::Changed,
        [this, parent, slot](bool is_saved) {
            if (is_saved) parent->set_present(slot);
            finish(parent);
        });
}

void BackupWalk::visit_special(Directory& parent, std::size_t slot) {
    Node& node = parent.nodes[slot];
    if (node.type == NodeType::Symlink) {
        node.link_target = os::read_link(parent.fd.get(), parent.name_on_disk(slot));
        node.raw_link_target = !is_utf8(node.link_target);
    }
    node.attributes = read_attributes(parent.fd.get(), parent.name_on_disk(slot));
    parent.set_present(slot);
}

bool BackupWalk::keep_unchanged(Node& node, const Node* before) {
    if (before == nullptr || !is_unchanged(node, *before) || !before->content) return false;
    for (const Id& id : *before->content)
        if (!run_.has(BlobType::Data, id)) return false;
    // The change time tells of attributes, too.
    node.attributes = before->attributes;
    node.content = before->content;
    return true;
}

void BackupWalk::visit_file(const DirectoryPtr& parent, std::size_t slot) {
    Node& node = parent->nodes[slot];
    const Node* before = parent->find_before(node.name);
    if (keep_unchanged(node, before)) {
        parent->set_present(slot);
        ++run_.progress.files_unmodified;
        run_.progress.bytes += node.size;
        return;
    }
    fault::reach("vault.backup.file");
    os::UniqueFd fd = os::open_below(parent->fd.get(), parent->name_on_disk(slot), O_RDONLY, 0,
                                     os::Mounts::Cross);
    const struct stat status = os::look_at(fd.get());
    if (!S_ISREG(status.st_mode))
        throw Error(ErrorCategory::Unavailable, "ChangedWhileRead",
                    "it was replaced by something else while it was looked at");
    node = describe(std::move(node.name), status, parent->view);
    if (run_.options.with_atime) node.atime = ZonedTime::local(status.st_atim);
    node.attributes = read_attributes(fd.get());
    ++parent->unfinished;
    files_.save(std::move(fd), node, parent->path_of(node.name),
                before == nullptr ? FileSaver::Age::New : FileSaver::Age::Changed,
                [this, parent, slot](bool is_saved) {
                    if (is_saved) parent->set_present(slot);
                    finish(parent);
                });
}

Id BackupWalk::save_tree(Directory& directory) {
    Nodes present;
    present.reserve(directory.nodes.size());
    for (std::size_t i = 0; i < directory.nodes.size(); ++i)
        if (directory.is_present[i] != 0) present.push_back(std::move(directory.nodes[i]));
    directory.nodes = {};
    const bool is_same =
        directory.before && !directory.has_changed && directory.before->size() == present.size();
    directory.before.reset();
    return is_same ? directory.before_tree : run_.save(BlobType::Tree, encode_tree(present));
}

void BackupWalk::finish(DirectoryPtr directory) {
    while (directory && --directory->unfinished == 0) {
        const DirectoryPtr parent = directory->parent;
        directory->fd.reset(-1);
        if (run_.is_over()) {
            // Nobody reads what it would have become.
        } else if (directory->is_gate) {
            parent->nodes[directory->slot] = std::move(directory->nodes[0]);
            if (directory->is_present[0] != 0) parent->set_present(directory->slot);
        } else {
            const Id tree = save_tree(*directory);
            fault::reach("vault.backup.tree");
            if (!parent) {
                root_id_ = tree;
                return;
            }
            ++run_.progress.directories;
            directory->self.subtree = tree;
            parent->nodes[directory->slot] = std::move(directory->self);
            parent->set_present(directory->slot);
        }
        directory = parent;
    }
}

}  // namespace lifeboat::vault

#include "vault/backup_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/encoding.h"
#include "base/error.h"
#include "base/fault.h"
#include "os/directory.h"
#include "vault/content_reader.h"

namespace lifeboat::vault {
namespace {

constexpr std::size_t kMostWaiting = 64;
constexpr std::size_t kSlice = 64;
// Files from this size on are a task of their own.
constexpr std::uint64_t kBigFile = 1 << 20;
// Chunks that wait for a worker, besides those being worked on: 8 MiB each at most.
constexpr unsigned kMostChunksWaiting = 3;
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
    std::shared_ptr<Directory> parent;  // nullptr: the root
    std::size_t slot = 0;               // in the parent's nodes
    std::string path;                   // absolute; "" for the root
    unsigned depth = 0;
    // Where a path lies that the user named: its one node goes in the parent's slot, and no tree is
    // made of it. Paths with one parent in the snapshot may lie in several directories.
    bool is_gate = false;
    os::UniqueFd fd;
    Node self;
    Nodes nodes;  // sorted by name; those without a type that were left out are dropped
    std::vector<char> is_present;
    std::shared_ptr<const Nodes> before;  // of the parent snapshot; may be nullptr
    std::atomic<std::size_t> unfinished{1};

    std::string path_of(const std::string& name) const { return path + "/" + name; }
};

struct BackupWalk::File {
    std::shared_ptr<Directory> parent;
    std::size_t slot = 0;
    os::UniqueFd fd;
    std::mutex mutex;
    std::vector<Id> content;
    std::atomic<std::size_t> unfinished{1};
    std::atomic<bool> failed{false};
};

BackupWalk::BackupWalk(Repository& repository, BlobWriter& writer, const BackupOptions& options,
                       BackupProgress& progress, BackupReport& report, std::stop_token stop)
    : repository_(repository),
      writer_(writer),
      options_(options),
      progress_(progress),
      report_(report),
      stop_(std::move(stop)),
      chunker_(repository.polynomial()),
      pool_(options.workers, kMostWaiting) {
    os::raise_open_file_limit(kMostOpenFiles);
}

template <class Work>
void BackupWalk::guarded(const std::string& path, Work work) {
    try {
        work();
    } catch (const Error& error) {
        const std::scoped_lock lock(mutex_);
        report_.failures.push_back({path, error.what()});
    }
}

Id BackupWalk::save(BlobType type, std::string_view plain) {
    try {
        return writer_.save(type, plain);
    } catch (...) {
        const std::scoped_lock lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
        has_failed_ = true;
        throw;
    }
}

void BackupWalk::add_target(Target& root, const std::string& path) {
    namespace fs = std::filesystem;
    const fs::path absolute = fs::absolute(path).lexically_normal();
    const fs::path given = fs::path(path).lexically_normal();
    // As restic: "a/b" is named so from the root of the snapshot, "../b" is "b".
    Target* at = &root;
    bool any = false;
    fs::path here = given.is_absolute() ? fs::path("/") : fs::absolute(".").lexically_normal();
    const auto step = [&](const fs::path& part) {
        here /= part;
        at = &at->below[part.string()];
        at->path = here.string();
        any = true;
    };
    for (const fs::path& part : given.relative_path()) {
        if (part.empty() || part == ".") continue;
        if (part == "..") {
            here = (here / "..").lexically_normal();
            if (here.filename().empty() && here != "/") here = here.parent_path();
            continue;
        }
        step(part);
    }
    if (!any) {
        here = "/";
        for (const fs::path& part : absolute.relative_path())
            if (!part.empty()) step(part);
        if (at == &root) root.path = "/";
    }
    at->is_whole = true;
    std::string name = absolute.string();
    if (name.size() > 1 && name.back() == '/') name.pop_back();
    absolute_.push_back(std::move(name));
}

Id BackupWalk::run() {
    Target root;
    std::size_t absent = 0;
    for (const std::string& path : options_.paths) {
        struct stat status {};
        if (::lstat(path.c_str(), &status) != 0) {
            const std::scoped_lock lock(mutex_);
            report_.failures.push_back({path, error_from_errno(errno, "look at it").what()});
            ++absent;
        }
        add_target(root, path);
    }
    if (options_.paths.empty() || absent == options_.paths.size())
        throw Error(ErrorCategory::InvalidInput, "NothingToBackUp",
                    "none of the paths to back up is there");
    auto top = std::make_shared<Directory>();
    if (options_.parent) {
        Node node;
        node.subtree = options_.parent->tree;
        top->before = load_parent(&node);
    }
    if (root.is_whole) {
        top->fd = os::UniqueFd(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        top->self = node_of("/", os::look_at(top->fd.get()), names_);
        pool_.submit([this, top] {
            guarded("/", [&] { list(top); });
            finish(top);
        });
    } else {
        begin_partial(top, root);
        finish(top);
    }
    while (!pool_.wait_for(std::chrono::seconds(3600))) {
    }
    if (failure_) std::rethrow_exception(failure_);
    if (is_over())
        throw Error(ErrorCategory::Cancelled, "Cancelled",
                    "the backup was interrupted; what arrived is kept for the next one");
    return root_id_;
}

void BackupWalk::begin_partial(const std::shared_ptr<Directory>& directory, const Target& target) {
    directory->nodes.resize(target.below.size());
    directory->is_present.assign(target.below.size(), 0);
    std::size_t slot = 0;
    for (const auto& [name, below] : target.below) {
        directory->nodes[slot].name = name;
        begin_target(directory, slot++, below);
    }
}

void BackupWalk::begin_target(const std::shared_ptr<Directory>& parent, std::size_t slot,
                              const Target& target) {
    guarded(target.path, [&] {
        const std::filesystem::path path(target.path);
        const std::string above = path.parent_path().string();
        // What the user named may lie behind links; what lies below it is reached by handles.
        if (target.is_whole) {
            auto gate = std::make_shared<Directory>();
            gate->is_gate = true;
            gate->parent = parent;
            gate->slot = slot;
            gate->path = above == "/" ? "" : above;
            gate->fd = os::UniqueFd(::open(above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
            if (!gate->fd) throw error_from_errno(errno, "open '" + above + "'");
            gate->nodes.resize(1);
            gate->nodes[0].name = parent->nodes[slot].name;
            gate->is_present.assign(1, 0);
            gate->before = parent->before;
            ++parent->unfinished;
            // One that is absent is reported already.
            guarded(target.path, [&] { visit_name(gate, 0); });
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
        if (parent->before)
            directory->before = load_parent(find(*parent->before, directory->self.name));
        ++parent->unfinished;
        begin_partial(directory, target);
        finish(directory);
    });
}

std::shared_ptr<const BackupWalk::Nodes> BackupWalk::load_parent(const Node* node) {
    if (node == nullptr || !node->subtree) return nullptr;
    try {
        const auto codec = repository_.make_codec();
        auto nodes = std::make_shared<Nodes>(
            decode_tree(repository_.load_blob(BlobType::Tree, *node->subtree, *codec)));
        std::sort(nodes->begin(), nodes->end(),
                  [](const Node& a, const Node& b) { return a.name < b.name; });
        return nodes;
    } catch (const Error&) {
        // Without it files are read again; a check says what is wrong with it.
        return nullptr;
    }
}

void BackupWalk::begin_directory(const std::shared_ptr<Directory>& parent, std::size_t slot) {
    ++parent->unfinished;
    pool_.submit([this, parent, slot] {
        const std::string& name = parent->nodes[slot].name;
        auto directory = std::make_shared<Directory>();
        directory->parent = parent;
        directory->slot = slot;
        directory->path = parent->path_of(name);
        directory->depth = parent->depth + 1;
        bool listed = false;
        if (!is_over())
            guarded(directory->path, [&] {
                if (directory->depth > kMostDepth)
                    throw Error(
                        ErrorCategory::Unsupported, "TreeTooDeep",
                        "directories nest deeper than " + std::to_string(kMostDepth) + " levels");
                fault::reach("vault.backup.directory");
                directory->fd = os::open_below(parent->fd.get(), name, O_RDONLY | O_DIRECTORY, 0,
                                               os::Mounts::Cross);
                const struct stat now = os::look_at(directory->fd.get());
                directory->self = node_of(name, now, names_);
                directory->self.attributes = read_attributes(directory->fd.get());
                if (parent->before) directory->before = load_parent(find(*parent->before, name));
                const struct stat above = os::look_at(parent->fd.get());
                // A mount point is kept, empty; but for one the user named.
                if (!options_.one_file_system || parent->is_gate || above.st_dev == now.st_dev)
                    list(directory);
                listed = true;
            });
        if (!listed) {
            directory->fd.reset(-1);
            return finish(parent);
        }
        finish(directory);
    });
}

bool BackupWalk::is_cache(const Directory& directory, std::string& marker) const {
    for (const std::string& rule : options_.exclude_if_present) {
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

void BackupWalk::list(const std::shared_ptr<Directory>& directory) {
    std::string marker;
    const bool marker_only = is_cache(*directory, marker);
    std::vector<std::string> found;
    os::each_name(directory->fd.get(), [&](const std::string& name, unsigned char) {
        if (marker_only && name != marker) return true;
        if (options_.excludes.is_empty() || !options_.excludes.matches(directory->path_of(name)))
            found.push_back(name);
        return !is_over();
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
            for (std::size_t slot = first; slot < end && !is_over(); ++slot)
                guarded(directory->path_of(directory->nodes[slot].name),
                        [&] { visit_name(directory, slot); });
            finish(directory);
        });
    }
}

void BackupWalk::visit_name(const std::shared_ptr<Directory>& parent, std::size_t slot) {
    Node& node = parent->nodes[slot];
    const auto status = os::look_at(parent->fd.get(), node.name);
    if (!status) return;  // removed since it was listed
    if (S_ISDIR(status->st_mode)) return begin_directory(parent, slot);
    const std::string name = node.name;
    node = node_of(name, *status, names_);
    if (options_.with_atime) node.atime = ZonedTime::local(status->st_atim);
    if (node.type == NodeType::File) {
        if (node.size > options_.largest_file) return;
        if (node.size < kBigFile) return visit_file(parent, slot);
        ++parent->unfinished;
        pool_.submit([this, parent, slot] {
            if (!is_over())
                guarded(parent->path_of(parent->nodes[slot].name),
                        [&] { visit_file(parent, slot); });
            finish(parent);
        });
        return;
    }
    if (node.type == NodeType::Symlink) {
        node.link_target = os::read_link(parent->fd.get(), name);
        node.raw_link_target = !is_utf8(node.link_target);
    }
    node.attributes = read_attributes(parent->fd.get(), name);
    parent->is_present[slot] = 1;
}

void BackupWalk::visit_file(const std::shared_ptr<Directory>& parent, std::size_t slot) {
    Node& node = parent->nodes[slot];
    const Node* before = parent->before ? find(*parent->before, node.name) : nullptr;
    if (before != nullptr && is_unchanged(node, *before) && before->content &&
        std::all_of(before->content->begin(), before->content->end(),
                    [&](const Id& id) { return writer_.has(BlobType::Data, id); })) {
        // The change time tells of attributes, too.
        node.attributes = before->attributes;
        node.content = before->content;
        parent->is_present[slot] = 1;
        ++progress_.files_unmodified;
        progress_.bytes += node.size;
        return;
    }
    fault::reach("vault.backup.file");
    os::UniqueFd fd = os::open_below(parent->fd.get(), node.name, O_RDONLY, 0, os::Mounts::Cross);
    const struct stat status = os::look_at(fd.get());
    if (!S_ISREG(status.st_mode))
        throw Error(ErrorCategory::Unavailable, "ChangedWhileRead",
                    "it was replaced by something else while it was looked at");
    Node now = node_of(node.name, status, names_);
    if (options_.with_atime) now.atime = ZonedTime::local(status.st_atim);
    now.attributes = read_attributes(fd.get());
    node = std::move(now);
    read_file(parent, slot, std::move(fd), before);
}

void BackupWalk::read_file(const std::shared_ptr<Directory>& parent, std::size_t slot,
                           os::UniqueFd fd, const Node* before) {
    auto file = std::make_shared<File>();
    file->parent = parent;
    file->slot = slot;
    file->fd = std::move(fd);
    const Node& node = parent->nodes[slot];
    std::size_t number = 0;
    const bool is_big = node.size >= kBigFile;
    ++parent->unfinished;
    bool is_read = false;
    guarded(parent->path_of(node.name), [&] {
        const std::uint64_t size =
            read_chunks(file->fd.get(), node.size, chunker_, [&](std::string chunk) {
                if (is_over())
                    throw Error(ErrorCategory::Cancelled, "Cancelled", "it was not read whole");
                progress_.bytes += chunk.size();
                const std::size_t place = number++;
                if (!is_big || chunks_waiting_.load() >= kMostChunksWaiting)
                    return save_chunk(file, place, chunk);
                ++chunks_waiting_;
                ++file->unfinished;
                pool_.submit([this, file, place, chunk = std::move(chunk)] {
                    --chunks_waiting_;
                    guarded(file->parent->path_of(file->parent->nodes[file->slot].name), [&] {
                        try {
                            save_chunk(file, place, chunk);
                        } catch (...) {
                            file->failed = true;
                            throw;
                        }
                    });
                    finish(file);
                });
            });
        is_read = true;
        if (size != node.size) {
            const std::scoped_lock lock(mutex_);
            report_.changed.push_back(
                {parent->path_of(node.name), "its size changed from " + std::to_string(node.size) +
                                                 " to " + std::to_string(size) +
                                                 " bytes while it was read"});
            parent->nodes[slot].size = size;
        }
        ++(before == nullptr ? progress_.files_new : progress_.files_changed);
    });
    if (!is_read) file->failed = true;
    finish(file);
}

void BackupWalk::save_chunk(const std::shared_ptr<File>& file, std::size_t number,
                            const std::string& chunk) {
    const Id id = save(BlobType::Data, chunk);
    const std::scoped_lock lock(file->mutex);
    if (file->content.size() <= number) file->content.resize(number + 1);
    file->content[number] = id;
}

void BackupWalk::finish(const std::shared_ptr<File>& file) {
    if (--file->unfinished != 0) return;
    const std::shared_ptr<Directory> parent = file->parent;
    Node& node = parent->nodes[file->slot];
    if (!file->failed)
        guarded(parent->path_of(node.name), [&] {
            const struct stat now = os::look_at(file->fd.get());
            if (!(ZonedTime::local(now.st_mtim) == node.mtime) &&
                static_cast<std::uint64_t>(now.st_size) == node.size) {
                const std::scoped_lock lock(mutex_);
                report_.changed.push_back(
                    {parent->path_of(node.name), "it was written to while it was read"});
            }
            node.content = std::move(file->content);
            parent->is_present[file->slot] = 1;
        });
    file->fd.reset(-1);
    finish(parent);
}

void BackupWalk::finish(std::shared_ptr<Directory> directory) {
    while (directory && --directory->unfinished == 0) {
        directory->fd.reset(-1);
        if (is_over()) {
            directory = directory->parent;
            continue;
        }
        if (directory->is_gate) {
            directory->parent->nodes[directory->slot] = std::move(directory->nodes[0]);
            directory->parent->is_present[directory->slot] = directory->is_present[0];
            directory = directory->parent;
            continue;
        }
        Nodes present;
        present.reserve(directory->nodes.size());
        for (std::size_t i = 0; i < directory->nodes.size(); ++i)
            if (directory->is_present[i] != 0) present.push_back(std::move(directory->nodes[i]));
        directory->nodes = {};
        directory->before.reset();
        const Id tree = save(BlobType::Tree, encode_tree(present));
        fault::reach("vault.backup.tree");
        const std::shared_ptr<Directory> parent = directory->parent;
        if (!parent) {
            root_id_ = tree;
            return;
        }
        ++progress_.directories;
        directory->self.subtree = tree;
        parent->nodes[directory->slot] = std::move(directory->self);
        parent->is_present[directory->slot] = 1;
        directory = parent;
    }
}

}  // namespace lifeboat::vault

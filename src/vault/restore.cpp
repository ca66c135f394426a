#include "vault/restore.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <unordered_set>

#include "base/error.h"
#include "base/fault.h"
#include "mover/pool.h"
#include "mover/temporary.h"
#include "os/directory.h"
#include "vault/codec_pool.h"
#include "vault/restored_node.h"
#include "vault/tree.h"

namespace lifeboat::vault {
namespace {

constexpr std::size_t kMostWaiting = 64;
constexpr std::size_t kSlice = 64;
// Larger files are written by several workers.
constexpr std::uint64_t kPart = 4 << 20;
constexpr std::uint64_t kMostOpenFiles = 65536;
constexpr mode_t kTargetMode = 0700;

struct Directory {
    std::shared_ptr<Directory> parent;  // nullptr: the target
    Node node;
    std::string path;  // in the snapshot; "" for its root
    unsigned depth = 0;
    bool is_taken = false;
    std::vector<Node> nodes;
    std::mutex mutex;
    os::UniqueFd fd;      // opened at first need
    bool is_new = false;  // made by this restore, or by one that was killed
    std::atomic<std::size_t> unfinished{1};

    std::string path_of(const std::string& name) const { return path + "/" + name; }
};
using DirectoryPtr = std::shared_ptr<Directory>;

struct File {
    DirectoryPtr parent;
    const Node* node = nullptr;
    os::UniqueFd fd;
    os::UniqueFd old;  // what it replaces, for its blocks
    std::string temporary;
    std::atomic<std::size_t> unfinished{1};
    std::atomic<bool> failed{false};
};
using FilePtr = std::shared_ptr<File>;

struct Part {
    std::size_t first = 0, end = 0;
    std::uint64_t offset = 0;
};

bool is_zero(const std::string& bytes) {
    return bytes.empty() ||
           (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

void write_at(int fd, std::string_view bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
        const ssize_t done = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) throw error_from_errno(errno, "write the file");
        bytes.remove_prefix(static_cast<std::size_t>(done));
        offset += static_cast<std::uint64_t>(done);
    }
}

// The `size` bytes at `offset`, when they have this id.
std::optional<std::string> read_if(int fd, std::uint64_t offset, std::size_t size, const Id& id) {
    std::string bytes(size, '\0');
    for (std::size_t at = 0; at < size;) {
        const ssize_t got =
            ::pread(fd, bytes.data() + at, size - at, static_cast<off_t>(offset + at));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return std::nullopt;
        at += static_cast<std::size_t>(got);
    }
    if (Id::of(bytes) != id) return std::nullopt;
    return bytes;
}

class Restore {
  public:
    Restore(Repository& repository, const RestoreOptions& options, RestoreProgress& progress,
            std::stop_token stop)
        : repository_(repository),
          options_(options),
          progress_(progress),
          stop_(std::move(stop)),
          codecs_(repository),
          pool_(options.workers, kMostWaiting) {
        os::raise_open_file_limit(kMostOpenFiles);
    }

    std::vector<RestoreProblem> run() {
        auto root = std::make_shared<Directory>();
        root->is_taken = options_.includes.is_empty();
        root->nodes = decode_tree(codecs_.load(BlobType::Tree, options_.tree));
        if (!options_.dry_run) {
            if (::mkdir(options_.target.c_str(), kTargetMode) != 0 && errno != EEXIST)
                throw error_from_errno(errno, "make the directory '" + options_.target + "'");
            root->fd =
                os::UniqueFd(::open(options_.target.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
            if (!root->fd) throw error_from_errno(errno, "open '" + options_.target + "'");
            root_ = os::duplicate(root->fd.get());
        }
        begin(root);
        while (!pool_.wait_for(std::chrono::seconds(3600))) {
        }
        make_links();
        if (root_)
            guarded("/", [&] {
                if (::syncfs(root_.get()) != 0) throw error_from_errno(errno, "make it durable");
            });
        return std::move(problems_);
    }

  private:
    template <class Work>
    bool guarded(const std::string& path, Work work) {
        try {
            work();
            return true;
        } catch (const Error& error) {
            const std::scoped_lock lock(mutex_);
            problems_.push_back({path, error.what()});
            return false;
        }
    }

    bool takes(const std::string& path) const {
        return (options_.includes.is_empty() || options_.includes.matches_or_above(path)) &&
               !options_.excludes.matches_or_above(path);
    }

    void begin(const DirectoryPtr& directory) {
        for (std::size_t first = 0; first < directory->nodes.size(); first += kSlice) {
            ++directory->unfinished;
            pool_.submit([this, directory, first] {
                const std::size_t end = std::min(first + kSlice, directory->nodes.size());
                for (std::size_t i = first; i < end && !stop_.stop_requested(); ++i)
                    guarded(directory->path_of(directory->nodes[i].name),
                            [&] { visit(directory, directory->nodes[i]); });
                finish(directory);
            });
        }
        finish(directory);
    }

    // The directory at the target, made when it is not there.
    int handle(Directory& directory) {
        const std::scoped_lock lock(directory.mutex);
        if (directory.fd) return directory.fd.get();
        const int above = handle(*directory.parent);
        const std::string& name = directory.node.name;
        const auto there = os::look_at(above, name);
        if (there && !S_ISDIR(there->st_mode)) {
            if (options_.overwrite != Overwrite::Always)
                throw Error(ErrorCategory::AlreadyExists, "InTheWay",
                            "something that is no directory is in its place");
            remove_below(above, name);
        }
        if (::mkdirat(above, name.c_str(), mover::kUnfinishedDirectory) != 0 && errno != EEXIST)
            throw error_from_errno(errno, "make the directory");
        fault::reach("vault.restore.directory");
        os::UniqueFd fd = os::open_below(above, name, O_RDONLY | O_DIRECTORY, 0, os::Mounts::Cross);
        directory.is_new = mover::is_unfinished(os::look_at(fd.get()).st_mode & 07777);
        directory.fd = std::move(fd);
        return directory.fd.get();
    }

    static void require_name(const std::string& name) {
        if (name.empty() || name == "." || name == ".." ||
            name.find_first_of(std::string_view("/\0", 2)) != std::string::npos)
            throw Error(ErrorCategory::Corruption, "InvalidName",
                        "the snapshot gives a name that is not one file's; it is refused");
    }

    void visit(const DirectoryPtr& parent, const Node& node) {
        require_name(node.name);
        const std::string path = parent->path_of(node.name);
        const bool is_taken = takes(path);
        if (node.type == NodeType::Directory) {
            if (is_taken || (!options_.excludes.matches_or_above(path) &&
                             options_.includes.may_match_below(path)))
                enter(parent, node, path, is_taken);
            return;
        }
        if (!is_taken) return;
        if (node.type == NodeType::File) return visit_file(parent, node);
        const bool is_device = node.type == NodeType::Device || node.type == NodeType::CharDevice;
        const bool makes = node.type == NodeType::Symlink || node.type == NodeType::Fifo ||
                           (is_device && options_.makes_devices);
        if (!makes) {
            ++progress_.skipped;
            return;
        }
        ++progress_.others;
        if (!options_.dry_run) make_special(*parent, node);
    }

    void enter(const DirectoryPtr& parent, const Node& node, const std::string& path,
               bool is_taken) {
        if (!node.subtree || parent->depth >= kMostDepth)
            throw Error(ErrorCategory::Corruption, "InvalidTree",
                        "the directory has no tree, or they nest without end");
        auto directory = std::make_shared<Directory>();
        directory->parent = parent;
        directory->node = node;
        directory->path = path;
        directory->depth = parent->depth + 1;
        directory->is_taken = is_taken;
        ++parent->unfinished;
        pool_.submit([this, directory] {
            const bool entered = guarded(directory->path, [&] {
                directory->nodes =
                    decode_tree(codecs_.load(BlobType::Tree, *directory->node.subtree));
                if (directory->is_taken) {
                    ++progress_.others;
                    if (!options_.dry_run) handle(*directory);
                }
            });
            if (entered)
                begin(directory);
            else
                finish(directory->parent);
        });
    }

    // May what is there be replaced?
    bool replaces(const struct stat& there, const Node& node) const {
        if (options_.overwrite == Overwrite::Never) return false;
        if (options_.overwrite == Overwrite::Always) return true;
        return ZonedTime{there.st_mtim.tv_sec, static_cast<std::int32_t>(there.st_mtim.tv_nsec),
                         0} < node.mtime;
    }

    void make_special(Directory& parent, const Node& node) {
        const int directory = handle(parent);
        if (const auto there = os::look_at(directory, node.name)) {
            if (!replaces(*there, node)) return;
            if (S_ISDIR(there->st_mode))
                throw Error(ErrorCategory::AlreadyExists, "InTheWay",
                            "a directory is in its place; move it away");
            remove_below(directory, node.name);
        }
        if (node.type == NodeType::Symlink) {
            if (::symlinkat(node.link_target.c_str(), directory, node.name.c_str()) != 0)
                throw error_from_errno(errno, "make the link");
        } else {
            const mode_t type = node.type == NodeType::Fifo     ? S_IFIFO
                                : node.type == NodeType::Device ? S_IFBLK
                                                                : S_IFCHR;
            if (::mknodat(directory, node.name.c_str(), type | 0600,
                          static_cast<dev_t>(node.device)) != 0)
                throw error_from_errno(errno, "make the special file");
        }
        apply_node(directory, node.name, node, options_);
    }

    // Only one of a file's names is written; the others become links to it at the end.
    bool is_another_name(const DirectoryPtr& parent, const Node& node) {
        if (node.links < 2) return false;
        const std::scoped_lock lock(mutex_);
        const auto [first, is_new] = first_names_.try_emplace(std::pair(node.device_id, node.inode),
                                                              parent->path_of(node.name));
        if (is_new) return false;
        links_.push_back({first->second, parent, node.name});
        return true;
    }

    void visit_file(const DirectoryPtr& parent, const Node& node) {
        if (!node.content)
            throw Error(ErrorCategory::Corruption, "InvalidTree", "the file has no content list");
        if (is_another_name(parent, node)) {
            if (!options_.dry_run) handle(*parent);
            return;
        }
        if (options_.dry_run) {
            ++progress_.files;
            progress_.bytes += node.size;
            return;
        }
        std::vector<Part> parts = split(node);
        auto file = std::make_shared<File>();
        file->parent = parent;
        file->node = &node;
        if (!open(*file)) return;
        if (::ftruncate(file->fd.get(), static_cast<off_t>(node.size)) != 0) {
            file->failed = true;
            discard(*file);
            throw error_from_errno(errno, "set the size");
        }
        ++parent->unfinished;
        for (std::size_t i = 1; i < parts.size(); ++i) {
            ++file->unfinished;
            pool_.submit([this, file, part = parts[i]] {
                write_part(*file, part);
                finish(file);
            });
        }
        if (!parts.empty()) write_part(*file, parts[0]);
        finish(file);
    }

    std::uint64_t plain_size(const Id& id) const {
        const auto found = repository_.index().find(BlobType::Data, id);
        if (found.pack == nullptr)
            throw Error(ErrorCategory::NotFound, "BlobNotFound",
                        "no pack holds its blob " + id.hex());
        return found.place->plain_length != 0 ? found.place->plain_length
                                              : found.place->length - kSealOverhead;
    }

    std::vector<Part> split(const Node& node) const {
        std::vector<Part> parts;
        std::uint64_t offset = 0;
        for (std::size_t i = 0; i < node.content->size(); ++i) {
            if (parts.empty() || offset - parts.back().offset >= kPart)
                parts.push_back({i, i, offset});
            parts.back().end = i + 1;
            offset += plain_size((*node.content)[i]);
        }
        if (offset != node.size)
            throw Error(ErrorCategory::Corruption, "InvalidTree",
                        "its blobs hold " + std::to_string(offset) + " bytes, it should be " +
                            std::to_string(node.size));
        return parts;
    }

    // false: nothing is to be written.
    bool open(File& file) {
        const Node& node = *file.node;
        const int directory = handle(*file.parent);
        const auto there = os::look_at(directory, node.name);
        if (there && S_ISDIR(there->st_mode))
            throw Error(ErrorCategory::AlreadyExists, "InTheWay",
                        "a directory is in its place; move it away");
        const bool is_equal = there && S_ISREG(there->st_mode) &&
                              static_cast<std::uint64_t>(there->st_size) == node.size &&
                              there->st_mtim.tv_sec == node.mtime.seconds &&
                              there->st_mtim.tv_nsec == node.mtime.nanoseconds;
        if (is_equal && (!options_.verifies || is_whole_below(directory, node))) {
            ++progress_.files;
            ++progress_.unchanged;
            if (there->st_nlink == 1 && options_.overwrite == Overwrite::Always)
                apply_node(os::open_below(directory, node.name, O_RDONLY).get(), node, options_);
            return false;
        }
        if (there && !replaces(*there, node)) return false;
        if (there && S_ISREG(there->st_mode))
            file.old = os::open_below(directory, node.name, O_RDONLY);
        file.temporary = ".lifeboat-" + Id::of(file.parent->path_of(node.name)).brief() + ".part";
        ::unlinkat(directory, file.temporary.c_str(), 0);
        fault::reach("vault.restore.file");
        file.fd = os::open_below(directory, file.temporary, O_RDWR | O_CREAT | O_EXCL, 0600);
        return true;
    }

    bool is_whole_below(int directory, const Node& node) {
        const os::UniqueFd fd = os::open_below(directory, node.name, O_RDONLY);
        return is_whole(fd.get(), node);
    }
    bool is_whole(int fd, const Node& node) const {
        std::uint64_t offset = 0;
        for (const Id& id : *node.content) {
            const std::uint64_t size = plain_size(id);
            if (!read_if(fd, offset, size, id)) return false;
            offset += size;
        }
        return true;
    }

    void write_part(File& file, const Part& part) {
        const Node& node = *file.node;
        const bool done = guarded(file.parent->path_of(node.name), [&] {
            std::uint64_t offset = part.offset;
            for (std::size_t i = part.first; i < part.end; ++i) {
                if (stop_.stop_requested())
                    throw Error(ErrorCategory::Cancelled, "Cancelled", "it was interrupted");
                const Id& id = (*node.content)[i];
                const std::uint64_t size = plain_size(id);
                auto bytes = file.old ? read_if(file.old.get(), offset, size, id) : std::nullopt;
                if (bytes)
                    progress_.reused += size;
                else
                    bytes = codecs_.load(BlobType::Data, id);
                if (bytes->size() != size)
                    throw Error(ErrorCategory::Corruption, "WrongContent",
                                "blob " + id.hex() + " is not as long as the index says");
                if (!is_zero(*bytes)) write_at(file.fd.get(), *bytes, offset);
                progress_.bytes += size;
                offset += size;
            }
        });
        if (!done) file.failed = true;
    }

    void discard(File& file) { ::unlinkat(handle(*file.parent), file.temporary.c_str(), 0); }

    void finish(const FilePtr& file) {
        if (--file->unfinished != 0) return;
        const Node& node = *file->node;
        guarded(file->parent->path_of(node.name), [&] {
            if (file->failed) return discard(*file);
            if (options_.verifies && !is_whole(file->fd.get(), node)) {
                discard(*file);
                throw Error(ErrorCategory::Corruption, "WrongContent",
                            "what was written does not read back as it should");
            }
            // Its content is worth having whatever cannot be set.
            guarded(file->parent->path_of(node.name),
                    [&] { apply_node(file->fd.get(), node, options_); });
            const int directory = handle(*file->parent);
            fault::reach("vault.restore.before-rename");
            if (::renameat(directory, file->temporary.c_str(), directory, node.name.c_str()) != 0) {
                const Error failure = error_from_errno(errno, "put it in its place");
                discard(*file);
                throw failure;
            }
            ++progress_.files;
        });
        file->fd.reset(-1);
        finish(file->parent);
    }

    void finish(DirectoryPtr directory) {
        while (directory && --directory->unfinished == 0) {
            guarded(directory->path, [&] { leave(*directory); });
            directory->fd.reset(-1);
            directory->nodes = {};
            directory = directory->parent;
        }
    }

    void leave(Directory& directory) {
        if (!directory.fd || stop_.stop_requested()) return;
        if (options_.deletes_extra && directory.is_taken) remove_extra(directory);
        if (sets_metadata(directory)) apply_node(directory.fd.get(), directory.node, options_);
    }

    bool sets_metadata(const Directory& directory) const {
        return directory.parent && (directory.is_new || options_.overwrite == Overwrite::Always);
    }

    void remove_extra(Directory& directory) {
        std::unordered_set<std::string> wanted;
        for (const Node& node : directory.nodes)
            wanted.insert(node.name);
        std::vector<std::string> extra;
        os::each_name(directory.fd.get(), [&](const std::string& name, unsigned char) {
            const bool is_ours = directory.parent == nullptr && name == kRestoreMark;
            if (!wanted.contains(name) && !is_ours &&
                !options_.excludes.matches_or_above(directory.path_of(name)))
                extra.push_back(name);
            return true;
        });
        for (const std::string& name : extra)
            progress_.removed += remove_below(directory.fd.get(), name);
    }

    struct Link {
        std::string first;  // path of the name that was written
        DirectoryPtr directory;
        std::string name;
    };

    static std::pair<std::string, std::string> split_path(const std::string& path) {
        const auto slash = path.rfind('/');
        return {path.substr(0, slash), path.substr(slash + 1)};
    }

    void make_links() {
        for (const Link& link : links_)
            guarded(link.directory->path_of(link.name), [&] {
                ++progress_.files;
                if (options_.dry_run) return;
                const auto [above, name] = split_path(link.first);
                const os::UniqueFd from =
                    os::open_directory_below(root_.get(), above, std::nullopt, os::Mounts::Cross);
                const os::UniqueFd to = os::open_directory_below(root_.get(), link.directory->path,
                                                                 std::nullopt, os::Mounts::Cross);
                const auto first = os::look_at(from.get(), name);
                const auto there = os::look_at(to.get(), link.name);
                if (first && there && os::is_same_file(*first, *there)) return;
                if (there && options_.overwrite != Overwrite::Always) return;
                if (there) remove_below(to.get(), link.name);
                if (::linkat(from.get(), name.c_str(), to.get(), link.name.c_str(), 0) != 0)
                    throw error_from_errno(errno, "link it to '" + link.first + "'");
                if (sets_metadata(*link.directory))
                    apply_node(to.get(), link.directory->node, options_);
            });
    }

    Repository& repository_;
    const RestoreOptions& options_;
    RestoreProgress& progress_;
    std::stop_token stop_;
    CodecPool codecs_;
    os::UniqueFd root_;
    std::mutex mutex_;  // over what follows
    std::vector<RestoreProblem> problems_;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> first_names_;
    std::vector<Link> links_;
    mover::Pool pool_;  // last: its workers end before what they use
};

}  // namespace

std::vector<RestoreProblem> restore(Repository& repository, const RestoreOptions& options,
                                    RestoreProgress& progress, const std::stop_token& stop) {
    return Restore(repository, options, progress, stop).run();
}

}  // namespace lifeboat::vault

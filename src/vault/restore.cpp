#include "vault/restore.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tuple>

#include "base/error.h"
#include "mover/pool.h"
#include "mover/temporary.h"
#include "os/directory.h"
#include "os/open_files.h"
#include "vault/codec_pool.h"
#include "vault/file_restorer.h"
#include "vault/restore_run.h"
#include "vault/restored_directory.h"
#include "vault/restored_node.h"
#include "vault/tree.h"

namespace lifeboat::vault {
namespace {

constexpr std::size_t kMostWaiting = 64;
// Names of a directory that one worker takes at a time.
constexpr std::size_t kSlice = 256;
constexpr std::uint64_t kMostOpenFiles = 65536;
constexpr mode_t kTargetMode = 0700;

using DirectoryPtr = std::shared_ptr<RestoredDirectory>;
using Batch = FileRestorer::Batch;

class Restore {
  public:
    Restore(Repository& repository, const RestoreOptions& options, RestoreProgress& progress,
            std::stop_token stop)
        : run_(options, progress, std::move(stop), repository.random()),
          codecs_(repository),
          files_(run_, repository, codecs_, pool_,
                 [this](const DirectoryPtr& directory) { finish(directory); }),
          pool_(options.workers, kMostWaiting) {
        os::raise_open_file_limit(kMostOpenFiles);
    }

    RestoreReport run() {
        std::vector<Node> nodes = codecs_.load_tree(run_.options.tree);
        auto root =
            std::make_shared<RestoredDirectory>(open_target(), run_.options.includes.is_empty());
        root->nodes = std::move(nodes);
        if (root->opened() >= 0) root_ = os::duplicate(root->opened());
        root->remove_strays(run_);
        begin(root);
        while (!pool_.wait_for(std::chrono::seconds(3600))) {
        }
        make_links();
        finish_target();
        if (root_ && !run_.options.dry_run)
            run_.guarded("/", [&] {
                if (::syncfs(root_.get()) != 0) throw error_from_errno(errno, "make it durable");
            });
        return run_.take_report();
    }

  private:
    // None in a dry run when it is not there.
    os::UniqueFd open_target() const {
        const char* target = run_.options.target.c_str();
        if (!run_.options.dry_run && ::mkdir(target, kTargetMode) != 0 && errno != EEXIST)
            throw error_from_errno(errno, "make the directory '" + run_.options.target + "'");
        os::UniqueFd fd(::open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!fd && !(run_.options.dry_run && errno == ENOENT))
            throw error_from_errno(errno, "open '" + run_.options.target + "'");
        return fd;
    }

    void finish_target() {
        const RestoreOptions& options = run_.options;
        if (!root_ || !options.top || options.dry_run || run_.is_stopped() ||
            options.overwrite == Overwrite::Never)
            return;
        run_.guarded("/", [&] { apply_node(root_.get(), *options.top, options); });
    }

    void begin(const DirectoryPtr& directory) {
        for (std::size_t first = 0; first < directory->nodes.size(); first += kSlice) {
            ++directory->unfinished;
            pool_.submit([this, directory, first] {
                const std::size_t end = std::min(first + kSlice, directory->nodes.size());
                Batch batch;
                for (std::size_t i = first; i < end && !run_.is_stopped(); ++i)
                    run_.guarded(directory->path_of(directory->nodes[i].name),
                                 [&] { visit(directory, directory->nodes[i], batch); });
                files_.write(batch);
                finish(directory);
            });
        }
        finish(directory);
    }

    static void require_name(const std::string& name) {
        if (name.empty() || name == "." || name == ".." ||
            name.find_first_of(std::string_view("/\0", 2)) != std::string::npos)
            throw Error(ErrorCategory::Corruption, "InvalidName",
                        "the snapshot gives a name that is not one file's; it is refused");
    }

    void visit(const DirectoryPtr& parent, const Node& node, Batch& batch) {
        require_name(node.name);
        const std::string path = parent->path_of(node.name);
        const bool is_taken = run_.options.takes(path);
        if (node.type == NodeType::Directory) {
            if (is_taken || run_.options.may_take_below(path)) enter(parent, node, path, is_taken);
            return;
        }
        if (!is_taken) return;
        if (node.type == NodeType::File) {
            if (is_another_name(parent, node)) return;
            if (FileRestorer::is_large(node)) return begin_large(parent, node);
            files_.begin(parent, node, batch);
            return;
        }
        const bool is_device = node.type == NodeType::Device || node.type == NodeType::CharDevice;
        const bool makes = node.type == NodeType::Symlink || node.type == NodeType::Fifo ||
                           (is_device && run_.options.makes_devices);
        if (!makes) {
            ++run_.progress.skipped;
            return;
        }
        ++run_.progress.others;
        if (!run_.options.dry_run) make_special(*parent, node);
    }

    void enter(const DirectoryPtr& parent, const Node& node, const std::string& path,
               bool is_taken) {
        if (!node.subtree || parent->depth >= kMostDepth)
            throw Error(ErrorCategory::Corruption, "InvalidTree",
                        "the directory has no tree, or they nest without end");
        auto directory = std::make_shared<RestoredDirectory>(parent, node, path, is_taken);
        ++parent->unfinished;
        pool_.submit([this, directory] {
            const bool entered = run_.guarded(directory->path, [&] {
                directory->nodes = codecs_.load_tree(*directory->node.subtree);
                if (!directory->is_taken) return;
                ++run_.progress.others;
                directory->handle(run_.options);
                directory->remove_strays(run_);
            });
            if (entered)
                begin(directory);
            else
                finish(directory->parent);
        });
    }

    void begin_large(const DirectoryPtr& parent, const Node& node) {
        ++parent->unfinished;
        pool_.submit([this, parent, &node] {
            if (!run_.is_stopped())
                run_.guarded(parent->path_of(node.name), [&] {
                    Batch stays_empty;
                    files_.begin(parent, node, stays_empty);
                });
            finish(parent);
        });
    }

    void make_special(RestoredDirectory& parent, const Node& node) {
        const int directory = parent.handle(run_.options);
        if (const auto there = os::look_at(directory, node.name)) {
            if (!files_.replaces(*there, node)) return;
            if (S_ISDIR(there->st_mode)) throw directory_in_the_way();
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
        apply_node(directory, node.name, node, run_.options);
    }

    // The same number may stand for two files: of file systems that were not told apart, or one
    // after the other. So what they hold counts, too.
    using FileKey = std::tuple<std::uint64_t, std::uint64_t, Id>;
    static FileKey key_of(const Node& node) {
        const std::vector<Id> content = node.content.value_or(std::vector<Id>());
        return {
            node.device_id, node.inode,
            Id::of({reinterpret_cast<const char*>(content.data()), content.size() * sizeof(Id)})};
    }

    bool is_another_name(const DirectoryPtr& parent, const Node& node) {
        if (node.links < 2) return false;
        const std::scoped_lock lock(mutex_);
        const auto [first, is_new] = first_names_.try_emplace(key_of(node));
        if (is_new) first->second = std::make_shared<std::string>(parent->path_of(node.name));
        if (is_new) return false;
        links_.push_back({first->second, parent, node});
        if (!run_.options.dry_run) parent->handle(run_.options);
        return true;
    }

    void finish(DirectoryPtr directory) {
        while (directory && --directory->unfinished == 0) {
            run_.guarded(directory->path, [&] { leave(*directory); });
            directory->close();
            directory = directory->parent;
        }
    }

    void leave(RestoredDirectory& directory) {
        if (directory.opened() < 0 || run_.is_stopped()) return;
        if (run_.options.deletes_extra && directory.is_taken && !directory.is_fresh())
            remove_extra(directory);
        if (directory.sets_metadata(run_.options) && !run_.options.dry_run)
            apply_node(directory.opened(), directory.node, run_.options);
    }

    void remove_extra(const RestoredDirectory& directory) {
        for (const std::string& name : directory.extra_names(run_.options)) {
            run_.progress.removed += run_.options.dry_run ? count_below(directory.opened(), name)
                                                          : remove_below(directory.opened(), name);
            run_.tell_extra(directory.path_of(name));
        }
    }

    struct Link {
        std::shared_ptr<std::string> first;  // path of the name that has the content
        DirectoryPtr directory;
        Node node;
    };

    static std::pair<std::string, std::string> split_path(const std::string& path) {
        const auto slash = path.rfind('/');
        return {path.substr(0, slash), path.substr(slash + 1)};
    }

    void make_links() {
        for (const Link& link : links_)
            run_.guarded(link.directory->path_of(link.node.name), [&] {
                if (run_.options.dry_run) {
                    ++run_.progress.files;
                    return;
                }
                const os::UniqueFd to = os::open_directory_below(root_.get(), link.directory->path,
                                                                 std::nullopt, os::Mounts::Cross);
                make_link(link, to);
                if (link.directory->sets_metadata(run_.options))
                    apply_node(to.get(), link.directory->node, run_.options);
            });
    }

    // Does that name have what the snapshot has in it? A file system that keeps times less exactly
    // does not tell; the content does.
    bool holds(const os::UniqueFd& directory, const std::string& name, const struct stat& there,
               const Node& node) const {
        if (FileRestorer::is_equal(there, node)) return true;
        if (!S_ISREG(there.st_mode) || static_cast<std::uint64_t>(there.st_size) != node.size)
            return false;
        return files_.is_whole(os::open_below(directory.get(), name, O_RDONLY).get(), node);
    }

    void make_link(const Link& link, const os::UniqueFd& to) {
        const auto [above, first_name] = split_path(*link.first);
        os::UniqueFd from;
        std::optional<struct stat> first;
        try {
            from = os::open_directory_below(root_.get(), above, std::nullopt, os::Mounts::Cross);
            first = os::look_at(from.get(), first_name);
        } catch (const Error&) {
            // Its directory failed, which is in the report.
        }
        // It failed, or what was there stays.
        if (!first || !holds(from, first_name, *first, link.node)) return write_link(link, to);
        const auto there = os::look_at(to.get(), link.node.name);
        if (there && !os::is_same_file(*first, *there)) {
            if (!files_.replaces(*there, link.node)) return;
            if (S_ISDIR(there->st_mode)) throw directory_in_the_way();
        }
        ++run_.progress.files;
        if (there && os::is_same_file(*first, *there)) return;
        mover::Temporary temporary(to.get(), run_.names.next());
        if (::linkat(from.get(), first_name.c_str(), to.get(), temporary.name().c_str(), 0) != 0)
            throw error_from_errno(errno, "link it to '" + *link.first + "'");
        temporary.publish(link.node.name);
    }

    // As a file of its own, which later names are linked to.
    void write_link(const Link& link, const os::UniqueFd& to) {
        auto directory = std::make_shared<RestoredDirectory>(os::duplicate(to.get()), false,
                                                             link.directory->path);
        Batch batch;
        files_.begin(directory, link.node, batch);
        files_.write(batch);
        while (!pool_.wait_for(std::chrono::seconds(3600))) {
        }
        *link.first = link.directory->path_of(link.node.name);
    }

    RestoreRun run_;
    CodecPool codecs_;
    os::UniqueFd root_;
    std::mutex mutex_;  // over what follows
    std::map<FileKey, std::shared_ptr<std::string>> first_names_;
    std::vector<Link> links_;
    FileRestorer files_;
    mover::Pool pool_;  // last: its workers end before what they use
};

}  // namespace

bool RestoreOptions::takes(const std::string& path) const {
    return (includes.is_empty() || includes.matches_or_above(path)) &&
           !excludes.matches_or_above(path);
}

bool RestoreOptions::may_take_below(const std::string& path) const {
    return !excludes.matches_or_above(path) && includes.may_match_below(path);
}

RestoreReport restore(Repository& repository, const RestoreOptions& options,
                      RestoreProgress& progress, const std::stop_token& stop) {
    return Restore(repository, options, progress, stop).run();
}

}  // namespace lifeboat::vault

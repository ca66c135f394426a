// The walk of a backup: from the paths the user named down to the last file.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "mover/pool.h"
#include "os/unique_fd.h"
#include "vault/backup.h"
#include "vault/chunker.h"
#include "vault/node_reader.h"

namespace lifeboat::vault {

class BackupWalk {
  public:
    BackupWalk(Repository& repository, BlobWriter& writer, const BackupOptions& options,
               BackupProgress& progress, BackupReport& report, std::stop_token stop);

    // The root tree. Throws Cancelled; what escapes from the store.
    Id run();
    // The paths as the snapshot names them: absolute.
    const std::vector<std::string>& absolute_paths() const { return absolute_; }

  private:
    // Names above what the user named, and those.
    struct Target {
        std::map<std::string, Target> below;
        std::string path;
        bool is_whole = false;
    };
    struct Directory;
    struct File;
    using Nodes = std::vector<Node>;

    void add_target(Target& root, const std::string& path);
    void begin_target(const std::shared_ptr<Directory>& parent, std::size_t slot,
                      const Target& target);
    void begin_partial(const std::shared_ptr<Directory>& directory, const Target& target);
    void visit_name(const std::shared_ptr<Directory>& parent, std::size_t slot);
    void begin_directory(const std::shared_ptr<Directory>& parent, std::size_t slot);
    void list(const std::shared_ptr<Directory>& directory);
    void visit_file(const std::shared_ptr<Directory>& parent, std::size_t slot);
    void read_file(const std::shared_ptr<Directory>& parent, std::size_t slot, os::UniqueFd fd,
                   const Node* before);
    void save_chunk(const std::shared_ptr<File>& file, std::size_t number,
                    const std::string& chunk);
    void finish(const std::shared_ptr<File>& file);
    void finish(std::shared_ptr<Directory> directory);
    bool is_cache(const Directory& directory, std::string& marker) const;
    // A store that fails ends the backup; a source that fails is reported.
    Id save(BlobType type, std::string_view plain);
    bool is_over() const { return stop_.stop_requested() || has_failed_.load(); }
    std::shared_ptr<const Nodes> load_parent(const Node* node);
    template <class Work>
    void guarded(const std::string& path, Work work);

    Repository& repository_;
    BlobWriter& writer_;
    const BackupOptions& options_;
    BackupProgress& progress_;
    BackupReport& report_;
    std::stop_token stop_;
    Chunker chunker_;
    OwnerNames names_;
    std::vector<std::string> absolute_;
    std::mutex mutex_;  // over report_ and failure_
    std::exception_ptr failure_;
    std::atomic<bool> has_failed_{false};
    std::atomic<unsigned> chunks_waiting_{0};
    Id root_id_;
    mover::Pool pool_;  // last: its workers end before what they use
};

}  // namespace lifeboat::vault

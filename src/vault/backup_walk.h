// The walk of a backup: from the paths the user named down to the last file.
//
// A directory in which everything is as the parent snapshot has it keeps that one's tree, which is
// then neither written out nor hashed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mover/pool.h"
#include "vault/backup_run.h"
#include "vault/backup_target.h"
#include "vault/codec_pool.h"
#include "vault/file_saver.h"
#include "vault/node_reader.h"
#include "vault/source_views.h"

namespace lifeboat::vault {

class BackupWalk {
  public:
    // What is referred to outlives it.
    BackupWalk(Repository& repository, BackupRun& run);

    // The root tree. Throws Cancelled; what escapes from the store.
    Id run();
    // The paths as the snapshot names them: absolute.
    const std::vector<std::string>& absolute_paths() const { return absolute_; }

  private:
    struct Directory;
    using DirectoryPtr = std::shared_ptr<Directory>;
    using Nodes = std::vector<Node>;

    BackupTarget read_targets();
    void begin_target(const DirectoryPtr& parent, std::size_t slot, const BackupTarget& target);
    void begin_partial(const DirectoryPtr& directory, const BackupTarget& target);
    void visit_name(const DirectoryPtr& parent, std::size_t slot);
    void begin_directory(const DirectoryPtr& parent, std::size_t slot);
    void enter(const DirectoryPtr& directory);
    void list(const DirectoryPtr& directory);
    void visit_file(const DirectoryPtr& parent, std::size_t slot);
    void visit_device(const DirectoryPtr& parent, std::size_t slot);
    void visit_special(Directory& parent, std::size_t slot);
    bool keep_unchanged(Node& node, const Node* before);
    void finish(DirectoryPtr directory);
    Id save_tree(Directory& directory);
    bool is_cache(const Directory& directory, std::string& marker) const;
    const SourceView* view_of(const std::string& target) const;
    // `view` is where it was looked at; may be nullptr.
    Node describe(std::string name, const struct stat& status, const SourceView* view);
    // Both nullptr when the snapshot before has none.
    void load_before(Directory& directory, const Node* node);

    BackupRun& run_;
    CodecPool codecs_;
    OwnerNames names_;
    std::vector<std::string> absolute_;
    Id root_id_;
    FileSaver files_;
    mover::Pool pool_;  // last: its workers end before what they use
};

}  // namespace lifeboat::vault

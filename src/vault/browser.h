// Looks into the snapshots of a repository for many threads at once, with bounded memory: the
// folders they are shown in, the directories in them, and bytes of their files.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string_view>
#include <vector>

#include "vault/blob_reader.h"
#include "vault/bytes.h"
#include "vault/file_content.h"
#include "vault/loading_cache.h"
#include "vault/read_ahead.h"
#include "vault/snapshot_watch.h"
#include "vault/tree_listing.h"

namespace lifeboat::vault {

struct BrowserOptions {
    SnapshotFilter filter;
    std::chrono::seconds look_every{5};  // at the list of snapshots
    // Of what was read and may be asked for again, in bytes.
    std::size_t data_room = 64 << 20;
    std::size_t tree_room = 64 << 20;
};

// A file that somebody reads.
class BrowsedFile {
  public:
    BrowsedFile(const Node& node, const BlobReader& blobs) : content(node, blobs) {}
    const FileContent content;

    // Notes that this range is read. Is the file read from one end to the other? Thread-safe;
    // requests of one reader may arrive in another order than he made them.
    bool is_read_in_order(std::uint64_t offset, std::uint64_t length);
    // False when the same was said last.
    bool reaches(std::size_t blob) { return reached_.exchange(blob) != blob; }

  private:
    std::atomic<std::uint64_t> last_end_{0};
    std::atomic<unsigned> in_order_{0};
    std::atomic<std::size_t> reached_{0};
};

class Browser {
  public:
    // Lists the snapshots and reads the index. What is referred to outlives this, and the
    // repository's index is read and changed by this alone meanwhile.
    Browser(Repository& repository, const Clock& clock, const BrowserOptions& options = {});

    // All are thread-safe.

    std::shared_ptr<const SnapshotFolders> folders() { return watch_.folders(); }
    // Throws NotFound, Corruption, what the store throws.
    std::shared_ptr<const TreeListing> listing(const Id& tree);
    // Throws Corruption for a file that cannot be whole.
    std::unique_ptr<BrowsedFile> open(const Node& node) const;
    // The bytes stay as long as the part.
    struct Part {
        std::shared_ptr<const Bytes> blob;
        std::string_view bytes;
    };
    // The range, as far as the file goes. Throws as listing() does, within the blob's name.
    std::vector<Part> read(BrowsedFile& file, std::uint64_t offset, std::uint64_t length);

  private:
    std::shared_ptr<const Bytes> blob(const Id& id);
    void read_ahead(const FileContent& content, std::size_t next);

    BlobReader blobs_;
    SnapshotWatch watch_;
    LoadingCache<TreeListing> trees_;
    LoadingCache<Bytes> data_;
    ReadAhead ahead_;  // last: its threads use the rest
};

}  // namespace lifeboat::vault

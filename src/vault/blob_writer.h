// Gathers blobs into packs of about 16 MiB and writes each pack when it is full. What is in the
// repository already is not written again. The index of what was written follows regularly, so
// that little is written twice after a crash.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "vault/repository.h"
#include "vault/spares.h"

namespace lifeboat::vault {

// Of data; trees are always compressed where the format allows. Auto stores large blobs that seem
// to be noise as they are.
enum class CompressionMode { Off, Auto, Max };

// Thread-safe. Each thread that saves at a time costs two unfinished packs of memory.
class BlobWriter {
  public:
    // What counts as there already.
    enum class Known {
        Index,    // what the repository's index has
        Nothing,  // only what was saved here
    };

    // `repository` outlives this, and its index is changed by this alone meanwhile.
    explicit BlobWriter(Repository& repository, CompressionMode mode = CompressionMode::Auto,
                        Known known = Known::Index);
    ~BlobWriter();

    // On return the blob is known, not yet durable.
    Id save(BlobType type, std::string_view plain);
    // Is it in the repository, or saved here?
    bool has(BlobType type, const Id& id) const;
    // Writes what is unfinished, then the index of all that was written. Durable on return. No
    // other thread saves meanwhile.
    void finish();

    struct Totals {
        std::uint64_t blobs = 0;        // new ones
        std::uint64_t plain_bytes = 0;  // of new blobs
        std::uint64_t packs = 0;
        std::uint64_t bytes = 0;  // of packs
    };
    Totals totals(BlobType type) const;
    std::uint64_t bytes_written() const;

  private:
    struct OpenPack;
    struct Lane;

    bool is_known(BlobType type, const Id& id) const;
    bool compresses(Lane& lane, BlobType type, std::string_view plain) const;
    void add(Lane& lane, const Id& id, BlobType type, std::string_view plain);
    static void close(Lane& lane, OpenPack& pack);
    void write(OpenPack& pack, BlobType type);
    void write_index(std::unique_lock<std::mutex>& lock);

    Repository& repository_;
    CompressionMode mode_;
    Known known_;
    mutable std::mutex mutex_;
    Spares<Lane> lanes_;
    std::unordered_set<Id, IdHash> waiting_[2];  // by BlobType: saved, in no index yet
    std::vector<PackEntry> written_;             // in no index file yet
    std::uint64_t unindexed_bytes_ = 0;
    std::size_t unindexed_blobs_ = 0;
    Totals totals_[2];
};

}  // namespace lifeboat::vault

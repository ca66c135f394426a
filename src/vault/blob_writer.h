// Gathers blobs into packs of about 16 MiB and writes each pack when it is full. What is in the
// repository already is not written again.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "vault/repository.h"

namespace lifeboat::vault {

class BlobWriter {
  public:
    // `repository` outlives this. One thread.
    explicit BlobWriter(Repository& repository);

    // On return the blob is known, not yet durable.
    Id save(BlobType type, std::string_view plain);
    // Writes what is unfinished, then the index of all that was written. Durable on return.
    void finish();

    std::uint64_t bytes_written() const { return bytes_written_; }

  private:
    struct OpenPack {
        std::string bytes;
        std::vector<BlobPlace> blobs;
    };

    void close(OpenPack& pack);

    Repository& repository_;
    std::unique_ptr<Codec> codec_;
    OpenPack packs_[2];  // by BlobType: a pack holds one type only
    std::unordered_set<Id, IdHash> waiting_[2];
    std::vector<PackEntry> written_;
    std::uint64_t bytes_written_ = 0;
};

}  // namespace lifeboat::vault

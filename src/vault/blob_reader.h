// Reads blobs for many threads at once, while the index grows by what others save.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string_view>

#include "vault/bytes.h"
#include "vault/repository.h"
#include "vault/spares.h"

namespace lifeboat::vault {

class BlobReader {
  public:
    // So many blobs are worked on at a time; each takes its size three times.
    static constexpr int kMostAtOnce = 4;

    // `repository` outlives this, and its index is read and changed by this alone meanwhile.
    explicit BlobReader(Repository& repository);

    // All are thread-safe.

    // Of the blob itself; nullopt when no pack has it.
    std::optional<std::uint64_t> size(BlobType type, const Id& id) const;
    // Calls `use` with the blob's bytes, compared with its id and valid until it returns; returns
    // what it returns. Where one copy is damaged another is read; where all packs are gone that the
    // index knows, new index files are read first. A data blob of more than 64 MiB, which nobody
    // makes, is Corruption, and so is a tree of more than 256 MiB: a directory of some 600,000
    // files. Throws NotFound when no pack has it, Corruption, what the store throws.
    template <class Use>
    auto with(BlobType type, const Id& id, Use&& use) {
        const Turn turn(at_once_);
        return codecs_.with([&](Codec& codec) {
            const Room room(codec);
            return use(load(type, id, codec));
        });
    }
    // Reads the index files that came since; others find and load blobs meanwhile. Call it after
    // listing snapshots, never before.
    void load_index();

  private:
    using Semaphore = std::counting_semaphore<kMostAtOnce>;
    struct Turn {
        explicit Turn(Semaphore& semaphore) : semaphore_(semaphore) { semaphore_.acquire(); }
        ~Turn() { semaphore_.release(); }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        Semaphore& semaphore_;
    };

    // What an unusually large blob took is not kept.
    struct Room {
        explicit Room(Codec& lent) : codec(lent) {}
        ~Room() { codec.give_back_above(16 << 20); }
        Room(const Room&) = delete;
        Room& operator=(const Room&) = delete;
        Codec& codec;
    };

    std::string_view load(BlobType type, const Id& id, Codec& codec);

    Repository& repository_;
    std::mutex loading_;  // one reads index files
    Semaphore at_once_{kMostAtOnce};
    Spares<Codec> codecs_;
};

}  // namespace lifeboat::vault

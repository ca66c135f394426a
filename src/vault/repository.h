// An open repository: its key, its configuration, its index, and everything read or written
// through them. Formats 1 and 2 are read; 2 is made.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "base/error.h"
#include "vault/compression.h"
#include "vault/id_set.h"
#include "vault/index.h"
#include "vault/key_file.h"
#include "vault/repository_config.h"
#include "vault/store.h"

namespace lifeboat::vault {

// What one thread needs to read and write blobs.
struct Codec {
    Codec(const Key& key, Random& random) : cipher(key, random) {}
    Cipher cipher;
    Compression compression;
    // What is being worked on: as it is stored, opened, and unpacked.
    Bytes sealed, opened, plain, other_plain, third_plain;
    // Of a blob that is loaded; what the index says is larger is refused as Corruption before any
    // memory is taken for it.
    std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

    // The buffers that have become larger than `most` bytes; their content is gone.
    void give_back_above(std::size_t most) {
        for (Bytes* buffer : {&sealed, &opened, &plain, &other_plain, &third_plain})
            if (buffer->capacity() > most) *buffer = Bytes();
    }
};

class Repository {
  public:
    // Writes key and configuration; the store is empty, or holds the key alone that `password`
    // opens and a making left that was killed. Throws AlreadyExists when it is not. Files
    // are cut in the same places as in another repository with the same polynomial, so that what is
    // in both is the same; by default one of its own.
    static void make(Store& store, std::string_view password, const KeyOwner& owner,
                     const Clock& clock, Random& random,
                     std::optional<Polynomial> polynomial = std::nullopt);

    // Tries the password on every key; of several it opens, the one of the configuration counts (of
    // two that made the repository at once, one had to give way). Throws NotFound when there is no
    // repository, PermissionDenied when no key opens. `store` and `random` outlive this.
    Repository(Store& store, std::string_view password, Random& random);

    Store& store() const { return store_; }
    Random& random() const { return random_; }
    int version() const { return config_.version; }
    const std::string& id() const { return config_.id; }
    Polynomial polynomial() const { return config_.polynomial; }
    // The key the password opened.
    const std::string& key_name() const { return master_.name; }
    // A file of `keys/` by which `password` opens this repository, too.
    std::string make_key_file(std::string_view password, const KeyOwner& owner, Time now) const;
    std::unique_ptr<Codec> make_codec() const {
        return std::make_unique<Codec>(master_.key, random_);
    }

    // JSON files (Index, Snapshot, Lock): opened, unpacked, compared with their name. Throws
    // Corruption. Thread-safe.
    std::string load_text(FileKind kind, const std::string& name);
    Id save_text(FileKind kind, const std::string& text);

    // What of the index is kept in memory.
    enum class Detail {
        All,
        // What a backup needs: where trees lie, and which data blobs there are, 15 bytes each.
        Backup,
    };
    // Reads all index files that it did not read yet; call it after listing snapshots, never
    // before. One that cannot be read is thrown, and read again the next time. Throws Unavailable
    // for one that is listed and not there.
    void load_index(Detail detail = Detail::All);
    // The names of the files it read.
    const std::set<std::string>& index_files() const { return index_files_; }
    // Not while another thread may add packs.
    const Index& index() const { return index_; }
    // This, has() and the loading of blobs are thread-safe: a backup reads trees of the snapshot
    // before while it adds packs.
    void add_pack(PackEntry pack);
    // Does a pack hold it?
    bool has(BlobType type, const Id& id) const;

    // Where it lies, as Index::find() says; what it points to stays. Thread-safe.
    Index::Found find(BlobType type, const Id& id) const;

    // The blob's bytes, compared with its id; valid until the codec is used again. Where one copy
    // is damaged, of another. Throws NotFound when no pack has it, Corruption.
    std::string_view load_blob(BlobType type, const Id& id, Codec& codec) const;
    // The same of any copy but the one the index finds; nullopt: none is whole.
    std::optional<std::string_view> load_copy(BlobType type, const Id& id, Codec& codec) const;
    // The same for one of several copies.
    std::string_view load_blob_at(const PackEntry& pack, const BlobPlace& place,
                                  Codec& codec) const;

  private:
    Store& store_;
    Random& random_;
    struct Opened {
        std::string name;  // of the file in `keys/`
        Key key;
    };
    static Opened open_key(Store& store, std::string_view password, Random& random);
    Opened master_;
    RepositoryConfig config_;
    Detail detail_ = Detail::All;
    mutable std::shared_mutex index_mutex_;  // over index_ and data_
    Index index_;
    IdSet data_;  // with Detail::Backup: those the index does not keep
    std::set<std::string> index_files_;
    std::mutex mutex_;  // over codec_
    std::unique_ptr<Codec> codec_;
};

// What the index files say now, whatever the repository read before.
Index read_index(Repository& repository);
// Does it say that something is damaged or gone, and not that the store could not be asked?
bool tells_damage(const Error& error);
// What is said of a blob that no pack has.
Error blob_not_found(BlobType type, const Id& id);
// `sealed` as the bytes it stands for; valid until the codec is used again. Throws Corruption.
// They are not compared with the id yet:
std::string_view open_blob(const BlobPlace& place, std::string_view sealed, Codec& codec);
// Throws Corruption when the blob at `place` turned out to have the id `found`.
void require_id(const BlobPlace& place, const Id& found);

}  // namespace lifeboat::vault

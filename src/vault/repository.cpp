#include "vault/repository.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "base/error.h"
#include "base/random.h"

namespace lifeboat::vault {
namespace {

// An index file is about 8 MiB; anything near this is no file of a repository.
constexpr std::size_t kMostText = 1 << 30;
// So much is taken at the index's word before it is unpacked: files' blobs hold 8 MiB at most.
constexpr std::size_t kMostTrusted = 16 << 20;
// The first byte of a compressed file of format 2; '{' and '[' are JSON itself.
constexpr char kCompressedText = 2;

std::vector<std::string> names(Store& store, FileKind kind) {
    std::vector<std::string> found;
    store.each(kind, [&](const std::string& name, std::uint64_t) { found.push_back(name); });
    return found;
}

// Or else about the store.
bool is_about_the_file(const Error& error) {
    return tells_damage(error) || error.category() == ErrorCategory::InvalidInput ||
           error.category() == ErrorCategory::Unsupported;
}

bool opens_config(Store& store, const Key& key, Random& random) {
    try {
        Cipher(key, random).open(store.load(FileKind::Config, "config"));
        return true;
    } catch (const Error& error) {
        if (!tells_damage(error)) throw;
        return false;
    }
}

bool holds_data(Store& store) {
    for (const FileKind kind : {FileKind::Snapshot, FileKind::Index, FileKind::Data})
        if (!names(store, kind).empty()) return true;
    return false;
}

}  // namespace

Repository::Opened Repository::open_key(Store& store, std::string_view password, Random& random) {
    const auto keys = names(store, FileKind::Key);
    if (keys.empty())
        throw Error(ErrorCategory::NotFound, "RepositoryNotFound",
                    "there is no repository here: no key; `lifeboat vault init` makes one");
    std::optional<Opened> stray;
    for (const std::string& name : keys) {
        try {
            Opened found{name, open_key_file(store.load(FileKind::Key, name), password, random)};
            if (keys.size() == 1 || opens_config(store, found.key, random)) return found;
            if (!stray) stray = std::move(found);
        } catch (const Error& error) {
            // Another key may be the password's; a damaged one hides none of the others.
            if (error.code() == "WrongPassword") continue;
            if (keys.size() == 1 || !is_about_the_file(error)) throw;
        }
    }
    if (stray) return *std::move(stray);
    throw Error(
        ErrorCategory::PermissionDenied, "WrongPassword",
        "the password opens none of the repository's " + std::to_string(keys.size()) + " keys");
}

void Repository::make(Store& store, std::string_view password, const KeyOwner& owner,
                      const Clock& clock, Random& random, std::optional<Polynomial> polynomial) {
    const bool has_key = !names(store, FileKind::Key).empty();
    if (!names(store, FileKind::Config).empty() || (has_key && holds_data(store)))
        throw Error(ErrorCategory::AlreadyExists, "RepositoryExists",
                    "there is a repository already");
    const Key key = has_key ? open_key(store, password, random).key : Key::random(random);
    if (!has_key) {
        const std::string key_file =
            vault::make_key_file(key, password, owner, clock.now(), random);
        store.save(FileKind::Key, Id::of(key_file).hex(), key_file);
    }
    const RepositoryConfig config{2, new_hex(random, 64),
                                  polynomial.value_or(Polynomial::random(random))};
    store.save(FileKind::Config, "config", Cipher(key, random).seal(encode_config(config)));
}

Repository::Repository(Store& store, std::string_view password, Random& random)
    : store_(store),
      random_(random),
      master_(open_key(store, password, random)),
      codec_(make_codec()) {
    config_ = decode_config(codec_->cipher.open(store_.load(FileKind::Config, "config")));
}

std::string Repository::make_key_file(std::string_view password, const KeyOwner& owner,
                                      Time now) const {
    return vault::make_key_file(master_.key, password, owner, now, random_);
}

std::string Repository::load_text(FileKind kind, const std::string& name) {
    const std::string sealed = store_.load(kind, name);
    if (Id::of(sealed).hex() != name)
        throw Error(ErrorCategory::Corruption, "WrongContent",
                    std::string(folder_of(kind)) + "/" + name +
                        " does not hold what its name says; it is damaged");
    const std::scoped_lock lock(mutex_);
    std::string text = codec_->cipher.open(sealed);
    if (!text.empty() && text[0] == kCompressedText)
        return codec_->compression.decompress(std::string_view(text).substr(1), kMostText);
    if (!text.empty() && text[0] != '{' && text[0] != '[')
        throw Error(ErrorCategory::Unsupported, "UnknownEncoding",
                    std::string(folder_of(kind)) + "/" + name + " is written in a newer form");
    return text;
}

Id Repository::save_text(FileKind kind, const std::string& text) {
    std::string plain = text;
    std::string sealed;
    {
        const std::scoped_lock lock(mutex_);
        if (config_.version >= 2) {
            plain = kCompressedText;
            plain += codec_->compression.compress(text);
        }
        sealed = codec_->cipher.seal(plain);
    }
    const Id id = Id::of(sealed);
    store_.save(kind, id.hex(), sealed);
    return id;
}

void Repository::add_pack(PackEntry pack) {
    const std::unique_lock lock(index_mutex_);
    if (detail_ == Detail::Backup) {
        std::erase_if(pack.blobs, [&](const BlobPlace& place) {
            if (place.type != BlobType::Data) return false;
            data_.insert(place.id);
            return true;
        });
        pack.blobs.shrink_to_fit();
    }
    index_.add(std::move(pack));
}

namespace {

// Hands over what the index files hold that are not in `read` yet, and adds their names to it. A
// file that is gone was replaced by another one, which was there before; one that is listed again
// and is not there cannot be relied on.
void read_index_files(Repository& repository, std::set<std::string>& read,
                      const std::function<void(PackEntry)>& take) {
    for (std::set<std::string> missed;;) {
        std::set<std::string> missing;
        for (const std::string& name : names(repository.store(), FileKind::Index)) {
            if (read.contains(name)) continue;
            try {
                for (PackEntry& pack : decode_index(repository.load_text(FileKind::Index, name)))
                    take(std::move(pack));
                read.insert(name);
            } catch (const Error& error) {
                if (error.category() != ErrorCategory::NotFound) throw;
                if (missed.contains(name))
                    throw Error(ErrorCategory::Unavailable, "IndexFileMissing",
                                "the store lists the index file " + name +
                                    " and does not have it; try again later, or make a new index "
                                    "by `lifeboat vault repair index`");
                missing.insert(name);
            }
        }
        if (missing.empty()) return;
        missed = std::move(missing);
    }
}

}  // namespace

void Repository::load_index(Detail detail) {
    detail_ = detail;
    read_index_files(*this, index_files_, [this](PackEntry pack) { add_pack(std::move(pack)); });
}

bool Repository::has(BlobType type, const Id& id) const {
    const std::shared_lock lock(index_mutex_);
    return index_.has(type, id) || (type == BlobType::Data && data_.contains(id));
}

Index::Found Repository::find(BlobType type, const Id& id) const {
    const std::shared_lock lock(index_mutex_);
    return index_.find(type, id);
}

std::string_view Repository::load_blob(BlobType type, const Id& id, Codec& codec) const {
    const Index::Found found = find(type, id);
    if (found.pack == nullptr) throw blob_not_found(type, id);
    try {
        return load_blob_at(*found.pack, *found.place, codec);
    } catch (const Error& error) {
        if (!tells_damage(error)) throw;
        if (const auto copy = load_copy(type, id, codec)) return *copy;
        throw;
    }
}

std::optional<std::string_view> Repository::load_copy(BlobType type, const Id& id,
                                                      Codec& codec) const {
    const auto copies = [&] {
        const std::shared_lock lock(index_mutex_);
        return index_.find_copies(type, id);
    }();
    for (const auto& [pack, place] : copies) {
        try {
            return load_blob_at(*pack, *place, codec);
        } catch (const Error& error) {
            if (!tells_damage(error)) throw;
        }
    }
    return std::nullopt;
}

std::string_view Repository::load_blob_at(const PackEntry& pack, const BlobPlace& place,
                                          Codec& codec) const {
    if (std::max<std::uint64_t>(plain_size(place), place.length) > codec.largest)
        throw Error(ErrorCategory::Corruption, "BlobTooLarge",
                    "the index says that the blob " + place.id.hex() + " has " +
                        std::to_string(plain_size(place)) + " bytes, stored in " +
                        std::to_string(place.length) + "; more than " +
                        std::to_string(codec.largest) + " are not read here");
    char* sealed = codec.sealed.reset(place.length);
    store_.load(FileKind::Data, pack.id.hex(), place.offset, sealed, place.length);
    const std::string_view plain = open_blob(place, codec.sealed.view(), codec);
    require_id(place, Id::of(plain));
    return plain;
}

Index read_index(Repository& repository) {
    Index index;
    std::set<std::string> read;
    read_index_files(repository, read, [&](PackEntry pack) { index.add(std::move(pack)); });
    return index;
}

bool tells_damage(const Error& error) {
    return error.category() == ErrorCategory::Corruption ||
           error.category() == ErrorCategory::NotFound;
}

Error blob_not_found(BlobType type, const Id& id) {
    return Error(ErrorCategory::NotFound, "BlobNotFound",
                 "no pack holds the " + std::string(to_string(type)) + " blob " + id.hex());
}

std::string_view open_blob(const BlobPlace& place, std::string_view sealed, Codec& codec) {
    Bytes& opened = place.plain_length == 0 ? codec.plain : codec.opened;
    codec.cipher.open(sealed, opened);
    if (place.plain_length == 0) return opened.view();
    if (place.plain_length <= kMostTrusted) {
        char* out = codec.plain.reset(place.plain_length);
        codec.compression.decompress(opened.view(), out, place.plain_length);
        return codec.plain.view();
    }
    // What the frame really holds, bounded by what the index says.
    const std::string plain =
        codec.compression.decompress(opened.view(), std::size_t{place.plain_length} + 1);
    codec.plain.clear();
    codec.plain.append(plain);
    return codec.plain.view();
}

void require_id(const BlobPlace& place, const Id& found) {
    if (found != place.id)
        throw Error(ErrorCategory::Corruption, "WrongContent",
                    "the " + std::string(to_string(place.type)) + " blob " + place.id.hex() +
                        " does not hold what its id says");
}

}  // namespace lifeboat::vault

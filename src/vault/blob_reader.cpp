#include "vault/blob_reader.h"

namespace lifeboat::vault {

BlobReader::BlobReader(Repository& repository)
    : repository_(repository), codecs_([&repository] { return repository.make_codec(); }) {}

std::optional<std::uint64_t> BlobReader::size(BlobType type, const Id& id) const {
    const Index::Found found = repository_.find(type, id);
    if (found.pack == nullptr) return std::nullopt;
    return plain_size(*found.place);
}

std::string_view BlobReader::load(BlobType type, const Id& id, Codec& codec) {
    // What was found stays where it is when the index grows.
    const Index::Found found = repository_.find(type, id);
    if (found.pack == nullptr) throw blob_not_found(type, id);
    return repository_.load_blob_at(*found.pack, *found.place, codec);
}

void BlobReader::load_index() {
    const std::scoped_lock lock(loading_);
    repository_.load_index();
}

}  // namespace lifeboat::vault

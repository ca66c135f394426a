#include "vault/blob_reader.h"

#include "base/error.h"

namespace lifeboat::vault {
namespace {

// Chunks have 8 MiB at most. A tree of this size describes some 600,000 files.
constexpr std::uint64_t kMostData = 64 << 20, kMostTree = 256 << 20;

}  // namespace

BlobReader::BlobReader(Repository& repository)
    : repository_(repository), codecs_([&repository] { return repository.make_codec(); }) {}

std::optional<std::uint64_t> BlobReader::size(BlobType type, const Id& id) const {
    const Index::Found found = repository_.find(type, id);
    if (found.pack == nullptr) return std::nullopt;
    return plain_size(*found.place);
}

std::string_view BlobReader::load(BlobType type, const Id& id, Codec& codec) {
    codec.largest = type == BlobType::Data ? kMostData : kMostTree;
    try {
        return repository_.load_blob(type, id, codec);
    } catch (const Error& error) {
        if (error.category() != ErrorCategory::NotFound) throw;
    }
    // Where no lock is held a prune may have put it into another pack.
    load_index();
    return repository_.load_blob(type, id, codec);
}

void BlobReader::load_index() {
    const std::scoped_lock lock(loading_);
    repository_.load_index();
}

}  // namespace lifeboat::vault

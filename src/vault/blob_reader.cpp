#include "vault/blob_reader.h"

#include <string>

#include "base/error.h"

namespace lifeboat::vault {
namespace {

// No program makes larger ones: chunks have 8 MiB at most, and a tree of this size some hundred
// thousand files.
constexpr std::uint64_t kMostData = 64 << 20, kMostTree = 256 << 20;
// What sealing, and compressing what cannot be, may add.
constexpr std::uint64_t kMostAdded = 1 << 20;

void require_bounded(const BlobPlace& place) {
    const std::uint64_t most = place.type == BlobType::Data ? kMostData : kMostTree;
    if (plain_size(place) > most || place.length > most + kMostAdded)
        throw Error(ErrorCategory::Corruption, "BlobTooLarge",
                    "the index says that the " + std::string(to_string(place.type)) + " blob " +
                        place.id.hex() + " has more than " + std::to_string(most >> 20) +
                        " MiB, which is not read");
}

}  // namespace

BlobReader::BlobReader(Repository& repository)
    : repository_(repository), codecs_([&repository] { return repository.make_codec(); }) {}

std::optional<std::uint64_t> BlobReader::size(BlobType type, const Id& id) const {
    const Index::Found found = repository_.find(type, id);
    if (found.pack == nullptr) return std::nullopt;
    return plain_size(*found.place);
}

std::string_view BlobReader::load(BlobType type, const Id& id, Codec& codec) {
    if (const auto found = repository_.find(type, id); found.pack != nullptr)
        require_bounded(*found.place);
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

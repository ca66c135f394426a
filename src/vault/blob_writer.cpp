#include "vault/blob_writer.h"

#include <utility>

#include "base/fault.h"
#include "vault/sha256.h"

namespace lifeboat::vault {
namespace {

constexpr std::size_t kPackSize = 16 << 20;
// Tiny blobs fill no pack before its part of the index is large.
constexpr std::size_t kBlobsPerPack = 40000;
// Keeps an index file below 8 MiB, and what a crash costs below 256 MiB.
constexpr std::size_t kBlobsPerIndex = 40000;
constexpr std::uint64_t kBytesPerIndex = 256 << 20;

constexpr int kFast = 1;
constexpr int kThorough = 11;

}  // namespace

struct BlobWriter::OpenPack {
    Bytes bytes;
    std::vector<BlobPlace> blobs;
    // Of the first `hashed` bytes; the others follow beside the hashes of blobs.
    Sha256 hash;
    std::size_t hashed = 0;
    // It is written when the next blob has been hashed beside its end.
    bool is_full = false;

    std::string_view unhashed() const { return bytes.view().substr(hashed); }
    // The id of `plain`; as much of the pack is hashed in passing.
    Id hash_beside(std::string_view plain) {
        Sha256 of_blob;
        const auto more = unhashed().substr(0, plain.size());
        Sha256::update_both(of_blob, plain, hash, more);
        hashed += more.size();
        return of_blob.finish();
    }
};

// What one thread fills.
struct BlobWriter::Lane {
    explicit Lane(const Repository& repository) : codec(repository.make_codec()) {}

    std::unique_ptr<Codec> codec;
    OpenPack packs[2];  // by BlobType: a pack holds one type only
};

BlobWriter::BlobWriter(Repository& repository, CompressionMode mode, Known known)
    : repository_(repository),
      mode_(mode),
      known_(known),
      lanes_([&repository] { return std::make_unique<Lane>(repository); }) {}
BlobWriter::~BlobWriter() = default;

bool BlobWriter::is_known(BlobType type, const Id& id) const {
    return known_ == Known::Index && repository_.has(type, id);
}

bool BlobWriter::has(BlobType type, const Id& id) const {
    const std::scoped_lock lock(mutex_);
    return is_known(type, id) || waiting_[static_cast<int>(type)].contains(id);
}

Id BlobWriter::save(BlobType type, std::string_view plain) {
    return lanes_.with([&](Lane& lane) {
        const int t = static_cast<int>(type);
        const Id id = lane.packs[t].hash_beside(plain);
        if (lane.packs[t].is_full) write(lane.packs[t], type);
        {
            const std::scoped_lock lock(mutex_);
            if (is_known(type, id) || !waiting_[t].insert(id).second) return id;
            ++totals_[t].blobs;
            totals_[t].plain_bytes += plain.size();
        }
        add(lane, id, type, plain);
        return id;
    });
}

bool BlobWriter::compresses(Lane& lane, BlobType type, std::string_view plain) const {
    if (repository_.version() < 2 || plain.empty()) return false;
    if (type == BlobType::Tree || mode_ == CompressionMode::Max) return true;
    return mode_ == CompressionMode::Auto && !lane.codec->compression.seems_incompressible(plain);
}

void BlobWriter::add(Lane& lane, const Id& id, BlobType type, std::string_view plain) {
    OpenPack& pack = lane.packs[static_cast<int>(type)];
    BlobPlace place{id, type, static_cast<std::uint32_t>(pack.bytes.size()), 0, 0};
    std::string_view stored = plain;
    if (compresses(lane, type, plain)) {
        const auto frame = lane.codec->compression.compress(
            plain, mode_ == CompressionMode::Max ? kThorough : kFast);
        if (frame.size() < plain.size()) {
            stored = frame;
            place.plain_length = static_cast<std::uint32_t>(plain.size());
        }
    }
    place.length = static_cast<std::uint32_t>(stored.size() + kSealOverhead);
    lane.codec->cipher.seal(stored, pack.bytes.extend(place.length));
    pack.blobs.push_back(place);
    if (pack.bytes.size() >= kPackSize || pack.blobs.size() >= kBlobsPerPack) close(lane, pack);
}

void BlobWriter::close(Lane& lane, OpenPack& pack) {
    pack.bytes.append(encode_pack_end(pack.blobs, lane.codec->cipher));
    pack.is_full = true;
}

void BlobWriter::write(OpenPack& pack, BlobType type) {
    pack.hash.update(pack.unhashed());
    pack.hashed = 0;  // the hash begins anew
    const Id id = pack.hash.finish();
    // When this fails the pack stays whole, for whoever tries again.
    repository_.store().save(FileKind::Data, id.hex(), pack.bytes.view());
    fault::reach("vault.pack-written");
    pack.is_full = false;
    PackEntry entry{id, std::exchange(pack.blobs, {})};
    const std::size_t size = pack.bytes.size();
    pack.bytes.clear();
    std::unique_lock lock(mutex_);
    ++totals_[static_cast<int>(type)].packs;
    totals_[static_cast<int>(type)].bytes += size;
    unindexed_bytes_ += size;
    unindexed_blobs_ += entry.blobs.size();
    repository_.add_pack(entry);
    if (known_ == Known::Index)
        for (const BlobPlace& place : entry.blobs)
            waiting_[static_cast<int>(place.type)].erase(place.id);
    written_.push_back(std::move(entry));
    if (unindexed_bytes_ >= kBytesPerIndex || unindexed_blobs_ >= kBlobsPerIndex) write_index(lock);
}

void BlobWriter::write_index(std::unique_lock<std::mutex>& lock) {
    const auto packs = std::exchange(written_, {});
    unindexed_bytes_ = unindexed_blobs_ = 0;
    if (packs.empty()) return;
    lock.unlock();
    repository_.save_text(FileKind::Index, encode_index(packs));
    fault::reach("vault.index-written");
    lock.lock();
}

void BlobWriter::finish() {
    // Data first: trees are of no use without.
    for (const BlobType type : {BlobType::Data, BlobType::Tree})
        lanes_.each([&](Lane& lane) {
            OpenPack& pack = lane.packs[static_cast<int>(type)];
            if (pack.blobs.empty()) return;
            if (!pack.is_full) close(lane, pack);
            write(pack, type);
        });
    std::unique_lock lock(mutex_);
    write_index(lock);
}

BlobWriter::Totals BlobWriter::totals(BlobType type) const {
    const std::scoped_lock lock(mutex_);
    return totals_[static_cast<int>(type)];
}

std::uint64_t BlobWriter::bytes_written() const {
    return totals(BlobType::Data).bytes + totals(BlobType::Tree).bytes;
}

}  // namespace lifeboat::vault

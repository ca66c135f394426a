#include "vault/blob_writer.h"

#include "base/fault.h"

namespace lifeboat::vault {
namespace {

constexpr std::size_t kPackSize = 16 << 20;
// Keeps an index file below 8 MiB.
constexpr std::size_t kBlobsPerIndex = 40000;

}  // namespace

BlobWriter::BlobWriter(Repository& repository)
    : repository_(repository), codec_(repository.make_codec()) {}

Id BlobWriter::save(BlobType type, std::string_view plain) {
    const Id id = Id::of(plain);
    const int t = static_cast<int>(type);
    if (repository_.index().find(type, id).pack != nullptr || !waiting_[t].insert(id).second)
        return id;
    OpenPack& pack = packs_[t];
    BlobPlace place{id, type, static_cast<std::uint32_t>(pack.bytes.size()), 0, 0};
    std::string_view stored = plain;
    if (repository_.version() >= 2 && !plain.empty()) {
        const auto frame = codec_->compression.compress(plain);
        if (frame.size() < plain.size()) {
            stored = frame;
            place.plain_length = static_cast<std::uint32_t>(plain.size());
        }
    }
    place.length = static_cast<std::uint32_t>(stored.size() + kSealOverhead);
    pack.bytes.resize(pack.bytes.size() + place.length);
    codec_->cipher.seal(stored, pack.bytes.data() + place.offset);
    pack.blobs.push_back(place);
    if (pack.bytes.size() >= kPackSize) close(pack);
    return id;
}

void BlobWriter::close(OpenPack& pack) {
    if (pack.blobs.empty()) return;
    pack.bytes += encode_pack_end(pack.blobs, codec_->cipher);
    PackEntry entry{Id::of(pack.bytes), std::move(pack.blobs)};
    repository_.store().save(FileKind::Data, entry.id.hex(), pack.bytes);
    bytes_written_ += pack.bytes.size();
    for (const BlobPlace& place : entry.blobs)
        waiting_[static_cast<int>(place.type)].erase(place.id);
    repository_.add_pack(entry);
    written_.push_back(std::move(entry));
    pack = {};
    fault::reach("vault.pack-written");
}

void BlobWriter::finish() {
    for (OpenPack& pack : packs_)
        close(pack);
    std::vector<PackEntry> part;
    std::size_t blobs = 0;
    const auto write = [&] {
        if (part.empty()) return;
        repository_.save_text(FileKind::Index, encode_index(part));
        part.clear();
        blobs = 0;
    };
    for (PackEntry& pack : written_) {
        blobs += pack.blobs.size();
        part.push_back(std::move(pack));
        if (blobs >= kBlobsPerIndex) write();
    }
    write();
    written_.clear();
    fault::reach("vault.index-written");
}

}  // namespace lifeboat::vault

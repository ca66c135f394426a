#include "vault/blob_writer.h"

#include <utility>

#include "base/fault.h"

namespace lifeboat::vault {
namespace {

constexpr std::size_t kPackSize = 16 << 20;
// Keeps an index file below 8 MiB, and what a crash costs below 256 MiB.
constexpr std::size_t kBlobsPerIndex = 40000;
constexpr std::uint64_t kBytesPerIndex = 256 << 20;

constexpr int kFast = 1;
constexpr int kThorough = 11;

}  // namespace

// What one thread fills.
struct BlobWriter::Lane {
    struct OpenPack {
        std::string bytes;
        std::vector<BlobPlace> blobs;
    };

    explicit Lane(const Repository& repository) : codec(repository.make_codec()) {}

    std::unique_ptr<Codec> codec;
    OpenPack packs[2];  // by BlobType: a pack holds one type only
};

class BlobWriter::Borrowed {
  public:
    explicit Borrowed(BlobWriter& writer) : writer_(writer) {
        {
            const std::scoped_lock lock(writer.mutex_);
            if (!writer.idle_.empty()) {
                lane_ = std::move(writer.idle_.back());
                writer.idle_.pop_back();
            }
        }
        if (!lane_) lane_ = std::make_unique<Lane>(writer.repository_);
    }
    ~Borrowed() {
        const std::scoped_lock lock(writer_.mutex_);
        writer_.idle_.push_back(std::move(lane_));
    }
    Lane& operator*() const { return *lane_; }

  private:
    BlobWriter& writer_;
    std::unique_ptr<Lane> lane_;
};

BlobWriter::BlobWriter(Repository& repository, CompressionMode mode)
    : repository_(repository), mode_(mode) {}
BlobWriter::~BlobWriter() = default;

bool BlobWriter::has(BlobType type, const Id& id) const {
    const std::scoped_lock lock(mutex_);
    return repository_.index().has(type, id) || waiting_[static_cast<int>(type)].contains(id);
}

Id BlobWriter::save(BlobType type, std::string_view plain) {
    const Id id = Id::of(plain);
    const int t = static_cast<int>(type);
    {
        const std::scoped_lock lock(mutex_);
        if (repository_.index().has(type, id) || !waiting_[t].insert(id).second) return id;
        ++totals_[t].blobs;
        totals_[t].plain_bytes += plain.size();
    }
    const Borrowed borrowed(*this);
    Lane& lane = *borrowed;
    Lane::OpenPack& pack = lane.packs[t];
    if (pack.bytes.capacity() < kPackSize) pack.bytes.reserve(kPackSize + (kPackSize >> 3));
    BlobPlace place{id, type, static_cast<std::uint32_t>(pack.bytes.size()), 0, 0};
    std::string_view stored = plain;
    const bool compresses = type == BlobType::Tree || mode_ != CompressionMode::Off;
    if (repository_.version() >= 2 && compresses && !plain.empty()) {
        const auto frame = lane.codec->compression.compress(
            plain, mode_ == CompressionMode::Max ? kThorough : kFast);
        if (frame.size() < plain.size()) {
            stored = frame;
            place.plain_length = static_cast<std::uint32_t>(plain.size());
        }
    }
    place.length = static_cast<std::uint32_t>(stored.size() + kSealOverhead);
    pack.bytes.resize(pack.bytes.size() + place.length);
    lane.codec->cipher.seal(stored, pack.bytes.data() + place.offset);
    pack.blobs.push_back(place);
    if (pack.bytes.size() >= kPackSize) close(lane, type);
    return id;
}

void BlobWriter::close(Lane& lane, BlobType type) {
    Lane::OpenPack& pack = lane.packs[static_cast<int>(type)];
    if (pack.blobs.empty()) return;
    pack.bytes += encode_pack_end(pack.blobs, lane.codec->cipher);
    PackEntry entry{Id::of(pack.bytes), std::exchange(pack.blobs, {})};
    repository_.store().save(FileKind::Data, entry.id.hex(), pack.bytes);
    fault::reach("vault.pack-written");
    const std::size_t size = pack.bytes.size();
    pack.bytes.clear();
    std::unique_lock lock(mutex_);
    ++totals_[static_cast<int>(type)].packs;
    totals_[static_cast<int>(type)].bytes += size;
    unindexed_bytes_ += size;
    unindexed_blobs_ += entry.blobs.size();
    repository_.add_pack(entry);
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
        for (const auto& lane : idle_)
            close(*lane, type);
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

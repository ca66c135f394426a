#include "vault/blob_batch.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "vault/sha256.h"

namespace lifeboat::vault {
namespace {

constexpr std::uint64_t kMostRead = 8 << 20;
// Reading this much in vain is cheaper than another request to a server.
constexpr std::uint64_t kMostGap = 128 << 10;

struct Wanted {
    const PackEntry* pack;
    const BlobPlace* place;
    std::size_t number;

    std::uint64_t end() const { return std::uint64_t{place->offset} + place->length; }
};

// The first of `wanted` that one request serves.
std::span<const Wanted> first_run(std::span<const Wanted> wanted) {
    std::size_t count = 1;
    std::uint64_t end = wanted[0].end();
    for (; count < wanted.size(); ++count) {
        const Wanted& next = wanted[count];
        if (next.pack != wanted[0].pack || next.place->offset > end + kMostGap ||
            next.end() - wanted[0].place->offset > kMostRead)
            break;
        end = std::max(end, next.end());
    }
    return wanted.subspan(0, count);
}

class Batch {
  public:
    Batch(const Repository& repository, BlobType type, std::span<const Id> ids, Codec& codec,
          const TakeBlob& take, const FailBlob& fail)
        : repository_(repository), type_(type), codec_(codec), take_(take), fail_(fail) {
        wanted_.reserve(ids.size());
        for (std::size_t number = 0; number < ids.size(); ++number) {
            const auto [pack, place] = repository.index().find(type, ids[number]);
            if (pack == nullptr)
                fail(number, blob_not_found(type, ids[number]));
            else
                wanted_.push_back({pack, place, number});
        }
        std::sort(wanted_.begin(), wanted_.end(), [](const Wanted& a, const Wanted& b) {
            return std::tuple(a.pack, a.place->offset) < std::tuple(b.pack, b.place->offset);
        });
    }

    void load() {
        for (std::span<const Wanted> rest(wanted_); !rest.empty();) {
            const auto run = first_run(rest);
            rest = rest.subspan(run.size());
            if (!read(run)) continue;
            for (const Wanted& one : run)
                if (open(one)) hash_together();
        }
        for (Opened& one : opened_)
            if (one.what != nullptr) finish(one);
        for (const auto& [one, why] : failed_)
            hand_over_copy(one, why);
    }

  private:
    bool read(std::span<const Wanted> run) {
        begin_ = run[0].place->offset;
        std::uint64_t end = 0;
        for (const Wanted& one : run)
            end = std::max(end, one.end());
        const auto size = static_cast<std::size_t>(end - begin_);
        try {
            repository_.store().load(FileKind::Data, run[0].pack->id.hex(), begin_,
                                     codec_.sealed.reset(size), size);
            return true;
        } catch (const Error& error) {
            for (const Wanted& one : run)
                failed_.emplace_back(one, error);
            return false;
        }
    }

    // Two at a time, because two are hashed in the time of one.
    struct Opened {
        const Wanted* what = nullptr;
        Bytes& plain;
        std::size_t hashed = 0;
        Sha256 hash = {};

        std::string_view unhashed() const { return plain.view().substr(hashed); }
    };

    // Into the place that is free.
    bool open(const Wanted& one) {
        const BlobPlace& place = *one.place;
        try {
            open_blob(place, codec_.sealed.view().substr(place.offset - begin_, place.length),
                      codec_);
        } catch (const Error& error) {
            failed_.emplace_back(one, error);
            return false;
        }
        Opened& free = opened_[opened_[0].what == nullptr ? 0 : 1];
        std::swap(codec_.plain, free.plain);
        free.what = &one;
        free.hashed = 0;
        return true;
    }

    // As far as both reach: one place is free afterwards.
    void hash_together() {
        auto& [a, b] = opened_;
        if (a.what == nullptr || b.what == nullptr) return;
        const std::size_t both = std::min(a.unhashed().size(), b.unhashed().size());
        Sha256::update_both(a.hash, a.unhashed().substr(0, both), b.hash,
                            b.unhashed().substr(0, both));
        for (Opened& one : opened_) {
            one.hashed += both;
            if (one.unhashed().empty()) finish(one);
        }
    }

    void finish(Opened& opened) {
        opened.hash.update(opened.unhashed());
        const Wanted& one = *std::exchange(opened.what, nullptr);
        try {
            require_id(*one.place, opened.hash.finish());
        } catch (const Error& error) {
            failed_.emplace_back(one, error);
            return;
        }
        take_(one.number, opened.plain.view());
    }

    // When nothing else is needed of what was read.
    void hand_over_copy(const Wanted& one, const Error& why) {
        std::optional<std::string_view> plain;
        try {
            if (tells_damage(why)) plain = repository_.load_copy(type_, one.place->id, codec_);
        } catch (const Error& error) {
            return fail_(one.number, error);
        }
        if (plain)
            take_(one.number, *plain);
        else
            fail_(one.number, why);
    }

    const Repository& repository_;
    const BlobType type_;
    Codec& codec_;
    const TakeBlob& take_;
    const FailBlob& fail_;
    std::vector<Wanted> wanted_;
    std::vector<std::pair<Wanted, Error>> failed_;
    std::uint64_t begin_ = 0;  // in the pack, of what was read
    std::array<Opened, 2> opened_{{{nullptr, codec_.other_plain}, {nullptr, codec_.third_plain}}};
};

}  // namespace

void load_blobs(const Repository& repository, BlobType type, std::span<const Id> ids, Codec& codec,
                const TakeBlob& take, const FailBlob& fail) {
    Batch(repository, type, ids, codec, take, fail).load();
}

}  // namespace lifeboat::vault

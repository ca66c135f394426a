#include "vault/blob_batch.h"

#include <algorithm>
#include <optional>
#include <tuple>
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
            for (std::size_t i = 0; i < run.size(); i += 2)
                hand_over(run[i], i + 1 < run.size() ? &run[i + 1] : nullptr);
        }
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
    void hand_over(const Wanted& first, const Wanted* second) {
        const auto one = open(first);
        std::swap(codec_.plain, codec_.other_plain);
        const auto other = second != nullptr ? open(*second) : std::nullopt;
        Sha256 of_one, of_other;
        Sha256::update_both(of_one, one.value_or(""), of_other, other.value_or(""));
        if (one) hand_over(first, *one, of_one.finish());
        if (other) hand_over(*second, *other, of_other.finish());
    }

    std::optional<std::string_view> open(const Wanted& one) {
        const BlobPlace& place = *one.place;
        try {
            return open_blob(
                place, codec_.sealed.view().substr(place.offset - begin_, place.length), codec_);
        } catch (const Error& error) {
            failed_.emplace_back(one, error);
            return std::nullopt;
        }
    }

    void hand_over(const Wanted& one, std::string_view plain, const Id& found) {
        try {
            require_id(*one.place, found);
        } catch (const Error& error) {
            failed_.emplace_back(one, error);
            return;
        }
        take_(one.number, plain);
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
};

}  // namespace

void load_blobs(const Repository& repository, BlobType type, std::span<const Id> ids, Codec& codec,
                const TakeBlob& take, const FailBlob& fail) {
    Batch(repository, type, ids, codec, take, fail).load();
}

}  // namespace lifeboat::vault

#include "vault/check.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <new>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "mover/pool.h"
#include "vault/codec_pool.h"
#include "vault/sha256.h"
#include "vault/snapshot.h"
#include "vault/tiers.h"
#include "vault/tree.h"

namespace lifeboat::vault {
namespace {

// Blobs' places have four bytes.
constexpr std::uint64_t kLongestPack = std::numeric_limits<std::uint32_t>::max();
// Restic makes packs of 128 MiB at most, and a blob; a file may have any length.
constexpr std::uint64_t kMostReserved = 192 << 20;

class Check {
  public:
    Check(Repository& repository, CheckReport& report)
        : repository_(repository),
          report_(report),
          codec_(repository.make_codec()),
          codecs_(repository) {}

    // Snapshots are listed before the index is read: what they need is in it then.
    void list_snapshots() {
        repository_.store().each(FileKind::Snapshot, [&](const std::string& name, std::uint64_t) {
            snapshots_.push_back(name);
        });
    }

    void load_index() {
        collect("the index", [&] { repository_.load_index(); });
    }

    void follow_snapshots() {
        for (const std::string& name : snapshots_)
            collect("snapshot " + name, [&] {
                ++report_.snapshots;
                follow_trees(load_snapshot(repository_, name).tree);
            });
    }

    // Those of the index that are not in the store are damage. Returns the others.
    std::vector<SizedPack> find_packs() {
        std::unordered_map<Id, std::uint64_t, IdHash> sizes;
        repository_.store().each(FileKind::Data, [&](const std::string& name, std::uint64_t size) {
            sizes.emplace(*Id::parse(name), size);
        });
        std::vector<SizedPack> found;
        for (const PackEntry& pack : repository_.index().packs()) {
            ++report_.packs;
            const auto there = sizes.find(pack.id);
            if (there == sizes.end()) {
                tell("pack " + pack.id.hex() + " is in the index and not in the store");
                continue;
            }
            if (const auto least = least_pack_size(pack.blobs); there->second < least)
                tell("pack " + pack.id.hex() + " has " + std::to_string(there->second) +
                     " bytes and not the " + std::to_string(least) +
                     " of what the index says it holds");
            else if (there->second > kLongestPack)
                tell("pack " + pack.id.hex() + " has " + std::to_string(there->second) +
                     " bytes, more than a pack can have");
            else
                found.push_back({pack.id, there->second});
        }
        return found;
    }

    // Those that can be read now.
    std::vector<SizedPack> thawed(std::vector<SizedPack> packs) {
        Tiers* tiers = repository_.store().tiers();
        if (tiers == nullptr) return packs;
        std::unordered_set<Id, IdHash> frozen;
        tiers->each_pack([&](const TieredPack& pack) {
            if (pack.needs_thaw) frozen.insert(pack.id);
        });
        report_.packs_frozen = std::erase_if(packs, [&](const SizedPack& pack) {
            return frozen.contains(pack.id) && tiers->readiness(pack.id) != Readiness::Ready;
        });
        return packs;
    }

    // Beside each other: trees are followed by one thread.
    void follow_snapshots_and_read_packs(const std::vector<SizedPack>& packs, unsigned workers) {
        for (const SizedPack& pack : packs)
            largest_pack_ = std::max(largest_pack_, std::min(pack.size, kMostReserved));
        mover::Pool pool(workers, workers);
        pool.submit([this] { follow_snapshots(); });
        for (const SizedPack& pack : packs)
            pool.submit(
                [this, pack] { collect("pack " + pack.id.hex(), [&] { read_pack(pack); }); });
        while (!pool.wait_for(std::chrono::seconds(3600))) {
        }
    }

  private:
    template <typename Work>
    void collect(const std::string& what, Work work) {
        try {
            work();
        } catch (const Error& error) {
            tell(what + ": " + error.what());
        } catch (const std::bad_alloc&) {
            tell(what + ": it asks for more memory than there is");
        }
    }

    void tell(std::string damage) {
        const std::scoped_lock lock(mutex_);
        report_.damage.push_back(std::move(damage));
    }

    // With a list of its own: hostile trees may be deeper than the stack.
    void follow_trees(const Id& root) {
        std::vector<Id> waiting{root};
        while (!waiting.empty()) {
            const Id id = waiting.back();
            waiting.pop_back();
            if (!seen_.insert(id).second) continue;
            ++report_.trees;
            collect("tree " + id.hex(), [&] { follow_tree(id, waiting); });
        }
    }

    void follow_tree(const Id& id, std::vector<Id>& waiting) {
        for (const Node& node : decode_tree(repository_.load_blob(BlobType::Tree, id, *codec_))) {
            if (node.subtree) waiting.push_back(*node.subtree);
            for (const Id& part : node.content.value_or(std::vector<Id>())) {
                if (!repository_.index().has(BlobType::Data, part))
                    tell("tree " + id.hex() + ": file '" + node.name + "' needs blob " +
                         part.hex() + ", which no pack holds");
            }
        }
    }

    void read_pack(const SizedPack& pack) {
        codecs_.with([&](Codec& codec) {
            codec.sealed.reserve(largest_pack_);  // once: a buffer that grows leaves holes behind
            repository_.store().load(FileKind::Data, pack.id.hex(), 0,
                                     codec.sealed.reset(pack.size), pack.size);
            {
                const std::scoped_lock lock(mutex_);
                ++report_.packs_read;
                report_.bytes_read += pack.size;
            }
            compare_pack(codec.sealed.view(), *repository_.index().find_pack(pack.id), codec);
        });
    }

    void compare_pack(std::string_view bytes, const PackEntry& pack, Codec& codec) {
        const auto places = read_pack_header(bytes, codec.cipher);
        std::unordered_map<Id, const BlobPlace*, IdHash> by_id;
        for (const BlobPlace& place : places)
            by_id.emplace(place.id, &place);
        for (const BlobPlace& place : pack.blobs) {
            const auto at = by_id.find(place.id);
            if (at == by_id.end() || !(*at->second == place))
                throw Error(
                    ErrorCategory::Corruption, "WrongIndex",
                    "the index and the pack's header do not agree about blob " + place.id.hex());
        }
        Sha256 of_pack, of_blob;
        for (const BlobPlace& place : places) {
            const std::string_view sealed = bytes.substr(place.offset, place.length);
            Sha256::update_both(of_blob, open_blob(place, sealed, codec), of_pack, sealed);
            require_id(place, of_blob.finish());
        }
        const std::size_t end = places.empty() ? 0 : places.back().offset + places.back().length;
        of_pack.update(bytes.substr(end));
        if (of_pack.finish() != pack.id)
            throw Error(ErrorCategory::Corruption, "WrongContent",
                        "it does not hold what its name says");
    }

    Repository& repository_;
    CheckReport& report_;
    std::unique_ptr<Codec> codec_;
    CodecPool codecs_;
    std::uint64_t largest_pack_ = 0;
    std::mutex mutex_;  // over damage and what was read, in report_
    std::vector<std::string> snapshots_;
    std::unordered_set<Id, IdHash> seen_;
};

}  // namespace

CheckReport check(Repository& repository, const CheckOptions& options) {
    CheckReport report;
    Check work(repository, report);
    work.list_snapshots();
    work.load_index();
    auto packs = work.find_packs();
    if (options.depth == CheckDepth::ReadData)
        work.follow_snapshots_and_read_packs(
            work.thawed(options.subset.choose(std::move(packs), repository.random())),
            options.workers);
    else
        work.follow_snapshots();
    return report;
}

}  // namespace lifeboat::vault

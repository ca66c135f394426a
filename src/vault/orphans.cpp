#include "vault/orphans.h"

#include <algorithm>

#include "base/error.h"
#include "base/fault.h"
#include "base/log.h"
#include "vault/doomed.h"
#include "vault/needed_blobs.h"

namespace lifeboat::vault {
namespace {

constexpr std::size_t kBlobsPerIndex = 40000;
// Of a pack with up to four hundred blobs.
constexpr std::uint64_t kUsualEnd = 16 << 10;

std::set<std::string> names_of(Repository& repository, FileKind kind) {
    std::set<std::string> names;
    repository.store().each(kind,
                            [&](const std::string& name, std::uint64_t) { names.insert(name); });
    return names;
}

std::vector<BlobPlace> read_header(Store& store, const std::string& name, Codec& codec) {
    const auto size = store.size(FileKind::Data, name);
    if (!size) throw Error(ErrorCategory::NotFound, "PackNotFound", "it is gone");
    const auto load_end = [&](std::uint64_t length) {
        store.load(FileKind::Data, name, *size - length, codec.sealed.reset(length), length);
        return codec.sealed.view();
    };
    std::string_view end = load_end(std::min(*size, kUsualEnd));
    if (const auto length = pack_end_size(end); length > end.size() && length <= *size)
        end = load_end(length);
    return read_pack_end(end, *size, codec.cipher);
}

// What the index files `files` say of the packs called `names`, where these are long enough for it.
std::vector<PackEntry> find_entries(Repository& repository, const std::set<std::string>& files,
                                    std::set<std::string> names) {
    std::vector<PackEntry> found;
    for (const std::string& file : files) {
        if (names.empty()) break;
        try {
            for (PackEntry& pack : decode_index(repository.load_text(FileKind::Index, file))) {
                const std::string name = pack.id.hex();
                if (!names.contains(name)) continue;
                const auto size = repository.store().size(FileKind::Data, name);
                if (!size || *size < least_pack_size(pack.blobs)) continue;
                names.erase(name);
                log::warning("a pack's header is damaged; what the old index says of it is kept",
                             {{"pack", name}});
                found.push_back(std::move(pack));
            }
        } catch (const Error& error) {
            if (!tells_damage(error)) throw;
        }
    }
    return found;
}

}  // namespace

std::vector<PackEntry> read_headers(Repository& repository, const std::set<std::string>& names) {
    const auto codec = repository.make_codec();
    std::vector<PackEntry> packs;
    for (const std::string& name : names) {
        try {
            packs.push_back({*Id::parse(name), read_header(repository.store(), name, *codec)});
        } catch (const Error& error) {
            if (!tells_damage(error)) throw;
            log::warning("a pack cannot be read and is passed over",
                         {{"pack", name}, {"error", error.what()}});
        }
    }
    return packs;
}

void save_index(Repository& repository, std::vector<PackEntry> packs) {
    std::vector<PackEntry> part;
    std::size_t blobs = 0;
    const auto write = [&] {
        if (part.empty()) return;
        repository.save_text(FileKind::Index, encode_index(part));
        fault::reach("vault.index-written");
        part.clear();
        blobs = 0;
    };
    for (PackEntry& pack : packs) {
        blobs += pack.blobs.size();
        part.push_back(std::move(pack));
        if (blobs >= kBlobsPerIndex) write();
    }
    write();
}

std::size_t adopt_orphans(Repository& repository) {
    std::set<std::string> orphans;
    const auto doomed = load_doomed(repository);
    for (const std::string& name : names_of(repository, FileKind::Data))
        if (repository.index().find_pack(*Id::parse(name)) == nullptr) orphans.insert(name);
    for (const Doomed& waiting : doomed)
        orphans.erase(waiting.pack.hex());
    auto packs = read_headers(repository, orphans);
    // First: whoever relies on them must find them in the store's index, too.
    save_index(repository, packs);
    for (PackEntry& pack : packs)
        repository.add_pack(std::move(pack));
    return packs.size();
}

void adopt_orphans_of_the_dead(Repository& repository, Lock& lock) {
    if (!lock.found_stale() || !lock.others().empty()) return;
    try {
        adopt_orphans(repository);
    } catch (const Error& error) {
        // What is found only spares work, and a backup needs no cold pack.
        if (error.code() != "ColdDirectoryAway") throw;
        log::warning("what an interrupted backup wrote cannot be looked for, and is written again",
                     {{"error", error.what()}});
    }
}

std::size_t index_again(Repository& repository, const Id& tree) {
    const auto now = names_of(repository, FileKind::Index);
    const auto& then = repository.index_files();
    if (std::includes(now.begin(), now.end(), then.begin(), then.end())) return 0;
    Index index = read_index(repository);
    NeededBlobs needed(repository);
    needed.add(tree, index);
    if (needed.missing_count() == 0) return 0;
    std::set<std::string> unindexed;
    for (const std::string& name : names_of(repository, FileKind::Data))
        if (index.find_pack(*Id::parse(name)) == nullptr) unindexed.insert(name);
    const auto packs = read_headers(repository, unindexed);
    std::vector<const PackEntry*> candidates;
    for (const PackEntry& pack : packs)
        candidates.push_back(&pack);
    auto found = needed.find_in(candidates, index);
    const std::size_t count = found.size();
    save_index(repository, std::move(found));
    if (needed.missing_count() == 0) return count;
    throw Error(ErrorCategory::Corruption, "BlobsMissing",
                "the snapshot was saved, but " + std::to_string(needed.missing_count()) +
                    " blobs it needs, " + needed.first_missing().hex() +
                    " among them, were removed from the repository meanwhile; run it again, and "
                    "`lifeboat vault check`");
}

std::size_t rebuild_index(Repository& repository) {
    const auto before = names_of(repository, FileKind::Index);
    std::set<std::string> names = names_of(repository, FileKind::Data);
    auto packs = read_headers(repository, names);
    for (const PackEntry& pack : packs)
        names.erase(pack.id.hex());
    for (PackEntry& pack : find_entries(repository, before, std::move(names)))
        packs.push_back(std::move(pack));
    const std::size_t count = packs.size();
    save_index(repository, std::move(packs));
    // What a writer adds meanwhile stays; so does what was written just now.
    for (const std::string& name : before)
        repository.store().remove(FileKind::Index, name);
    return count;
}

}  // namespace lifeboat::vault

#include "vault/orphans.h"

#include "base/error.h"
#include "base/fault.h"
#include "base/log.h"
#include "vault/doomed.h"

namespace lifeboat::vault {
namespace {

constexpr std::size_t kBlobsPerIndex = 40000;

std::set<std::string> names_of(Repository& repository, FileKind kind) {
    std::set<std::string> names;
    repository.store().each(kind,
                            [&](const std::string& name, std::uint64_t) { names.insert(name); });
    return names;
}

}  // namespace

std::vector<PackEntry> read_headers(Repository& repository, const std::set<std::string>& names) {
    const auto codec = repository.make_codec();
    std::vector<PackEntry> packs;
    for (const std::string& name : names) {
        try {
            const std::string bytes = repository.store().load(FileKind::Data, name);
            packs.push_back({*Id::parse(name), read_pack_header(bytes, codec->cipher)});
        } catch (const Error& error) {
            if (error.category() != ErrorCategory::Corruption &&
                error.category() != ErrorCategory::NotFound)
                throw;
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
    for (const PackEntry& pack : packs)
        repository.add_pack(pack);
    const std::size_t count = packs.size();
    save_index(repository, std::move(packs));
    return count;
}

std::size_t rebuild_index(Repository& repository) {
    const auto before = names_of(repository, FileKind::Index);
    auto packs = read_headers(repository, names_of(repository, FileKind::Data));
    const std::size_t count = packs.size();
    save_index(repository, std::move(packs));
    // What a writer adds meanwhile stays; so does what was written just now.
    for (const std::string& name : before)
        repository.store().remove(FileKind::Index, name);
    return count;
}

}  // namespace lifeboat::vault

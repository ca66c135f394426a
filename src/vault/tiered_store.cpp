#include "vault/tiered_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <unordered_set>

#include "base/error.h"
#include "base/fault.h"
#include "os/file.h"

namespace lifeboat::vault {
namespace fs = std::filesystem;
namespace {

constexpr const char* kCold = "cold";
constexpr const char* kConfig = "config";

Time modified(const fs::path& file) {
    struct stat status {};
    // One that went meanwhile is as young as can be: nobody moves it.
    if (::stat(file.c_str(), &status) != 0) return Time::max();
    return from_epoch_seconds(static_cast<double>(status.st_mtim.tv_sec));
}

// Is there a link, wherever it leads, or a directory?
bool is_named(const fs::path& link) {
    std::error_code absent;
    return fs::exists(fs::symlink_status(link, absent));
}

fs::path place_of(const fs::path& link) {
    std::error_code is_no_link;
    const fs::path place = fs::read_symlink(link, is_no_link);
    return is_no_link ? link : place;
}

}  // namespace

TieredStore::TieredStore(const fs::path& root, Random& random)
    : link_(root / kCold), random_(random), hot_(root, random) {}

std::unique_ptr<DirectoryStore> TieredStore::cold() {
    if (!is_named(link_)) return nullptr;
    try {
        auto store = std::make_unique<DirectoryStore>(link_, random_);
        // A mount point without its disk is a directory, too.
        if (store->load(FileKind::Config, kConfig) == hot_.load(FileKind::Config, kConfig))
            return store;
    } catch (const Error& error) {
        if (error.category() != ErrorCategory::NotFound) throw;
    }
    throw Error(ErrorCategory::Unavailable, "ColdDirectoryAway",
                "the cold packs of this repository lie in '" + place_of(link_).string() +
                    "', and what is there now is not theirs; mount the disk, or let '" +
                    link_.string() + "' lead to where they are");
}

void TieredStore::require_may_be_cold(const fs::path& directory) {
    const fs::path place = fs::absolute(directory).lexically_normal();
    std::error_code absent;
    if (is_named(link_)) {
        if (fs::equivalent(cold()->path(FileKind::Config, kConfig), place / kConfig, absent))
            return;
        throw Error(ErrorCategory::AlreadyExists, "ColdDirectoryExists",
                    "the cold packs of this repository lie in '" + place_of(link_).string() +
                        "' already; to have them elsewhere, move that directory and let '" +
                        link_.string() + "' lead there");
    }
    // Be it this one, whose packs would be their own copies, or a copy of it.
    if (fs::exists(place / folder_of(FileKind::Key), absent))
        throw Error(ErrorCategory::InvalidInput, "NotColdDirectory",
                    "'" + place.string() +
                        "' is a repository itself; name a directory of its own for this one's "
                        "cold packs");
    if (!fs::exists(place / kConfig, absent)) return;
    if (DirectoryStore(place, random_).load(FileKind::Config, kConfig) !=
        hot_.load(FileKind::Config, kConfig))
        throw Error(ErrorCategory::InvalidInput, "NotColdDirectory",
                    "'" + place.string() +
                        "' belongs to another repository; name a directory of its own for this "
                        "one's cold packs");
}

void TieredStore::set_cold(const fs::path& directory) {
    require_may_be_cold(directory);
    if (is_named(link_)) return;
    const fs::path place = fs::absolute(directory).lexically_normal();
    DirectoryStore::make_for_packs(place);
    DirectoryStore store(place, random_);
    if (!store.size(FileKind::Config, kConfig))
        store.save(FileKind::Config, kConfig, hot_.load(FileKind::Config, kConfig));
    fault::reach("vault.cold.made");
    if (::symlink(place.c_str(), link_.c_str()) != 0)
        throw error_from_errno(errno, "make the link '" + link_.string() + "'");
    os::sync_directory(link_.parent_path());
}

template <class Look>
auto TieredStore::in_either(FileKind kind, Look look) {
    try {
        return look(hot_);
    } catch (const Error& error) {
        if (error.category() != ErrorCategory::NotFound || kind != FileKind::Data) throw;
        const auto store = cold();
        if (!store) throw;
        return look(*store);
    }
}

void TieredStore::each(FileKind kind,
                       const std::function<void(const std::string&, std::uint64_t)>& visit) {
    if (kind != FileKind::Data) return hot_.each(kind, visit);
    each_pack([&](const TieredPack& pack) { visit(pack.id.hex(), pack.size); });
}

void TieredStore::each_pack(const std::function<void(const TieredPack&)>& visit) {
    std::unordered_set<Id, IdHash> seen;
    const auto look = [&](DirectoryStore& store, bool is_cold) {
        store.each(FileKind::Data, [&](const std::string& name, std::uint64_t size) {
            const Id id = *Id::parse(name);
            if (!seen.insert(id).second) return;
            visit({id, size, modified(store.path(FileKind::Data, name)), is_cold ? kCold : "",
                   is_cold, false});
        });
    };
    look(hot_, false);
    if (const auto store = cold()) look(*store, true);
}

std::vector<TieredPack> TieredStore::cold_among(const std::function<PackSet()>& packs) {
    if (!is_named(link_)) return {};
    PackSet sought = packs();
    std::erase_if(sought,
                  [&](const Id& id) { return hot_.size(FileKind::Data, id.hex()).has_value(); });
    if (sought.empty()) return {};
    std::vector<TieredPack> found;
    each_pack([&](const TieredPack& pack) {
        if (pack.is_cold && sought.contains(pack.id)) found.push_back(pack);
    });
    return found;
}

std::optional<std::uint64_t> TieredStore::size(FileKind kind, const std::string& name) {
    if (const auto bytes = hot_.size(kind, name); bytes || kind != FileKind::Data) return bytes;
    const auto store = cold();
    return store ? store->size(kind, name) : std::nullopt;
}

std::string TieredStore::load(FileKind kind, const std::string& name) {
    return in_either(kind, [&](DirectoryStore& store) { return store.load(kind, name); });
}

void TieredStore::load(FileKind kind, const std::string& name, std::uint64_t offset, char* out,
                       std::size_t length) {
    in_either(kind, [&](DirectoryStore& store) { store.load(kind, name, offset, out, length); });
}

void TieredStore::save(FileKind kind, const std::string& name, std::string_view content) {
    hot_.save(kind, name, content);
}

void TieredStore::remove(FileKind kind, const std::string& name) {
    if (kind == FileKind::Data)
        if (const auto store = cold()) store->remove(kind, name);
    hot_.remove(kind, name);
}

fs::path TieredStore::path(FileKind kind, const std::string& name) {
    if (kind == FileKind::Data && !hot_.size(kind, name))
        if (const auto store = cold()) return store->path(kind, name);
    return hot_.path(kind, name);
}

void TieredStore::cool(const Id& pack, const std::string& storage_class) {
    const auto store = cold();
    if (!store)
        throw Error(ErrorCategory::InvalidInput, "ColdDirectoryMissing",
                    "this repository has no directory for cold packs yet; name one by --cold");
    if (!storage_class.empty())
        throw Error(ErrorCategory::InvalidInput, "InvalidStorageClass",
                    "a repository in a directory has no storage class '" + storage_class +
                        "'; its cold packs go to its cold directory");
    const std::string name = pack.hex();
    const auto require_whole = [&](const Id& found, const DirectoryStore& where) {
        if (found == pack) return;
        throw Error(ErrorCategory::Corruption, "WrongContent",
                    "'" + where.path(FileKind::Data, name).string() +
                        "' does not hold what its name says; `lifeboat vault check --read-data` "
                        "says what is affected");
    };
    {
        const std::string content = hot_.load(FileKind::Data, name);
        require_whole(Id::of(content), hot_);
        store->save(FileKind::Data, name, content);
    }
    // What had the name already is left alone by save(). Links may make it the pack itself.
    std::error_code gone;
    if (fs::equivalent(store->path(FileKind::Data, name), hot_.path(FileKind::Data, name), gone))
        throw Error(ErrorCategory::InvalidInput, "NotColdDirectory",
                    "'" + place_of(link_).string() + "' leads back into the repository; let '" +
                        link_.string() + "' lead to a directory of its own");
    require_whole(Id::of(store->load(FileKind::Data, name)), *store);
    fault::reach("vault.cool.copied");
    hot_.remove(FileKind::Data, name);
    fault::reach("vault.cool.moved");
}

}  // namespace lifeboat::vault

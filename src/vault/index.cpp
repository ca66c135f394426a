#include "vault/index.h"

#include <limits>
#include <optional>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::vault {
namespace {

Error damaged(const std::string& what) {
    return Error(ErrorCategory::Corruption, "InvalidIndex",
                 "an index file cannot be used: " + what);
}

Id id_of(const Json& object) {
    const auto id = Id::parse(find_string(object, "id").value_or(""));
    if (!id) throw damaged("an entry has no id");
    return *id;
}

std::uint32_t number(const Json& object, std::string_view member, bool is_optional) {
    const auto value = find_integer(object, member);
    if (!value && is_optional) return 0;
    if (!value || *value < 0 || *value > std::numeric_limits<std::uint32_t>::max())
        throw damaged("member '" + std::string(member) + "' is absent or out of range");
    return static_cast<std::uint32_t>(*value);
}

const Json& array(const Json& object, std::string_view member) {
    static const Json kNone = Json::array();
    const Json* found = find(object, member);
    // Go writes an empty list as null.
    if (found == nullptr || found->is_null()) return kNone;
    if (!found->is_array()) throw damaged("'" + std::string(member) + "' is no list");
    return *found;
}

}  // namespace

std::string encode_index(const std::vector<PackEntry>& packs) {
    Json list = Json::array();
    for (const PackEntry& pack : packs) {
        Json blobs = Json::array();
        for (const BlobPlace& place : pack.blobs) {
            blobs.push_back({{"id", place.id.hex()},
                             {"type", std::string(to_string(place.type))},
                             {"offset", place.offset},
                             {"length", place.length}});
            if (place.plain_length != 0) blobs.back()["uncompressed_length"] = place.plain_length;
        }
        list.push_back({{"id", pack.id.hex()}, {"blobs", std::move(blobs)}});
    }
    return to_text({{"packs", std::move(list)}});
}

std::vector<PackEntry> decode_index(std::string_view text) {
    const Json file = parse_json(text, "an index file");
    if (!file.is_object()) throw damaged("it is of the oldest form, before restic 0.2");
    std::vector<PackEntry> packs;
    for (const Json& entry : array(file, "packs")) {
        PackEntry pack{id_of(entry), {}};
        for (const Json& blob : array(entry, "blobs")) {
            BlobPlace place;
            place.id = id_of(blob);
            const std::string type = find_string(blob, "type").value_or("");
            if (type != "data" && type != "tree") throw damaged("a blob is of no known type");
            place.type = type == "tree" ? BlobType::Tree : BlobType::Data;
            place.offset = number(blob, "offset", false);
            place.length = number(blob, "length", false);
            place.plain_length = number(blob, "uncompressed_length", true);
            pack.blobs.push_back(place);
        }
        packs.push_back(std::move(pack));
    }
    return packs;
}

void Index::add(PackEntry pack) {
    const Id id = pack.id;
    const auto [at, is_new] = packs_.try_emplace(id, std::move(pack));
    if (!is_new) return;
    for (const BlobPlace& place : at->second.blobs)
        blobs_[static_cast<int>(place.type)][place.id] = {&at->second, &place};
}

Index::Found Index::find(BlobType type, const Id& id) const {
    const auto& blobs = blobs_[static_cast<int>(type)];
    const auto at = blobs.find(id);
    return at == blobs.end() ? Found{nullptr, nullptr} : at->second;
}

}  // namespace lifeboat::vault

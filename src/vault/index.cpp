#include "vault/index.h"

#include <charconv>

#include "base/error.h"
#include "vault/json_input.h"

namespace lifeboat::vault {
namespace {

constexpr std::uint64_t kMost32 = UINT32_MAX;

Error damaged(const std::string& what) {
    return Error(ErrorCategory::Corruption, "InvalidIndex",
                 "an index file cannot be used: " + what);
}

void append_number(std::string& out, const char* name, std::uint32_t value) {
    out += name;
    char text[10];
    out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

const boost::json::value& member(const boost::json::object& object, const char* name) {
    if (const auto* found = object.if_contains(name)) return *found;
    throw damaged(std::string("member '") + name + "' is absent");
}

BlobPlace decode_place(const JsonInput& input, const boost::json::object& object) {
    const auto number = [&](const boost::json::value& value) {
        return static_cast<std::uint32_t>(input.number(value, kMost32));
    };
    BlobPlace place;
    place.id = input.id(member(object, "id"));
    const std::string_view type = input.text(member(object, "type"));
    if (type != "data" && type != "tree") throw damaged("a blob is of no known type");
    place.type = type == "tree" ? BlobType::Tree : BlobType::Data;
    place.offset = number(member(object, "offset"));
    place.length = number(member(object, "length"));
    if (const auto* plain = object.if_contains("uncompressed_length"))
        place.plain_length = number(*plain);
    return place;
}

}  // namespace

std::string encode_index(const std::vector<PackEntry>& packs) {
    std::string out = "{\"packs\":[";
    for (const PackEntry& pack : packs) {
        if (&pack != packs.data()) out += ',';
        out += "{\"id\":\"" + pack.id.hex() + "\",\"blobs\":[";
        for (const BlobPlace& place : pack.blobs) {
            if (&place != pack.blobs.data()) out += ',';
            out += "{\"id\":\"";
            out += place.id.hex();
            out += "\",\"type\":\"";
            out += to_string(place.type);
            append_number(out, "\",\"offset\":", place.offset);
            append_number(out, ",\"length\":", place.length);
            if (place.plain_length != 0)
                append_number(out, ",\"uncompressed_length\":", place.plain_length);
            out += '}';
        }
        out += "]}";
    }
    return out += "]}";
}

std::vector<PackEntry> decode_index(std::string_view text) {
    const JsonInput input(text, "an index file");
    if (!input.root().is_object()) throw damaged("it is of the oldest form, before restic 0.2");
    std::vector<PackEntry> packs;
    const auto* list = input.object(input.root()).if_contains("packs");
    if (list == nullptr) return packs;
    for (const auto& value : input.array(*list)) {
        const auto& entry = input.object(value);
        PackEntry pack{input.id(member(entry, "id")), {}};
        if (const auto* blobs = entry.if_contains("blobs")) {
            pack.blobs.reserve(input.array(*blobs).size());
            for (const auto& blob : input.array(*blobs))
                pack.blobs.push_back(decode_place(input, input.object(blob)));
        }
        packs.push_back(std::move(pack));
    }
    return packs;
}

std::size_t Index::slot_of(BlobType type, const Id& id) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t number = IdHash()(id) & mask;
    while (slots_[number].pack != kFree) {
        const BlobPlace& there = at(slots_[number]);
        if (there.id == id && there.type == type) break;
        number = (number + 1) & mask;
    }
    return number;
}

void Index::grow() {
    const auto before = std::move(slots_);
    slots_.assign(std::max<std::size_t>(1024, before.size() * 2), Slot{});
    for (const Slot& slot : before)
        if (slot.pack != kFree) slots_[slot_of(at(slot).type, at(slot).id)] = slot;
}

void Index::add(PackEntry pack) {
    const auto number = static_cast<std::uint32_t>(packs_.size());
    if (!numbers_.emplace(pack.id, number).second) return;
    packs_.push_back(std::move(pack));
    const PackEntry& added = packs_.back();
    for (std::uint32_t i = 0; i < added.blobs.size(); ++i) {
        if (used_ * 10 >= slots_.size() * 7) grow();
        Slot& slot = slots_[slot_of(added.blobs[i].type, added.blobs[i].id)];
        if (slot.pack != kFree) {
            copies_.emplace(added.blobs[i].id, Slot{number, i});
            continue;
        }
        slot = {number, i};
        ++used_;
    }
}

Index::Found Index::find(BlobType type, const Id& id) const {
    if (slots_.empty()) return {nullptr, nullptr};
    const Slot slot = slots_[slot_of(type, id)];
    if (slot.pack == kFree) return {nullptr, nullptr};
    return {&packs_[slot.pack], &at(slot)};
}

std::vector<Index::Found> Index::find_copies(BlobType type, const Id& id) const {
    std::vector<Found> found;
    const auto [begin, end] = copies_.equal_range(id);
    for (auto copy = begin; copy != end; ++copy)
        if (at(copy->second).type == type)
            found.push_back({&packs_[copy->second.pack], &at(copy->second)});
    return found;
}

const PackEntry* Index::find_pack(const Id& id) const {
    const auto at = numbers_.find(id);
    return at == numbers_.end() ? nullptr : &packs_[at->second];
}

}  // namespace lifeboat::vault

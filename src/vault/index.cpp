#include "vault/index.h"

#include <algorithm>

namespace lifeboat::vault {

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

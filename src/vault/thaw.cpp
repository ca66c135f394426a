#include "vault/thaw.h"

#include "base/fault.h"
#include "vault/tree_path.h"

namespace lifeboat::vault {
namespace {

PackSet packs_for(Repository& repository, const RestoreOptions& what) {
    PackSet packs;
    walk_tree(repository, what.tree, "", [&](const std::string& path, const Node& node) {
        const bool is_taken = what.takes(path);
        if (is_taken)
            for (const Id& id : node.content.value_or(std::vector<Id>()))
                if (const PackEntry* pack = repository.find(BlobType::Data, id).pack)
                    packs.insert(pack->id);
        return is_taken || what.may_take_below(path);
    });
    return packs;
}

}  // namespace

std::string_view to_string(ThawTier tier) {
    switch (tier) {
        case ThawTier::Expedited:
            return "Expedited";
        case ThawTier::Standard:
            return "Standard";
        case ThawTier::Bulk:
            return "Bulk";
    }
    return "";
}

void ColdPacks::add(const TieredPack& pack, Readiness readiness) {
    ++packs;
    bytes += pack.size;
    if (readiness == Readiness::Thawing) {
        ++thawing_packs;
        thawing_bytes += pack.size;
    } else if (readiness == Readiness::Frozen) {
        ++frozen_packs;
        frozen_bytes += pack.size;
    }
}

ThawPlan::ThawPlan(Repository& repository, const RestoreOptions& what)
    : tiers_(repository.store().tiers()) {
    if (tiers_ == nullptr) return;
    for (const TieredPack& pack : tiers_->cold_among([&] { return packs_for(repository, what); })) {
        const Readiness readiness = pack.needs_thaw ? tiers_->readiness(pack.id) : Readiness::Ready;
        cold_[pack.storage_class].add(pack, readiness);
        if (readiness != Readiness::Ready) waiting_.push_back({pack, readiness});
    }
}

ColdPacks ThawPlan::waiting() const {
    ColdPacks counts;
    for (const auto& [pack, readiness] : waiting_)
        counts.add(pack, readiness);
    return counts;
}

ThawTerms ThawPlan::terms(const std::string& storage_class, ThawTier tier) const {
    return tiers_->terms(storage_class, tier);
}

void ThawPlan::ask(const Thaw& how) {
    // Before anything is asked for, and paid.
    for (const auto& [storage_class, counts] : cold_)
        if (counts.frozen_packs > 0) terms(storage_class, how.tier);
    for (Waiting& one : waiting_) {
        if (one.readiness != Readiness::Frozen) continue;
        tiers_->begin_thaw(one.pack.id, how);
        one.readiness = Readiness::Thawing;
        fault::reach("vault.thaw.asked");
    }
}

void ThawPlan::look() {
    std::erase_if(waiting_, [&](Waiting& one) {
        one.readiness = tiers_->readiness(one.pack.id);
        return one.readiness == Readiness::Ready;
    });
}

}  // namespace lifeboat::vault

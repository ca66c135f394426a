#include "vault/s3_tiers.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"

namespace lifeboat::vault {
namespace {

struct Terms {
    std::string_view storage_class;
    ThawTier tier;
    std::string_view wait, cost;
};
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
constexpr std::array kTerms{
    Terms{"GLACIER", ThawTier::Expedited, "1 to 5 minutes", "the dearest retrieval"},
    Terms{"GLACIER", ThawTier::Standard, "3 to 5 hours", "the usual retrieval"},
    Terms{"GLACIER", ThawTier::Bulk, "5 to 12 hours", "free retrieval"},
    Terms{"DEEP_ARCHIVE", ThawTier::Standard, "up to 12 hours", "the usual retrieval"},
    Terms{"DEEP_ARCHIVE", ThawTier::Bulk, "up to 48 hours", "the cheapest retrieval"},
};

bool needs_thaw(std::string_view storage_class) {
    return std::any_of(kTerms.begin(), kTerms.end(),
                       [&](const Terms& terms) { return terms.storage_class == storage_class; });
}

// S3 leaves the name of its standard class out here and there.
std::string class_of(const Json& answer) {
    return string_or(answer, "StorageClass", "STANDARD");
}

}  // namespace

void S3Tiers::each_pack(const std::function<void(const TieredPack&)>& visit) {
    const std::string written = written_.empty() ? "STANDARD" : written_;
    objects_.each(FileKind::Data, [&](const std::string& name, const Json& entry) {
        TieredPack pack;
        pack.id = *Id::parse(name);
        pack.size = static_cast<std::uint64_t>(require_integer(entry, "Size"));
        pack.modified = from_epoch_seconds(entry.value("LastModified", 0.0));
        pack.storage_class = class_of(entry);
        pack.is_cold = pack.storage_class != written;
        pack.needs_thaw = needs_thaw(pack.storage_class);
        visit(pack);
    });
}

std::vector<TieredPack> S3Tiers::cold_among(const std::function<PackSet()>& packs) {
    std::vector<TieredPack> found;
    each_pack([&](const TieredPack& pack) {
        if (pack.is_cold || pack.needs_thaw) found.push_back(pack);
    });
    if (found.empty()) return found;
    const PackSet sought = packs();
    std::erase_if(found, [&](const TieredPack& pack) { return !sought.contains(pack.id); });
    return found;
}

void S3Tiers::cool(const Id& pack, const std::string& storage_class) {
    Json request = objects_.request(FileKind::Data, pack.hex());
    request["CopySource"] =
        percent_encode(objects_.bucket() + "/" + require_string(request, "Key"), "/");
    request["StorageClass"] = storage_class;
    objects_.call("CopyObject", request);
}

Readiness S3Tiers::readiness(const Id& pack) {
    const Json head = objects_.call("HeadObject", objects_.request(FileKind::Data, pack.hex()));
    if (!needs_thaw(class_of(head))) return Readiness::Ready;
    const std::string restore = string_or(head, "Restore", "");
    if (restore.find("ongoing-request=\"true\"") != std::string::npos) return Readiness::Thawing;
    return restore.empty() ? Readiness::Frozen : Readiness::Ready;
}

ThawTerms S3Tiers::terms(const std::string& storage_class, ThawTier tier) const {
    for (const Terms& terms : kTerms)
        if (terms.storage_class == storage_class && terms.tier == tier)
            return {std::string(terms.wait), std::string(terms.cost)};
    if (!needs_thaw(storage_class)) return {"no wait", "a charge for each GB that is read"};
    throw Error(ErrorCategory::InvalidInput, "InvalidTier",
                storage_class + " has no " + std::string(to_string(tier)) +
                    " retrieval; ask for the standard or the bulk one");
}

void S3Tiers::begin_thaw(const Id& pack, const Thaw& how) {
    Json request = objects_.request(FileKind::Data, pack.hex());
    request["RestoreRequest"] = {{"Days", how.days},
                                 {"GlacierJobParameters", {{"Tier", to_string(how.tier)}}}};
    try {
        objects_.call("RestoreObject", request);
    } catch (const Error& error) {
        if (error.code() != "RestoreAlreadyInProgress") throw;
    }
}

}  // namespace lifeboat::vault

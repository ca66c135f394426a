// S3's storage classes, of the packs of a repository in a bucket
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html).
//
// A pack changes its class by being copied onto itself. Those of GLACIER and DEEP_ARCHIVE are
// thawed by RestoreObject, which makes a copy that can be read for some days; S3 itself remembers
// what was asked for, so whoever comes back later goes on.
#pragma once

#include "vault/s3_objects.h"
#include "vault/tiers.h"

namespace lifeboat::vault {

class S3Tiers final : public Tiers {
  public:
    // `written` is the class packs are written in, "" the bucket's own; any other is cold.
    // `objects` outlives this.
    S3Tiers(const S3Objects& objects, std::string written)
        : objects_(objects), written_(std::move(written)) {}

    void each_pack(const std::function<void(const TieredPack&)>& visit) override;
    std::vector<TieredPack> cold_among(const std::function<PackSet()>& packs) override;
    void cool(const Id& pack, const std::string& storage_class) override;
    Readiness readiness(const Id& pack) override;
    ThawTerms terms(const std::string& storage_class, ThawTier tier) const override;
    void begin_thaw(const Id& pack, const Thaw& how) override;

  private:
    const S3Objects& objects_;
    const std::string written_;
};

}  // namespace lifeboat::vault

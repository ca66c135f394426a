// A repository in a bucket, laid out as restic's S3 back end does: config, data/ab/ab…, index/,
// keys/, locks/, snapshots/ below a prefix. Any S3 will do that is consistent, as all are today.
//
// Large files go up in parts; what fails is aborted, so that no parts are left to be paid for. A
// file carries its SHA-256, which is its name: the server compares it. Where the bucket keeps
// versions, a removed file leaves its versions behind until a lifecycle rule of the bucket ends
// them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/json_fwd.h"
#include "cloud/cloud.h"
#include "vault/s3_objects.h"
#include "vault/s3_tiers.h"
#include "vault/store.h"

namespace lifeboat::vault {

struct S3Location {
    std::string endpoint;  // "http://host:port"; "" is AWS
    std::string region;    // that the host names; "" where it does not
    std::string bucket;
    std::string prefix;  // "" or "a/b", without slashes at its ends
};
// restic's forms: "s3:http://host:port/bucket/prefix", "s3:host/bucket/prefix",
// "s3://host/bucket/prefix". Throws InvalidInput.
S3Location parse_s3_location(std::string_view location);

struct S3StoreOptions {
    // Of packs; what is needed to look at snapshots stays in the bucket's own class.
    std::string storage_class;
    // Of parts, and up to which a file goes in one request. S3 takes no parts below 5 MiB.
    std::size_t part_bytes = std::size_t{16} << 20;
    std::size_t single_bytes = std::size_t{20} << 20;
};

class S3Store final : public Store {
  public:
    // `cloud` answers the service "s3" and repeats what may pass by itself.
    S3Store(std::string bucket, const std::string& prefix, std::shared_ptr<cloud::Cloud> cloud,
            S3StoreOptions options = {});

    // Makes the bucket unless it is there and ours.
    void make();

    void each(FileKind kind,
              const std::function<void(const std::string&, std::uint64_t)>& visit) override;
    std::optional<std::uint64_t> size(FileKind kind, const std::string& name) override;
    std::string load(FileKind kind, const std::string& name) override;
    void load(FileKind kind, const std::string& name, std::uint64_t offset, char* out,
              std::size_t length) override;
    void save(FileKind kind, const std::string& name, std::string_view content) override;
    void remove(FileKind kind, const std::string& name) override;

    Tiers* tiers() override { return &tiers_; }

  private:
    Json get(const Json& request) const;
    // False: something has the name already.
    bool put(FileKind kind, const std::string& name, std::string_view content);
    bool put_parts(FileKind kind, const std::string& name, std::string_view content);
    Json upload_parts(const Json& upload, std::string_view content);

    const S3Objects objects_;
    const S3StoreOptions options_;
    S3Tiers tiers_{objects_, options_.storage_class};
};

}  // namespace lifeboat::vault

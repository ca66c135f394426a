// The objects of one repository in a bucket: their keys, and calls about them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/json_fwd.h"
#include "cloud/cloud.h"
#include "vault/store.h"

namespace lifeboat::vault {

class S3Objects {
  public:
    // Below `prefix` ("" or "a/b"). `cloud` answers the service "s3".
    S3Objects(std::string bucket, const std::string& prefix, std::shared_ptr<cloud::Cloud> cloud);

    const std::string& bucket() const { return bucket_; }
    const std::string& folder() const { return folder_; }  // "" or "a/b/"
    // config, data/ab/ab…, index/…
    std::string key(FileKind kind, const std::string& name) const;
    // Bucket and key, as a request has them.
    Json request(FileKind kind, const std::string& name) const;
    Json call(std::string_view operation, const Json& request) const;
    // Those of a kind that are the repository's, each with its entry in the listing.
    void each(FileKind kind,
              const std::function<void(const std::string& name, const Json& entry)>& visit) const;

  private:
    const std::string bucket_;
    const std::string folder_;
    const std::shared_ptr<cloud::Cloud> cloud_;
};

}  // namespace lifeboat::vault

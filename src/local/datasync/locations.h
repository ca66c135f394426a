// Where data lies: a file system of the local cloud, a directory of this machine, or a bucket.
#pragma once

#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "local/service.h"
#include "local/site.h"
#include "os/unique_fd.h"

namespace lifeboat::local::datasync {

struct Location {
    enum class Kind { Efs, Local, S3 };
    std::string arn;
    Kind kind = Kind::Efs;
    std::string uri;
    // The trusted directory: a file system's, or one of datasync.local_roots. Or the bucket.
    std::string root;
    // Below it, without leading or trailing slash; empty: all of it. Users may own what lies there.
    std::string path;
    // As S3 calls it; empty: the bucket's own.
    std::string storage_class;
};

class Locations {
  public:
    explicit Locations(Site& site) : site_(site) {}

    // CreateLocationEfs asks the efs service and so is no plain write.
    Json create_efs(const Json& request, const Caller& caller);
    Json create_nfs(Transaction& tx, const Json& request);
    // CreateLocationS3 asks the s3 service.
    Json create_s3(const Json& request, const Caller& caller);
    Json update_s3(Transaction& tx, const Json& request);
    Json describe(Transaction& tx, const Json& request, Location::Kind kind) const;
    Json list(Transaction& tx, const Json& request) const;
    Json remove(Transaction& tx, const Json& request);

    // Refuses an ARN that is not there.
    Location require_location(Transaction& tx, const std::string& arn) const;
    // Opens the directory (of a location that is none: a bug) without following links below `root`.
    // Throws Error{NotFound, "LocationNotFound"} when it is not there.
    os::UniqueFd open(const Location& location) const;

  private:
    struct New;
    std::string insert(Transaction& tx, const New& location, const Json& request);
    void require_bucket(const std::string& bucket) const;
    std::vector<std::string> local_roots() const;

    Site& site_;
};

}  // namespace lifeboat::local::datasync

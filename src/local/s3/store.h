// What the parts of the S3 service share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "local/s3/content_files.h"
#include "local/s3/restore.h"
#include "local/s3/rows.h"
#include "local/service.h"
#include "local/site.h"

namespace lifeboat::local::s3 {

// More bytes than this do not pass through one call: a client asks for ranges, or sends parts.
inline constexpr std::int64_t kMostBytesAtOnce = 256 << 20;

struct Store {
    explicit Store(Site& given_site)
        : site(given_site), files(given_site.data / "s3", given_site.random) {}
    Site& site;
    ContentFiles files;
};

std::int64_t micros(Time time);
double seconds(std::int64_t micros);
// The owner of every bucket and object here: the account, by its canonical id.
Json owner(const Store& store);
std::string new_version(Store& store);

// Members that ask for what is not offered (ACLs, encryption by S3, tags, object lock): throws
// "NotImplemented" naming the first, or "InvalidStorageClass".
void refuse_special(const Json& request);
// Throws "AccessDenied" when ExpectedBucketOwner is another account.
void check_owner(const Store& store, const Json& request);
// What a writing request says about the object, in the names of GetObject's answer.
Json description(const Json& request);

// Removes the files after the commit.
void remove_after(Transaction& tx, Store& store, std::vector<std::string> files);

// The latest version, or the one of that id. Throws "NoSuchBucket", "NoSuchKey", "NoSuchVersion",
// "MethodNotAllowed" (a delete marker).
ObjectRow object_named(Transaction& tx, const std::string& bucket, const std::string& key,
                       const std::string& version);

struct Content {
    ObjectRow object;
    std::vector<Segment> segments;
    std::optional<Restore> restore;  // as it stood when the rest was looked up
};

// Throws as object_named().
Content content_of(Store& store, const std::string& bucket, const std::string& key,
                   const std::string& version);

enum class ReadAs { Object, CopySource };
// Throws "InvalidObjectState" for an archived object without a restored copy.
void check_readable(const Content& content, ReadAs as);
// Throws Error{NotFound} when the object was replaced meanwhile.
std::string bytes_of(Store& store, const Content& content, Extent extent);

// "bucket/key?versionId=v", percent-encoded, with or without a slash before.
struct CopySource {
    std::string bucket;
    std::string key;
    std::string version;
};
CopySource parse_copy_source(const std::string& text);

}  // namespace lifeboat::local::s3

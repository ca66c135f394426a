// Buckets and objects in the database.
//
// An object is one row per version. Its bytes are segments: one file for an object that was put
// whole, one per part for one that was uploaded in parts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "local/database.h"
#include "local/s3/conditions.h"

namespace lifeboat::local::s3 {

// Of these rows and of those of local/s3/restore.h.
std::vector<std::string> row_schema();

struct BucketRow {
    std::string name;
    std::int64_t created = 0;  // microseconds since 1970
    std::string versioning;    // "", "Enabled", "Suspended"
};

struct Segment {
    std::string file;
    std::int64_t size = 0;
};

inline constexpr const char* kNullVersion = "null";

struct ObjectRow {
    std::int64_t id = 0;
    std::string bucket;
    std::string key;
    std::string version = kNullVersion;
    bool is_latest = true;
    bool is_marker = false;  // a delete marker: no bytes
    std::string etag;        // with its quotes
    std::int64_t size = 0;
    std::int64_t modified = 0;  // microseconds since 1970
    // Members of GetObject's answer that were given at writing: content headers, Metadata,
    // StorageClass, checksums, PartsCount. Text of a JSON object.
    std::string description = "{}";

    ObjectState state() const { return {etag, modified}; }
};

// Throws "NoSuchBucket".
BucketRow bucket_named(Transaction& tx, const std::string& name);

// Of the latest version, or the one of that id. Delete markers too.
std::optional<ObjectRow> find_object(Transaction& tx, const std::string& bucket,
                                     const std::string& key, const std::string& version);
std::vector<Segment> segments_of(Transaction& tx, std::int64_t object);

// Puts a new latest version in its place as the bucket's versioning demands, and returns its
// version ("" where the bucket never had versions). `replaced` receives the files that no row
// refers to any more: remove them after the commit.
std::string put_row(Transaction& tx, const BucketRow& bucket, ObjectRow row,
                    const std::vector<Segment>& segments, const std::string& new_version,
                    std::vector<std::string>& replaced);
// Removes one version for good, with its restored copy; the newest of the others becomes the
// latest.
void remove_row(Transaction& tx, const ObjectRow& row, std::vector<std::string>& replaced);

ObjectRow read_object_row(const Row& row);

}  // namespace lifeboat::local::s3

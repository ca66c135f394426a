#include "local/s3/rows.h"

#include "base/json.h"
#include "local/s3/refusal.h"
#include "local/s3/restore.h"

namespace lifeboat::local::s3 {

std::vector<std::string> row_schema() {
    return {R"sql(
        CREATE TABLE s3_bucket (
            name TEXT PRIMARY KEY,
            created INTEGER NOT NULL,
            versioning TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE s3_object (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            bucket TEXT NOT NULL,
            key TEXT NOT NULL,
            version TEXT NOT NULL,
            latest INTEGER NOT NULL,
            marker INTEGER NOT NULL,
            etag TEXT NOT NULL,
            size INTEGER NOT NULL,
            modified INTEGER NOT NULL,
            described TEXT NOT NULL,
            UNIQUE (bucket, key, version)
        );
        CREATE UNIQUE INDEX s3_object_latest ON s3_object (bucket, key) WHERE latest = 1;
        CREATE INDEX s3_object_age ON s3_object (bucket, key, id DESC);
        CREATE TABLE s3_segment (
            object INTEGER NOT NULL,
            number INTEGER NOT NULL,
            file TEXT NOT NULL,
            size INTEGER NOT NULL,
            PRIMARY KEY (object, number)
        ) WITHOUT ROWID;
        CREATE INDEX s3_segment_file ON s3_segment (file);
        CREATE TABLE s3_upload (
            id TEXT PRIMARY KEY,
            bucket TEXT NOT NULL,
            key TEXT NOT NULL,
            initiated INTEGER NOT NULL,
            described TEXT NOT NULL,
            algorithm TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX s3_upload_key ON s3_upload (bucket, key, id);
        CREATE TABLE s3_part (
            upload TEXT NOT NULL,
            number INTEGER NOT NULL,
            file TEXT NOT NULL,
            size INTEGER NOT NULL,
            etag TEXT NOT NULL,
            modified INTEGER NOT NULL,
            checksums TEXT NOT NULL,
            PRIMARY KEY (upload, number)
        ) WITHOUT ROWID;
        CREATE INDEX s3_part_file ON s3_part (file);
    )sql",
            R"sql(
        CREATE TABLE s3_restore (
            object INTEGER PRIMARY KEY,
            ready INTEGER NOT NULL,
            expires INTEGER NOT NULL
        ) WITHOUT ROWID;
    )sql"};
}

BucketRow bucket_named(Transaction& tx, const std::string& name) {
    const auto found = tx.one("SELECT created, versioning FROM s3_bucket WHERE name = ?1", {name},
                              [&](const Row& row) {
                                  return BucketRow{name, row.integer(0), row.string(1)};
                              });
    if (!found)
        throw refusal("NoSuchBucket", "The specified bucket does not exist",
                      Json{{"BucketName", name}});
    return *found;
}

ObjectRow read_object_row(const Row& row) {
    ObjectRow object;
    object.id = row.integer(0);
    object.bucket = row.string(1);
    object.key = row.string(2);
    object.version = row.string(3);
    object.is_latest = row.integer(4) != 0;
    object.is_marker = row.integer(5) != 0;
    object.etag = row.string(6);
    object.size = row.integer(7);
    object.modified = row.integer(8);
    object.description = row.string(9);
    return object;
}

std::optional<ObjectRow> find_object(Transaction& tx, const std::string& bucket,
                                     const std::string& key, const std::string& version) {
    if (version.empty())
        return tx.one(
            "SELECT id, bucket, key, version, latest, marker, etag, size, modified, described"
            " FROM s3_object WHERE bucket = ?1 AND key = ?2 AND latest = 1",
            {bucket, key}, read_object_row);
    return tx.one(
        "SELECT id, bucket, key, version, latest, marker, etag, size, modified, described"
        " FROM s3_object WHERE bucket = ?1 AND key = ?2 AND version = ?3",
        {bucket, key, version}, read_object_row);
}

std::vector<Segment> segments_of(Transaction& tx, std::int64_t object) {
    std::vector<Segment> segments;
    tx.each("SELECT file, size FROM s3_segment WHERE object = ?1 ORDER BY number", {object},
            [&](const Row& row) {
                segments.push_back({row.string(0), row.integer(1)});
                return true;
            });
    return segments;
}

void remove_row(Transaction& tx, const ObjectRow& row, std::vector<std::string>& replaced) {
    for (Segment& segment : segments_of(tx, row.id))
        replaced.push_back(std::move(segment.file));
    tx.run("DELETE FROM s3_segment WHERE object = ?1", {row.id});
    remove_restore(tx, row.id);
    tx.run("DELETE FROM s3_object WHERE id = ?1", {row.id});
    if (!row.is_latest) return;
    tx.run(
        "UPDATE s3_object SET latest = 1 WHERE id ="
        " (SELECT max(id) FROM s3_object WHERE bucket = ?1 AND key = ?2)",
        {row.bucket, row.key});
}

std::string put_row(Transaction& tx, const BucketRow& bucket, ObjectRow row,
                    const std::vector<Segment>& segments, const std::string& new_version,
                    std::vector<std::string>& replaced) {
    row.version = bucket.versioning == "Enabled" ? new_version : kNullVersion;
    if (const auto old = find_object(tx, bucket.name, row.key, row.version))
        remove_row(tx, *old, replaced);
    tx.run("UPDATE s3_object SET latest = 0 WHERE bucket = ?1 AND key = ?2 AND latest = 1",
           {bucket.name, row.key});
    tx.run(
        "INSERT INTO s3_object (bucket, key, version, latest, marker, etag, size, modified,"
        " described) VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, ?8)",
        {bucket.name, row.key, row.version, row.is_marker ? 1 : 0, row.etag, row.size, row.modified,
         row.description});
    const std::int64_t id = tx.last_insert_rowid();
    std::int64_t number = 0;
    for (const Segment& segment : segments)
        tx.run("INSERT INTO s3_segment (object, number, file, size) VALUES (?1, ?2, ?3, ?4)",
               {id, ++number, segment.file, segment.size});
    return bucket.versioning.empty() ? "" : row.version;
}

}  // namespace lifeboat::local::s3

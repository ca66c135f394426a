#include "local/s3/objects.h"

#include "base/digest.h"
#include "base/encoding.h"
#include "base/json.h"
#include "local/s3/checksums.h"
#include "local/s3/refusal.h"

namespace lifeboat::local::s3 {
namespace {

std::string quoted_md5(std::string_view bytes) {
    return '"' + to_hex(md5(bytes)) + '"';
}

void add_version(Json& answer, const std::string& version) {
    if (!version.empty()) answer["VersionId"] = version;
}

// Makes the new object the latest. The files are gone again when it fails.
std::string publish(Store& store, const Json& request, const ObjectRow& row,
                    const std::vector<Segment>& segments) {
    try {
        return store.site.database.write([&](Transaction& tx) {
            const BucketRow bucket = bucket_named(tx, row.bucket);
            const auto current = find_object(tx, row.bucket, row.key, "");
            check_write(request, current && !current->is_marker ? std::optional(current->state())
                                                                : std::nullopt);
            std::vector<std::string> replaced;
            const std::string version =
                put_row(tx, bucket, row, segments, new_version(store), replaced);
            remove_after(tx, store, std::move(replaced));
            return version;
        });
    } catch (...) {
        for (const Segment& segment : segments)
            store.files.remove(segment.file);
        throw;
    }
}

Json put_object(Store& store, const Json& request) {
    refuse_special(request);
    check_owner(store, request);
    store.site.database.read(
        [&](Transaction& tx) { return bucket_named(tx, require_string(request, "Bucket")); });
    const std::string bytes = base64_decode(string_or(request, "Body", "")).value_or("");
    ObjectRow row;
    row.bucket = require_string(request, "Bucket");
    row.key = require_string(request, "Key");
    if (row.key.size() > 1024)
        throw refusal("KeyTooLongError", "Your key is too long: more than 1024 bytes.");
    const Json sums =
        checked_checksums(request, bytes, string_or(request, "ChecksumAlgorithm", ""));
    row.etag = quoted_md5(bytes);
    row.size = static_cast<std::int64_t>(bytes.size());
    row.modified = micros(store.site.clock.now());
    Json described = description(request);
    described.update(sums);
    if (!sums.empty()) described["ChecksumType"] = "FULL_OBJECT";
    row.description = to_text(described);
    std::vector<Segment> segments;
    if (!bytes.empty()) segments.push_back({store.files.write(bytes), row.size});
    Json answer = {{"ETag", row.etag}};
    answer.update(sums);
    if (!sums.empty()) answer["ChecksumType"] = "FULL_OBJECT";
    add_version(answer, publish(store, request, row, segments));
    return answer;
}

// The bytes of one part of an object, as PartNumber asks for.
Extent part_extent(const Content& content, std::int64_t number) {
    const auto parts = static_cast<std::int64_t>(content.segments.size());
    if (number < 1 || number > std::max<std::int64_t>(parts, 1))
        throw refusal("InvalidRange", "The object has no part " + std::to_string(number) + ".");
    Extent extent;
    for (std::int64_t i = 0; i < number && i < parts; ++i) {
        extent.offset += extent.size;
        extent.size = content.segments[static_cast<std::size_t>(i)].size;
    }
    return extent;
}

struct Described {
    Json answer;
    Extent extent;
};

Described describe(const Content& content, const Json& request) {
    const ObjectRow& object = content.object;
    check_read(request, "", object.state(), "NotModified");
    Json answer = parse_json(object.description, "what is kept of an object");
    const bool with_checksums = string_or(request, "ChecksumMode", "") == "ENABLED";
    Extent extent{0, object.size};
    bool is_part = false;
    if (const auto number = find_integer(request, "PartNumber")) {
        extent = part_extent(content, *number);
        is_part = extent.size != object.size;
    } else if (const auto text = find_string(request, "Range")) {
        if (const auto range = parse_range(*text, object.size)) {
            extent = *range;
            is_part = true;
        }
    }
    for (const std::string& one : checksum_algorithms())
        if (!with_checksums || is_part) answer.erase("Checksum" + one);
    if (!with_checksums || is_part) answer.erase("ChecksumType");
    if (is_part)
        answer["ContentRange"] = "bytes " + std::to_string(extent.offset) + "-" +
                                 std::to_string(extent.offset + extent.size - 1) + "/" +
                                 std::to_string(object.size);
    answer["AcceptRanges"] = "bytes";
    answer["LastModified"] = static_cast<double>(object.modified / 1'000'000);
    answer["ContentLength"] = extent.size;
    answer["ETag"] = object.etag;
    if (find(answer, "ContentType") == nullptr) answer["ContentType"] = "binary/octet-stream";
    if (string_or(answer, "StorageClass", "STANDARD") == "STANDARD") answer.erase("StorageClass");
    if (content.restore) answer["Restore"] = content.restore->header();
    if (find(request, "PartNumber") == nullptr) answer.erase("PartsCount");
    for (const char* member : {"CacheControl", "ContentDisposition", "ContentEncoding",
                               "ContentLanguage", "ContentType", "Expires"})
        if (const auto wanted = find_string(request, std::string("Response") + member))
            answer[member] = *wanted;
    return {std::move(answer), extent};
}

Json read_object(Store& store, const Json& request, const Caller&, bool with_body) {
    refuse_special(request);
    check_owner(store, request);
    // An object that is replaced between the look and the reading is looked up again.
    constexpr int kMostTries = 5;
    for (int tries = 1;; ++tries) {
        const std::string version = string_or(request, "VersionId", "");
        const std::string bucket = require_string(request, "Bucket");
        const Content content = content_of(store, bucket, require_string(request, "Key"), version);
        Described described = describe(content, request);
        const bool versioned = store.site.database.read(
            [&](Transaction& tx) { return !bucket_named(tx, bucket).versioning.empty(); });
        if (versioned) described.answer["VersionId"] = content.object.version;
        if (!with_body) return std::move(described.answer);
        check_readable(content, ReadAs::Object);
        try {
            described.answer["Body"] = base64_encode(bytes_of(store, content, described.extent));
            return std::move(described.answer);
        } catch (const Error& error) {
            if (error.category() != ErrorCategory::NotFound || tries == kMostTries) throw;
        }
    }
}

Json copy_object(Store& store, const Json& request) {
    refuse_special(request);
    check_owner(store, request);
    const CopySource from = parse_copy_source(require_string(request, "CopySource"));
    const std::string directive = string_or(request, "MetadataDirective", "COPY");
    if (directive != "COPY" && directive != "REPLACE")
        throw refusal("InvalidArgument", "Unknown metadata directive: '" + directive + "'.");
    const Content source = content_of(store, from.bucket, from.key, from.version);
    check_read(request, "CopySource", source.object.state(), "PreconditionFailed");
    check_readable(source, ReadAs::CopySource);
    ObjectRow row;
    row.bucket = require_string(request, "Bucket");
    row.key = require_string(request, "Key");
    if (row.bucket == from.bucket && row.key == from.key && from.version.empty() &&
        directive == "COPY" && find(request, "StorageClass") == nullptr)
        throw refusal("InvalidRequest",
                      "This copy request is illegal because it is trying to copy an object to "
                      "itself without changing the object's metadata or storage class.");
    row.etag = source.object.etag;
    row.size = source.object.size;
    row.modified = micros(store.site.clock.now());
    Json described = parse_json(source.object.description, "what is kept of an object");
    described.erase("StorageClass");
    if (directive == "REPLACE") {
        for (const char* member : {"CacheControl", "ContentDisposition", "ContentEncoding",
                                   "ContentLanguage", "ContentType", "Expires", "Metadata"})
            described.erase(member);
        described.update(description(request));
    } else if (const auto storage = find_string(request, "StorageClass")) {
        described["StorageClass"] = *storage;
    }
    if (const auto algorithm = find_string(request, "ChecksumAlgorithm");
        algorithm && find(described, "Checksum" + *algorithm) == nullptr) {
        described["Checksum" + *algorithm] =
            checksum(*algorithm, bytes_of(store, source, {0, source.object.size}));
        described["ChecksumType"] = "FULL_OBJECT";
    }
    row.description = to_text(described);
    std::vector<Segment> segments;
    try {
        for (const Segment& segment : source.segments)
            segments.push_back({store.files.link(segment.file), segment.size});
    } catch (...) {
        for (const Segment& segment : segments)
            store.files.remove(segment.file);
        throw;
    }
    const std::string version = publish(store, request, row, segments);
    Json result = {{"ETag", row.etag}, {"LastModified", seconds(row.modified)}};
    for (const std::string& one : checksum_algorithms())
        if (const auto sum = find_string(described, "Checksum" + one))
            result["Checksum" + one] = *sum;
    Json answer = {{"CopyObjectResult", std::move(result)}};
    add_version(answer, version);
    if (source.object.version != kNullVersion)
        answer["CopySourceVersionId"] = source.object.version;
    return answer;
}

Json tags_of(Transaction& tx, const Json& request) {
    const std::string key = require_string(request, "Key");
    const std::string bucket = bucket_named(tx, require_string(request, "Bucket")).name;
    const auto found = find_object(tx, bucket, key, string_or(request, "VersionId", ""));
    if (!found || found->is_marker)
        throw refusal("NoSuchKey", "The specified key does not exist.", Json{{"Key", key}});
    return Json{{"TagSet", Json::array()}};
}

// What became of one key: members as DeleteObject answers them.
Json delete_one(Transaction& tx, Store& store, const BucketRow& bucket, const std::string& key,
                const std::string& version) {
    std::vector<std::string> replaced;
    Json answer = Json::object();
    if (!version.empty() || bucket.versioning.empty()) {
        if (const auto row = find_object(tx, bucket.name, key, version)) {
            remove_row(tx, *row, replaced);
            if (row->is_marker) answer["DeleteMarker"] = true;
        }
        if (!version.empty()) answer["VersionId"] = version;
    } else {
        ObjectRow marker;
        marker.bucket = bucket.name;
        marker.key = key;
        marker.is_marker = true;
        marker.modified = micros(store.site.clock.now());
        answer["VersionId"] = put_row(tx, bucket, marker, {}, new_version(store), replaced);
        answer["DeleteMarker"] = true;
    }
    remove_after(tx, store, std::move(replaced));
    return answer;
}

Json delete_object(Store& store, Transaction& tx, const Json& request) {
    refuse_special(request);
    check_owner(store, request);
    const BucketRow bucket = bucket_named(tx, require_string(request, "Bucket"));
    const std::string key = require_string(request, "Key");
    if (find(request, "IfMatch") != nullptr) {
        const auto current = find_object(tx, bucket.name, key, "");
        check_write(request, current && !current->is_marker ? std::optional(current->state())
                                                            : std::nullopt);
    }
    return delete_one(tx, store, bucket, key, string_or(request, "VersionId", ""));
}

Json delete_objects(Store& store, Transaction& tx, const Json& request) {
    refuse_special(request);
    check_owner(store, request);
    const BucketRow bucket = bucket_named(tx, require_string(request, "Bucket"));
    const Json& wanted = require(request, "Delete");
    const bool quiet = bool_or(wanted, "Quiet", false);
    Json deleted = Json::array();
    Json errors = Json::array();
    for (const Json& one : require(wanted, "Objects")) {
        const std::string key = require_string(one, "Key");
        const std::string version = string_or(one, "VersionId", "");
        const auto current = find_object(tx, bucket.name, key, version);
        const auto expected = find_string(one, "ETag");
        if (expected && current && !current->is_marker) {
            try {
                check_write(Json{{"IfMatch", *expected}}, current->state());
            } catch (const Error& error) {
                errors.push_back(
                    {{"Key", key}, {"Code", error.code()}, {"Message", error.message()}});
                continue;
            }
        }
        const Json outcome = delete_one(tx, store, bucket, key, version);
        if (quiet) continue;
        Json entry = {{"Key", key}};
        if (!version.empty()) entry["VersionId"] = version;
        if (bool_or(outcome, "DeleteMarker", false)) {
            entry["DeleteMarker"] = true;
            entry["DeleteMarkerVersionId"] = outcome["VersionId"];
        }
        deleted.push_back(std::move(entry));
    }
    return Json{{"Deleted", std::move(deleted)}, {"Errors", std::move(errors)}};
}

}  // namespace

std::vector<Operation> object_operations(Store& store) {
    return {
        blocks("PutObject",
               [&store](const Json& request, const Caller&) { return put_object(store, request); }),
        blocks("GetObject",
               [&store](const Json& request, const Caller& caller) {
                   return read_object(store, request, caller, true);
               }),
        blocks("HeadObject",
               [&store](const Json& request, const Caller& caller) {
                   return read_object(store, request, caller, false);
               }),
        blocks("CopyObject", [&store](const Json& request,
                                      const Caller&) { return copy_object(store, request); }),
        // No object here has tags; clients ask before they copy one in parts.
        reads("GetObjectTagging",
              [&store](Transaction& tx, const Json& request, const Caller&) {
                  check_owner(store, request);
                  return tags_of(tx, request);
              }),
        writes("DeleteObject",
               [&store](Transaction& tx, const Json& request, const Caller&) {
                   return delete_object(store, tx, request);
               }),
        writes("DeleteObjects",
               [&store](Transaction& tx, const Json& request, const Caller&) {
                   return delete_objects(store, tx, request);
               }),
    };
}

}  // namespace lifeboat::local::s3

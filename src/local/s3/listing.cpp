#include "local/s3/listing.h"

#include "base/encoding.h"
#include "base/json.h"
#include "local/page_token.h"
#include "local/s3/checksums.h"
#include "local/s3/refusal.h"
#include "local/s3/restore.h"
#include "local/s3/storage_class.h"

namespace lifeboat::local::s3 {
namespace {

constexpr std::int64_t kPageSize = 1000;
// Behind every key that begins with what stands before it: the last code point.
constexpr const char* kBehind = "\xf4\x8f\xbf\xbf";

struct Wanted {
    std::string bucket;
    std::string prefix;
    std::string delimiter;
    std::int64_t limit = kPageSize;
    bool encoded = false;
    std::optional<Time> restores_at;  // RestoreStatus is wanted, as it stands then

    std::string shown(const std::string& key) const { return encoded ? url_encoded(key) : key; }
    // The group a key belongs to; "": none.
    std::string group_of(const std::string& key) const {
        if (delimiter.empty()) return "";
        const auto at = key.find(delimiter, prefix.size());
        return at == std::string::npos ? "" : key.substr(0, at + delimiter.size());
    }
};

Wanted wanted_by(Store& store, Transaction& tx, const Json& request) {
    check_owner(store, request);
    Wanted wanted;
    wanted.bucket = require_string(request, "Bucket");
    bucket_named(tx, wanted.bucket);
    wanted.prefix = string_or(request, "Prefix", "");
    wanted.delimiter = string_or(request, "Delimiter", "");
    wanted.limit = integer_or(request, "MaxKeys", kPageSize);
    if (wanted.limit < 0)
        throw refusal("InvalidArgument",
                      "Argument max-keys must be an integer between 0 and "
                      "2147483647");
    wanted.limit = std::min(wanted.limit, kPageSize);
    const std::string encoding = string_or(request, "EncodingType", "");
    if (!encoding.empty() && encoding != "url")
        throw refusal("InvalidArgument", "Invalid Encoding Method specified in Request");
    wanted.encoded = encoding == "url";
    if (const Json* attributes = find(request, "OptionalObjectAttributes"))
        for (const Json& one : *attributes) {
            if (one != "RestoreStatus")
                throw refusal("InvalidArgument", "Invalid attribute name specified",
                              Json{{"ArgumentName", "x-amz-optional-object-attributes"},
                                   {"ArgumentValue", one}});
            wanted.restores_at = store.site.clock.now();
        }
    return wanted;
}

struct Page {
    std::vector<ObjectRow> objects;
    std::vector<std::string> groups;
    bool is_truncated = false;
    std::string last;  // key or group that the page ends with
    bool last_is_group = false;
};

// The rows behind `after`, in order of keys and from the newest version to the oldest.
Page page_of(Transaction& tx, const Wanted& wanted, std::string after, std::int64_t before_id,
             bool all_versions) {
    Page page;
    if (wanted.limit == 0) return page;
    bool more = true;
    while (more) {
        more = false;
        // A group's first key ends the statement; the next begins behind the group.
        tx.each(all_versions
                    ? "SELECT id, bucket, key, version, latest, marker, etag, size, modified,"
                      " described FROM s3_object WHERE bucket = ?1 AND key >= ?3"
                      " AND (key > ?2 OR (key = ?2 AND id < ?4)) ORDER BY key, id DESC"
                    : "SELECT id, bucket, key, version, latest, marker, etag, size, modified,"
                      " described FROM s3_object WHERE bucket = ?1 AND key > ?2 AND key >= ?3"
                      " AND latest = 1 AND marker = 0 AND ?4 = 0 ORDER BY key",
                {wanted.bucket, after, wanted.prefix, before_id}, [&](const Row& row) {
                    ObjectRow object = read_object_row(row);
                    if (!object.key.starts_with(wanted.prefix)) return false;
                    if (static_cast<std::int64_t>(page.objects.size() + page.groups.size()) ==
                        wanted.limit) {
                        page.is_truncated = true;
                        return false;
                    }
                    const std::string group = wanted.group_of(object.key);
                    page.last_is_group = !group.empty();
                    page.last = group.empty() ? object.key : group;
                    if (group.empty()) {
                        page.objects.push_back(std::move(object));
                        return true;
                    }
                    page.groups.push_back(group);
                    after = group + kBehind;
                    before_id = 0;
                    more = true;
                    return false;
                });
    }
    return page;
}

// A marker that is a group's name stands behind the whole group.
std::string behind_marker(const Wanted& wanted, const std::string& marker) {
    return !marker.empty() && marker.size() > wanted.prefix.size() &&
                   wanted.group_of(marker) == marker
               ? marker + kBehind
               : marker;
}

Json entry_of(Transaction& tx, const Wanted& wanted, const ObjectRow& object) {
    const Json described = parse_json(object.description, "what is kept of an object");
    Json entry = {{"Key", wanted.shown(object.key)},
                  {"LastModified", seconds(object.modified)},
                  {"ETag", object.etag},
                  {"Size", object.size},
                  {"StorageClass", string_or(described, "StorageClass", "STANDARD")}};
    for (const std::string& one : checksum_algorithms())
        if (find(described, "Checksum" + one) != nullptr) entry["ChecksumAlgorithm"].push_back(one);
    if (const auto type = find_string(described, "ChecksumType")) entry["ChecksumType"] = *type;
    if (wanted.restores_at && is_archive(require_string(entry, "StorageClass")))
        if (const auto restore = restore_at(tx, object.id, *wanted.restores_at))
            entry["RestoreStatus"] = restore->status();
    return entry;
}

Json begin_answer(const Wanted& wanted, const Page& page) {
    Json answer = {{"Name", wanted.bucket},
                   {"Prefix", wanted.shown(wanted.prefix)},
                   {"MaxKeys", wanted.limit},
                   {"IsTruncated", page.is_truncated}};
    if (!wanted.delimiter.empty()) answer["Delimiter"] = wanted.shown(wanted.delimiter);
    if (wanted.encoded) answer["EncodingType"] = "url";
    for (const std::string& group : page.groups)
        answer["CommonPrefixes"].push_back({{"Prefix", wanted.shown(group)}});
    return answer;
}

Json list_v2(Store& store, Transaction& tx, const Json& request) {
    const Wanted wanted = wanted_by(store, tx, request);
    const std::string scope =
        listing_scope("ListObjectsV2", request,
                      {"ContinuationToken", "MaxKeys", "FetchOwner", "OptionalObjectAttributes"});
    std::string after = string_or(request, "StartAfter", "");
    if (const auto token = find_string(request, "ContinuationToken")) {
        const auto position = page_position(scope, *token);
        if (!position)
            throw refusal("InvalidArgument", "The continuation token provided is incorrect");
        after = *position;
    }
    const Page page = page_of(tx, wanted, after, 0, false);
    Json answer = begin_answer(wanted, page);
    for (const ObjectRow& object : page.objects) {
        answer["Contents"].push_back(entry_of(tx, wanted, object));
        if (bool_or(request, "FetchOwner", false))
            answer["Contents"].back()["Owner"] = owner(store);
    }
    answer["KeyCount"] = page.objects.size() + page.groups.size();
    if (const auto token = find_string(request, "ContinuationToken"))
        answer["ContinuationToken"] = *token;
    if (const auto start = find_string(request, "StartAfter"))
        answer["StartAfter"] = wanted.shown(*start);
    if (page.is_truncated)
        answer["NextContinuationToken"] =
            page_token(scope, page.last_is_group ? page.last + kBehind : page.last);
    return answer;
}

Json list_v1(Store& store, Transaction& tx, const Json& request) {
    const Wanted wanted = wanted_by(store, tx, request);
    const std::string marker = string_or(request, "Marker", "");
    const Page page = page_of(tx, wanted, behind_marker(wanted, marker), 0, false);
    Json answer = begin_answer(wanted, page);
    answer["Marker"] = wanted.shown(marker);
    for (const ObjectRow& object : page.objects) {
        answer["Contents"].push_back(entry_of(tx, wanted, object));
        answer["Contents"].back()["Owner"] = owner(store);
    }
    if (page.is_truncated && !wanted.delimiter.empty())
        answer["NextMarker"] = wanted.shown(page.last);
    return answer;
}

Json list_versions(Store& store, Transaction& tx, const Json& request) {
    const Wanted wanted = wanted_by(store, tx, request);
    const std::string marker = string_or(request, "KeyMarker", "");
    std::int64_t before_id = 0;  // without a version, all of the marker's key are behind
    if (const auto version = find_string(request, "VersionIdMarker"))
        if (const auto row = find_object(tx, wanted.bucket, marker, *version)) before_id = row->id;
    const Page page = page_of(tx, wanted, behind_marker(wanted, marker), before_id, true);
    Json answer = begin_answer(wanted, page);
    answer["KeyMarker"] = wanted.shown(marker);
    answer["VersionIdMarker"] = string_or(request, "VersionIdMarker", "");
    for (const ObjectRow& object : page.objects) {
        Json entry = entry_of(tx, wanted, object);
        entry["VersionId"] = object.version;
        entry["IsLatest"] = object.is_latest;
        entry["Owner"] = owner(store);
        if (object.is_marker)
            for (const char* member : {"ETag", "Size", "StorageClass"})
                entry.erase(member);
        answer[object.is_marker ? "DeleteMarkers" : "Versions"].push_back(std::move(entry));
    }
    if (page.is_truncated) {
        answer["NextKeyMarker"] = wanted.shown(page.last);
        if (!page.last_is_group) answer["NextVersionIdMarker"] = page.objects.back().version;
    }
    return answer;
}

}  // namespace

std::string url_encoded(const std::string& key) {
    return form_encode(key, "/");
}

std::vector<Operation> listing_operations(Store& store) {
    const auto with = [&store](auto function) {
        return [&store, function](Transaction& tx, const Json& request, const Caller&) {
            return function(store, tx, request);
        };
    };
    return {reads("ListObjectsV2", with(list_v2)), reads("ListObjects", with(list_v1)),
            reads("ListObjectVersions", with(list_versions))};
}

}  // namespace lifeboat::local::s3

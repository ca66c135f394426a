#include "local/s3/store.h"

#include <algorithm>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/json.h"
#include "cloud/http_message.h"
#include "local/s3/refusal.h"
#include "local/s3/storage_class.h"

namespace lifeboat::local::s3 {

std::int64_t micros(Time time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

double seconds(std::int64_t micros) {
    return static_cast<double>(micros / 1000) / 1000.0;
}

Json owner(const Store& store) {
    return Json{{"ID", to_hex(sha256(store.site.place.account))}};
}

std::string new_version(Store& store) {
    return new_alphanumeric(store.site.random, 32);
}

void refuse_special(const Json& request) {
    const std::string acl = string_or(request, "ACL", "private");
    if (acl != "private" && acl != "bucket-owner-full-control")
        throw refusal("NotImplemented",
                      "The local cloud has no access control lists but the "
                      "owner's own: leave out the ACL '" +
                          acl + "'.");
    for (const char* member :
         {"Tagging", "ServerSideEncryption", "SSEKMSKeyId", "SSECustomerAlgorithm",
          "WebsiteRedirectLocation", "ObjectLockMode", "ObjectLockRetainUntilDate",
          "ObjectLockLegalHoldStatus", "GrantFullControl", "GrantRead", "GrantReadACP",
          "GrantWriteACP", "MFA"})
        if (find(request, member) != nullptr)
            throw refusal("NotImplemented", std::string("The local cloud does not offer ") +
                                                member + ": leave it out.");
    check_storage_class(request);
}

void check_owner(const Store& store, const Json& request) {
    for (const char* member : {"ExpectedBucketOwner", "ExpectedSourceBucketOwner"})
        if (const auto expected = find_string(request, member);
            expected && *expected != store.site.place.account)
            throw refusal("AccessDenied", "The bucket is not owned by the account '" + *expected +
                                              "', but by '" + store.site.place.account + "'.");
}

Json description(const Json& request) {
    Json kept = Json::object();
    for (const char* member : {"CacheControl", "ContentDisposition", "ContentEncoding",
                               "ContentLanguage", "ContentType", "Expires", "StorageClass"})
        if (const Json* found = find(request, member)) kept[member] = *found;
    if (const Json* metadata = find(request, "Metadata"))
        for (const auto& [name, value] : metadata->items())
            kept["Metadata"][lower_case(name)] = value;
    return kept;
}

void remove_after(Transaction& tx, Store& store, std::vector<std::string> files) {
    if (files.empty()) return;
    tx.on_commit([&store, files = std::move(files)] {
        for (const std::string& file : files)
            store.files.remove(file);
    });
}

ObjectRow object_named(Transaction& tx, const std::string& bucket, const std::string& key,
                       const std::string& version) {
    bucket_named(tx, bucket);
    auto found = find_object(tx, bucket, key, version);
    if (!found && !version.empty())
        throw refusal("NoSuchVersion", "The specified version does not exist.",
                      Json{{"Key", key}, {"VersionId", version}});
    if (found && found->is_marker && !version.empty())
        throw refusal("MethodNotAllowed",
                      "The specified method is not allowed against this resource: the version "
                      "is a delete marker.");
    if (!found || found->is_marker)
        throw refusal("NoSuchKey", "The specified key does not exist.", Json{{"Key", key}});
    return *std::move(found);
}

Content content_of(Store& store, const std::string& bucket, const std::string& key,
                   const std::string& version) {
    return store.site.database.read([&](Transaction& tx) {
        ObjectRow object = object_named(tx, bucket, key, version);
        auto segments = segments_of(tx, object.id);
        const auto restore = restore_at(tx, object.id, store.site.clock.now());
        return Content{std::move(object), std::move(segments), restore};
    });
}

void check_readable(const Content& content, ReadAs as) {
    const std::string storage_class = storage_class_of(content.object);
    if (!is_archive(storage_class) || (content.restore && !content.restore->is_ongoing)) return;
    throw refusal("InvalidObjectState",
                  as == ReadAs::Object
                      ? "The operation is not valid for the object's storage class"
                      : "Operation is not valid for the source object's storage class",
                  Json{{"StorageClass", storage_class}});
}

std::string bytes_of(Store& store, const Content& content, Extent extent) {
    if (extent.size > kMostBytesAtOnce)
        throw refusal("InvalidRequest", "The local cloud hands out at most " +
                                            std::to_string(kMostBytesAtOnce) +
                                            " bytes at once: ask for ranges.");
    std::string out;
    out.reserve(static_cast<std::size_t>(extent.size));
    std::int64_t at = 0;
    const std::int64_t end = extent.offset + extent.size;
    for (const Segment& segment : content.segments) {
        const std::int64_t from = std::max(extent.offset, at);
        const std::int64_t to = std::min(end, at + segment.size);
        if (from < to) store.files.read(segment.file, from - at, to - from, out);
        at += segment.size;
    }
    return out;
}

CopySource parse_copy_source(const std::string& text) {
    std::string path(cloud::path_of(text));
    if (path.starts_with('/')) path.erase(0, 1);
    const std::string decoded = percent_decode(path);
    const auto slash = decoded.find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == decoded.size())
        throw refusal("InvalidArgument",
                      "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
                      Json{{"ArgumentName", "x-amz-copy-source"}});
    CopySource source{decoded.substr(0, slash), decoded.substr(slash + 1), ""};
    for (auto& [name, value] : cloud::parse_query(cloud::query_of(text), cloud::Plus::Literal))
        if (name == "versionId") source.version = std::move(value);
    return source;
}

}  // namespace lifeboat::local::s3

#include "bucket/bucket.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/log.h"

namespace lifeboat::bucket {
namespace {

constexpr std::uint64_t kMostParts = 10'000;
constexpr const char* kNoUpload = "NoSuchUpload";

Error invalid_response(const std::string& message) {
    return Error(ErrorCategory::Unavailable, "InvalidResponse", message);
}

// Keys come encoded as in a form, a space as '+': XML cannot hold every character that a key can.
std::string listed_key(const Json& entry, const char* member, const Json& page,
                       const std::string& prefix) {
    std::string key = require_string(entry, member);
    if (string_or(page, "EncodingType", "") == "url") key = form_decode(key);
    if (!key.starts_with(prefix))
        throw invalid_response("the bucket listed a key that was not asked for");
    return key;
}

std::vector<Listed> listed_on(const Json& page, const std::string& prefix) {
    std::vector<Listed> all;
    for (const Json& entry : page.value("Contents", Json::array()))
        all.push_back({listed_key(entry, "Key", page, prefix),
                       static_cast<std::uint64_t>(integer_or(entry, "Size", 0))});
    return all;
}

}  // namespace

std::uint64_t part_bytes(std::uint64_t size) {
    return std::max(kPartBytes, (size + kMostParts - 1) / kMostParts);
}

std::string etag_of(std::string_view bytes) {
    return '"' + to_hex(md5(bytes)) + '"';
}

std::string etag_of_parts(const std::vector<std::string>& md5s) {
    std::string all;
    for (const std::string& one : md5s)
        all += one;
    return '"' + to_hex(md5(all)) + '-' + std::to_string(md5s.size()) + '"';
}

Json Bucket::call(std::string_view operation, Json request) const {
    request["Bucket"] = name_;
    return cloud_.call("s3", operation, request);
}

std::optional<Object> Bucket::find(const std::string& key) const {
    try {
        return object_of(key, call("HeadObject", {{"Key", key}}));
    } catch (const Error& error) {
        if (error.code() == "NoSuchBucket") throw;
        if (error.category() == ErrorCategory::NotFound) return std::nullopt;
        throw;
    }
}

void Bucket::list(Json request, const std::function<bool(const Json&)>& take) const {
    while (true) {
        const Json page = call("ListObjectsV2", request);
        if (!take(page) || !bool_or(page, "IsTruncated", false)) return;
        std::string next = require_string(page, "NextContinuationToken");
        if (next == string_or(request, "ContinuationToken", ""))
            throw invalid_response("the bucket " + name_ +
                                   " lists the same keys again and again; try later");
        request["ContinuationToken"] = std::move(next);
    }
}

void Bucket::each(const std::string& prefix,
                  const std::function<bool(const Listed&)>& visit) const {
    each_page(prefix, [&](const std::vector<Listed>& page) {
        return std::all_of(page.begin(), page.end(), std::cref(visit));
    });
}

void Bucket::each_page(const std::string& prefix,
                       const std::function<bool(const std::vector<Listed>&)>& visit) const {
    std::string last;
    list({{"Prefix", prefix}, {"EncodingType", "url"}}, [&](const Json& page) {
        const std::vector<Listed> listed = listed_on(page, prefix);
        // All of a page before any of it is taken: what follows from a name that is missing where
        // it should stand (that its folder is complete, and so what is to be deleted) is done soon.
        for (const Listed& one : listed)
            if (const std::string& before = std::exchange(last, one.key);
                !before.empty() && before >= one.key)
                throw invalid_response(
                    "the bucket " + name_ + " lists '" + one.key + "' behind '" + before +
                    "': only buckets that list their keys in order can be copied from (directory "
                    "buckets of S3 Express do not)");
        return visit(listed);
    });
}

void Bucket::each_name(const std::string& prefix,
                       const std::function<void(const std::string&)>& visit) const {
    list({{"Prefix", prefix}, {"Delimiter", "/"}, {"EncodingType", "url"}}, [&](const Json& page) {
        for (const Listed& one : listed_on(page, prefix))
            visit(one.key);
        for (const Json& entry : page.value("CommonPrefixes", Json::array()))
            visit(listed_key(entry, "Prefix", page, prefix));
        return true;
    });
}

bool Bucket::has_any(const std::string& prefix) const {
    bool any = false;
    // A page may be empty and others follow.
    list({{"Prefix", prefix}, {"MaxKeys", 1}}, [&](const Json& page) {
        any = !page.value("Contents", Json::array()).empty();
        return !any;
    });
    return any;
}

Bucket::Range Bucket::read(const std::string& key, std::uint64_t offset, std::uint64_t length,
                           const std::string& etag) const {
    Json request = {
        {"Key", key},
        {"Range", "bytes=" + std::to_string(offset) + "-" + std::to_string(offset + length - 1)}};
    if (!etag.empty()) request["IfMatch"] = etag;
    Json answer;
    try {
        answer = call("GetObject", request);
    } catch (const Error& error) {
        if (error.code() == "PreconditionFailed" || error.code() == "412")
            throw Error(ErrorCategory::Unavailable, "ChangedWhileRead",
                        "the object was replaced while it was read");
        // An object without a byte has no range.
        if (error.code() != "InvalidRange" || offset != 0) throw;
        request.erase("Range");
        answer = call("GetObject", request);
    }
    auto bytes = base64_decode(string_or(answer, "Body", ""));
    if (!bytes) throw invalid_response("the content of the object came in a form nobody can read");
    Range range{object_of(key, answer), *std::move(bytes)};
    // "bytes 0-9/100"
    const std::string whole = string_or(answer, "ContentRange", "");
    if (const auto slash = whole.rfind('/'); slash != std::string::npos)
        range.object.entry.status.st_size = std::strtoll(whole.c_str() + slash + 1, nullptr, 10);
    const std::uint64_t size = range.object.entry.size();
    if (range.bytes.size() != std::min(length, size - std::min(size, offset)))
        throw invalid_response("the bucket sent another number of bytes than was asked for");
    return range;
}

Json Bucket::new_object(const std::string& key, const Json& metadata) const {
    Json request = {
        {"Key", key}, {"ContentType", "application/octet-stream"}, {"Metadata", metadata}};
    if (!storage_class_.empty()) request["StorageClass"] = storage_class_;
    return request;
}

std::string Bucket::put(const std::string& key, std::string_view bytes,
                        const Json& metadata) const {
    fault::reach("bucket.before-put");
    Json request = new_object(key, metadata);
    request["Body"] = base64_encode(bytes);
    request["ContentMD5"] = base64_encode(md5(bytes));
    const Json answer = call("PutObject", std::move(request));
    fault::reach("bucket.after-put");
    return string_or(answer, "ETag", "");
}

struct Bucket::Parts::State {
    const Bucket& bucket;
    const Json& upload;
    struct Part {
        std::string etag;
        std::string digest;  // MD5
    };
    std::mutex mutex;
    std::map<std::size_t, Part> parts;
};

Bucket::Parts::Parts(const Bucket& bucket, const Json& upload)
    : state_(new State{bucket, upload, {}, {}}) {}

Bucket::Parts::~Parts() = default;

void Bucket::Parts::add(std::size_t number, std::string_view bytes) {
    fault::reach("bucket.before-part");
    Json part = state_->upload;
    part["PartNumber"] = number + 1;
    part["Body"] = base64_encode(bytes);
    std::string digest = md5(bytes);
    part["ContentMD5"] = base64_encode(digest);
    std::string etag = require_string(state_->bucket.call("UploadPart", std::move(part)), "ETag");
    const std::scoped_lock lock(state_->mutex);
    state_->parts[number] = {std::move(etag), std::move(digest)};
}

std::string Bucket::put_parts(const std::string& key, const Json& metadata,
                              const std::function<void(Parts&)>& send) const {
    end_old_uploads(key);
    Json upload = {{"Key", key}};
    upload["UploadId"] =
        require_string(call("CreateMultipartUpload", new_object(key, metadata)), "UploadId");
    try {
        Parts parts(*this, upload);
        send(parts);
        Json list = Json::array();
        std::vector<std::string> digests;
        for (const auto& [number, part] : parts.state_->parts) {
            list.push_back({{"PartNumber", number + 1}, {"ETag", part.etag}});
            digests.push_back(part.digest);
        }
        fault::reach("bucket.before-complete");
        return complete(upload, std::move(list), etag_of_parts(digests));
    } catch (const Error& error) {
        if (error.code() == kNoUpload)
            throw Error(ErrorCategory::Unavailable, "UploadEnded",
                        "its upload was ended before all parts were there: another copy that sends "
                        "the same object does that, or a rule of the bucket; copy it again");
        abort(upload);
        throw;
    } catch (...) {
        abort(upload);
        throw;
    }
}

void Bucket::abort(const Json& upload) const {
    try {
        call("AbortMultipartUpload", upload);
    } catch (const Error& left) {
        log::warning(
            "parts of an upload may be left in the bucket",
            {{"bucket", name_}, {"key", require_string(upload, "Key")}, {"error", left.what()}});
    }
}

std::string Bucket::complete(const Json& upload, Json parts, const std::string& wanted) const {
    Json end = upload;
    end["MultipartUpload"] = {{"Parts", std::move(parts)}};
    try {
        return string_or(call("CompleteMultipartUpload", std::move(end)), "ETag", "");
    } catch (const Error& error) {
        if (error.code() != kNoUpload) throw;
        // It was ended already, and the first answer was lost: what is there tells.
        const auto there = find(require_string(upload, "Key"));
        if (!there || there->etag != wanted) throw;
        return wanted;
    }
}

// A run that was killed left them. Whoever sends the same object at the moment loses his upload,
// too, and is told so.
void Bucket::end_old_uploads(const std::string& key) const {
    try {
        const Json page = call("ListMultipartUploads", {{"Prefix", key}, {"EncodingType", "url"}});
        for (const Json& entry : page.value("Uploads", Json::array()))
            if (listed_key(entry, "Key", page, key) == key)
                call("AbortMultipartUpload",
                     {{"Key", key}, {"UploadId", require_string(entry, "UploadId")}});
    } catch (const Error& error) {
        // The new upload does not need it.
        if (error.category() != ErrorCategory::PermissionDenied) throw;
        log::warning(
            "parts that killed copies left in the bucket stay there; allow "
            "s3:ListBucketMultipartUploads and s3:AbortMultipartUpload to remove them",
            {{"bucket", name_}, {"key", key}, {"error", error.what()}});
    }
}

void Bucket::remove(const std::string& key) const {
    fault::reach("bucket.before-delete");
    call("DeleteObject", {{"Key", key}});
}

}  // namespace lifeboat::bucket

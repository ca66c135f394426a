#include "bucket/bucket.h"

#include <algorithm>
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

// Keys come encoded as in a form, a space as '+': XML cannot hold every character that a key can.
std::string listed_key(const Json& entry, const char* member, bool encoded) {
    const std::string key = require_string(entry, member);
    return encoded ? form_decode(key) : key;
}

bool is_encoded(const Json& page) {
    return string_or(page, "EncodingType", "") == "url";
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

void Bucket::each(const std::string& prefix,
                  const std::function<bool(const Listed&)>& visit) const {
    Json request = {{"Prefix", prefix}, {"EncodingType", "url"}};
    while (true) {
        const Json page = call("ListObjectsV2", request);
        for (const Json& entry : page.value("Contents", Json::array())) {
            const Listed listed{listed_key(entry, "Key", is_encoded(page)),
                                string_or(entry, "ETag", ""),
                                static_cast<std::uint64_t>(integer_or(entry, "Size", 0))};
            if (!listed.key.starts_with(prefix))
                throw Error(ErrorCategory::Unavailable, "InvalidResponse",
                            "the bucket listed a key that was not asked for");
            if (!visit(listed)) return;
        }
        if (!bool_or(page, "IsTruncated", false)) return;
        request["ContinuationToken"] = require_string(page, "NextContinuationToken");
    }
}

void Bucket::each_name(const std::string& prefix,
                       const std::function<void(const std::string&)>& visit) const {
    Json request = {{"Prefix", prefix}, {"Delimiter", "/"}, {"EncodingType", "url"}};
    while (true) {
        const Json page = call("ListObjectsV2", request);
        for (const Json& entry : page.value("Contents", Json::array()))
            visit(listed_key(entry, "Key", is_encoded(page)));
        for (const Json& entry : page.value("CommonPrefixes", Json::array()))
            visit(listed_key(entry, "Prefix", is_encoded(page)));
        if (!bool_or(page, "IsTruncated", false)) return;
        request["ContinuationToken"] = require_string(page, "NextContinuationToken");
    }
}

bool Bucket::has_any(const std::string& prefix) const {
    return !call("ListObjectsV2", {{"Prefix", prefix}, {"MaxKeys", 1}})
                .value("Contents", Json::array())
                .empty();
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
    if (!bytes)
        throw Error(ErrorCategory::Unavailable, "InvalidResponse",
                    "the content of the object came in a form nobody can read");
    Range range{object_of(key, answer), *std::move(bytes)};
    // "bytes 0-9/100"
    const std::string whole = string_or(answer, "ContentRange", "");
    if (const auto slash = whole.rfind('/'); slash != std::string::npos)
        range.object.entry.status.st_size = std::strtoll(whole.c_str() + slash + 1, nullptr, 10);
    const std::uint64_t size = range.object.entry.size();
    if (range.bytes.size() != std::min(length, size - std::min(size, offset)))
        throw Error(ErrorCategory::Unavailable, "InvalidResponse",
                    "the bucket sent another number of bytes than was asked for");
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
    std::mutex mutex;
    std::map<std::size_t, std::string> etags;
};

Bucket::Parts::Parts(const Bucket& bucket, const Json& upload)
    : state_(new State{bucket, upload, {}, {}}) {}

Bucket::Parts::~Parts() = default;

void Bucket::Parts::add(std::size_t number, std::string_view bytes) {
    fault::reach("bucket.before-part");
    Json part = state_->upload;
    part["PartNumber"] = number + 1;
    part["Body"] = base64_encode(bytes);
    part["ContentMD5"] = base64_encode(md5(bytes));
    std::string etag = require_string(state_->bucket.call("UploadPart", std::move(part)), "ETag");
    const std::scoped_lock lock(state_->mutex);
    state_->etags[number] = std::move(etag);
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
        for (const auto& [number, etag] : parts.state_->etags)
            list.push_back({{"PartNumber", number + 1}, {"ETag", etag}});
        fault::reach("bucket.before-complete");
        return complete(upload, std::move(list));
    } catch (...) {
        try {
            call("AbortMultipartUpload", upload);
        } catch (const Error& left) {
            log::warning("parts of an upload may be left in the bucket",
                         {{"bucket", name_}, {"key", key}, {"error", left.what()}});
        }
        throw;
    }
}

std::string Bucket::complete(const Json& upload, Json parts) const {
    const std::string ending = '-' + std::to_string(parts.size()) + '"';
    Json end = upload;
    end["MultipartUpload"] = {{"Parts", std::move(parts)}};
    try {
        return string_or(call("CompleteMultipartUpload", std::move(end)), "ETag", "");
    } catch (const Error& error) {
        if (error.code() != "NoSuchUpload") throw;
        // It was ended already, and the first answer was lost. Whether the object is the one that
        // was sent is for the caller to compare.
        const auto there = find(require_string(upload, "Key"));
        if (!there || !there->etag.ends_with(ending)) throw;
        return there->etag;
    }
}

// A run that was killed left them; nobody else can want parts of the object that is written now.
void Bucket::end_old_uploads(const std::string& key) const {
    const Json page = call("ListMultipartUploads", {{"Prefix", key}, {"EncodingType", "url"}});
    for (const Json& entry : page.value("Uploads", Json::array()))
        if (listed_key(entry, "Key", is_encoded(page)) == key)
            call("AbortMultipartUpload",
                 {{"Key", key}, {"UploadId", require_string(entry, "UploadId")}});
}

void Bucket::remove(const std::string& key) const {
    fault::reach("bucket.before-delete");
    call("DeleteObject", {{"Key", key}});
}

}  // namespace lifeboat::bucket

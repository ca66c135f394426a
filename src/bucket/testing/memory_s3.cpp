#include "bucket/testing/memory_s3.h"

#include <cstdio>
#include <set>
#include <vector>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "bucket/bucket.h"

namespace lifeboat::bucket::testing {
namespace {

// Few, so that listings have several.
constexpr std::size_t kPage = 7;

std::string body_of(const Json& request) {
    const std::string bytes = base64_decode(string_or(request, "Body", "")).value_or("");
    if (string_or(request, "ContentMD5", "") != base64_encode(md5(bytes)))
        throw Error(ErrorCategory::InvalidInput, "BadDigest", "other bytes came");
    return bytes;
}

}  // namespace

std::size_t MemoryS3::objects() {
    const std::scoped_lock lock(mutex_);
    return objects_.size();
}

std::size_t MemoryS3::uploads() {
    const std::scoped_lock lock(mutex_);
    return uploads_.size();
}

Json MemoryS3::call(std::string_view, std::string_view operation, const Json& request,
                    const cloud::CallOptions&) {
    Json given = answer(operation, request);
    if (change_) change_(operation, request, given);
    return given;
}

Json MemoryS3::answer(std::string_view operation, const Json& request) {
    const std::scoped_lock lock(mutex_);
    if (operation == "PutObject") {
        const std::string bytes = body_of(request);
        objects_[request["Key"]] = {bytes, etag_of(bytes), to_text(request["Metadata"])};
        return {{"ETag", etag_of(bytes)}};
    }
    if (operation == "DeleteObject") {
        objects_.erase(request["Key"].get<std::string>());
        return Json::object();
    }
    if (operation == "HeadObject" || operation == "GetObject") return read(operation, request);
    if (operation == "ListObjectsV2") return list(request);
    return multipart(operation, request);
}

Json MemoryS3::read(std::string_view operation, const Json& request) const {
    const auto found = objects_.find(request["Key"].get<std::string>());
    if (found == objects_.end())
        throw Error(ErrorCategory::NotFound, "NoSuchKey", "no such object");
    const Stored& object = found->second;
    Json answer = {{"ETag", object.etag},
                   {"ContentLength", object.bytes.size()},
                   {"Metadata", parse_json(object.metadata, "metadata")}};
    if (operation == "HeadObject") return answer;
    if (request.value("IfMatch", object.etag) != object.etag)
        throw Error(ErrorCategory::InvalidInput, "PreconditionFailed", "it is another");
    std::string bytes = object.bytes;
    if (request.contains("Range")) {
        unsigned long long begin = 0, end = 0;
        std::sscanf(request["Range"].get<std::string>().c_str(), "bytes=%llu-%llu", &begin, &end);
        if (begin >= bytes.size())
            throw Error(ErrorCategory::InvalidInput, "InvalidRange", "nothing is there");
        bytes = bytes.substr(begin, end - begin + 1);
        answer["ContentRange"] = "bytes " + std::to_string(begin) + "-" +
                                 std::to_string(begin + bytes.size() - 1) + "/" +
                                 std::to_string(object.bytes.size());
        answer["ContentLength"] = bytes.size();
    }
    answer["Body"] = base64_encode(bytes);
    return answer;
}

Json MemoryS3::list(const Json& request) const {
    const std::string prefix = string_or(request, "Prefix", "");
    const std::string after = string_or(request, "ContinuationToken", "");
    const bool by_folder = request.contains("Delimiter");
    const auto shown = [&](const std::string& key) {
        return request.contains("EncodingType") ? form_encode(key, "/") : key;
    };
    Json page = {{"Contents", Json::array()}, {"CommonPrefixes", Json::array()}};
    if (request.contains("EncodingType")) page["EncodingType"] = "url";
    std::set<std::string> folders;
    for (auto at = objects_.lower_bound(prefix); at != objects_.end(); ++at) {
        const std::string& key = at->first;
        if (!key.starts_with(prefix)) break;
        if (key <= after) continue;
        const auto slash = by_folder ? key.find('/', prefix.size()) : std::string::npos;
        const std::string folder = slash == std::string::npos ? "" : key.substr(0, slash + 1);
        // A page ends between folders, so that none comes twice.
        const bool is_new = folder.empty() || !folders.contains(folder);
        if (is_new && page["Contents"].size() + folders.size() ==
                          static_cast<std::size_t>(integer_or(request, "MaxKeys", kPage))) {
            page["IsTruncated"] = true;
            page["NextContinuationToken"] = std::prev(at)->first;
            break;
        }
        if (folder.empty())
            page["Contents"].push_back({{"Key", shown(key)},
                                        {"ETag", at->second.etag},
                                        {"Size", at->second.bytes.size()}});
        else if (folders.insert(folder).second)
            page["CommonPrefixes"].push_back({{"Prefix", shown(folder)}});
    }
    return page;
}

Json MemoryS3::multipart(std::string_view operation, const Json& request) {
    if (operation == "ListMultipartUploads") {
        Json all = Json::array();
        for (const auto& [id, upload] : uploads_)
            if (upload.key.starts_with(request["Prefix"].get<std::string>()))
                all.push_back({{"Key", upload.key}, {"UploadId", id}});
        return {{"Uploads", all}};
    }
    if (operation == "CreateMultipartUpload") {
        const std::string id = "upload" + std::to_string(++last_upload_);
        uploads_[id] = {request["Key"], to_text(request["Metadata"]), {}};
        return {{"UploadId", id}};
    }
    const auto found = uploads_.find(request["UploadId"].get<std::string>());
    if (found == uploads_.end())
        throw Error(ErrorCategory::NotFound, "NoSuchUpload", "no such upload");
    if (operation == "UploadPart") {
        const std::string bytes = body_of(request);
        found->second.parts[request["PartNumber"]] = bytes;
        return {{"ETag", etag_of(bytes)}};
    }
    if (operation == "AbortMultipartUpload") {
        uploads_.erase(found);
        return Json::object();
    }
    if (operation != "CompleteMultipartUpload")
        throw Error(ErrorCategory::Unsupported, "NotImplemented", std::string(operation));
    Stored object{"", "", found->second.metadata};
    std::vector<std::string> digests;
    for (const auto& [number, bytes] : found->second.parts) {
        object.bytes += bytes;
        digests.push_back(md5(bytes));
    }
    object.etag = etag_of_parts(digests);
    objects_[found->second.key] = object;
    uploads_.erase(found);
    return {{"ETag", object.etag}};
}

}  // namespace lifeboat::bucket::testing

#include "vault/s3_store.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "vault/id.h"

namespace lifeboat::vault {
namespace {

// "s3.amazonaws.com", "s3.eu-west-1.amazonaws.com", "s3-eu-west-1.amazonaws.com": nullopt for a
// host that is not AWS's, "" where no Region is named.
std::optional<std::string> aws_region(std::string_view host) {
    constexpr std::string_view kSuffix = ".amazonaws.com";
    if (!host.ends_with(kSuffix)) return std::nullopt;
    host.remove_suffix(kSuffix.size());
    if (host == "s3") return "";
    if (host.starts_with("s3.") || host.starts_with("s3-")) return std::string(host.substr(3));
    return std::nullopt;
}

// S3's own word for If-None-Match that found something.
bool is_there_already(const Error& error) {
    return error.code() == "PreconditionFailed" || error.code() == "412";
}

}  // namespace

S3Location parse_s3_location(std::string_view location) {
    std::string_view rest = location;
    if (rest.starts_with("s3:")) rest.remove_prefix(3);
    std::string scheme = "https://";
    for (const std::string_view one : {"http://", "https://", "//"})
        if (rest.starts_with(one)) {
            if (one != "//") scheme = one;
            rest.remove_prefix(one.size());
            break;
        }
    const auto slash = rest.find('/');
    const std::string_view host = rest.substr(0, slash);
    std::string_view path = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
    const auto end = std::min(path.find('/'), path.size());
    S3Location found;
    found.bucket = path.substr(0, end);
    path.remove_prefix(end);
    while (path.starts_with('/'))
        path.remove_prefix(1);
    while (path.ends_with('/'))
        path.remove_suffix(1);
    found.prefix = path;
    if (host.empty() || found.bucket.empty())
        throw Error(ErrorCategory::InvalidInput, "InvalidLocation",
                    "'" + std::string(location) +
                        "' names no bucket; write s3:http://HOST:PORT/BUCKET/PREFIX or "
                        "s3:s3.amazonaws.com/BUCKET/PREFIX");
    if (const auto region = aws_region(host))
        found.region = *region;
    else
        found.endpoint = scheme + std::string(host);
    return found;
}

S3Store::S3Store(std::string bucket, const std::string& prefix, std::shared_ptr<cloud::Cloud> cloud,
                 S3StoreOptions options)
    : bucket_(std::move(bucket)),
      folder_(prefix.empty() ? "" : prefix + "/"),
      cloud_(std::move(cloud)),
      options_(std::move(options)) {}

Json S3Store::call(std::string_view operation, const Json& request) {
    return cloud_->call("s3", operation, request);
}

std::string S3Store::key(FileKind kind, const std::string& name) const {
    if (kind == FileKind::Config) return folder_ + "config";
    const std::string below = folder_ + std::string(folder_of(kind)) + "/";
    return kind == FileKind::Data ? below + name.substr(0, 2) + "/" + name : below + name;
}

Json S3Store::object(FileKind kind, const std::string& name) const {
    return {{"Bucket", bucket_}, {"Key", key(kind, name)}};
}

void S3Store::make() {
    try {
        call("HeadBucket", {{"Bucket", bucket_}});
    } catch (const Error& error) {
        if (error.category() != ErrorCategory::NotFound) throw;
        call("CreateBucket", {{"Bucket", bucket_}});
    }
}

void S3Store::each(FileKind kind,
                   const std::function<void(const std::string&, std::uint64_t)>& visit) {
    if (kind == FileKind::Config) {
        if (const auto bytes = size(kind, "config")) visit("config", *bytes);
        return;
    }
    Json request = {{"Bucket", bucket_}, {"Prefix", folder_ + std::string(folder_of(kind)) + "/"}};
    while (true) {
        const Json page = call("ListObjectsV2", request);
        for (const Json& entry : page.value("Contents", Json::array())) {
            const std::string found = require_string(entry, "Key");
            const std::string name = found.substr(found.rfind('/') + 1);
            if (Id::parse(name) && found == key(kind, name))
                visit(name, static_cast<std::uint64_t>(require_integer(entry, "Size")));
        }
        if (!page.value("IsTruncated", false)) return;
        request["ContinuationToken"] = require_string(page, "NextContinuationToken");
    }
}

std::optional<std::uint64_t> S3Store::size(FileKind kind, const std::string& name) {
    try {
        return static_cast<std::uint64_t>(
            require_integer(call("HeadObject", object(kind, name)), "ContentLength"));
    } catch (const Error& error) {
        if (error.category() == ErrorCategory::NotFound) return std::nullopt;
        throw;
    }
}

std::string S3Store::load(FileKind kind, const std::string& name) {
    const Json answer = call("GetObject", object(kind, name));
    const auto content = base64_decode(string_or(answer, "Body", ""));
    if (!content)
        throw Error(ErrorCategory::Unavailable, "InvalidResponse",
                    "the content of " + key(kind, name) + " came in a form nobody can read");
    return *content;
}

void S3Store::load(FileKind kind, const std::string& name, std::uint64_t offset, char* out,
                   std::size_t length) {
    if (length == 0) return;
    const auto too_short = [&] {
        return Error(ErrorCategory::Corruption, "FileTooShort",
                     key(kind, name) + " in " + bucket_ + " ends before byte " +
                         std::to_string(offset + length) +
                         "; `lifeboat vault check` says what is affected");
    };
    Json request = object(kind, name);
    request["Range"] =
        "bytes=" + std::to_string(offset) + "-" + std::to_string(offset + length - 1);
    Json answer;
    try {
        answer = call("GetObject", request);
    } catch (const Error& error) {
        if (error.code() == "InvalidRange") throw too_short();
        throw;
    }
    const auto part = base64_decode(string_or(answer, "Body", ""));
    if (!part || part->size() != length) throw too_short();
    std::copy(part->begin(), part->end(), out);
}

void S3Store::save(FileKind kind, const std::string& name, std::string_view content) {
    const bool saved = content.size() <= options_.single_bytes ? put(kind, name, content)
                                                               : put_parts(kind, name, content);
    if (saved) return;
    if (kind == FileKind::Config)
        throw Error(ErrorCategory::AlreadyExists, "RepositoryExists",
                    bucket_ + "/" + folder_ + " holds a repository already");
    const auto there = size(kind, name);
    if (there && *there != content.size())
        throw Error(ErrorCategory::Corruption, "WrongContent",
                    key(kind, name) + " in " + bucket_ +
                        " is there, but not with the size it should have; it is damaged");
}

bool S3Store::put(FileKind kind, const std::string& name, std::string_view content) {
    Json request = object(kind, name);
    request["Body"] = base64_encode(content);
    request["ContentType"] = "application/octet-stream";
    request["ChecksumSHA256"] = base64_encode(std::string_view(
        reinterpret_cast<const char*>(Id::of(content).bytes.data()), sizeof(Id::bytes)));
    if (kind == FileKind::Data && !options_.storage_class.empty())
        request["StorageClass"] = options_.storage_class;
    request["IfNoneMatch"] = "*";
    try {
        call("PutObject", request);
    } catch (const Error& error) {
        if (is_there_already(error)) return false;
        // Two that save the same at once; one of them succeeds.
        if (error.code() == "ConditionalRequestConflict")
            throw Error(ErrorCategory::Unavailable, error.code(), error.message());
        // An older server knows no conditions. Then the look before the write has to do.
        if (error.code() != "NotImplemented") throw;
        if (size(kind, name)) return false;
        request.erase("IfNoneMatch");
        call("PutObject", request);
    }
    return true;
}

bool S3Store::put_parts(FileKind kind, const std::string& name, std::string_view content) {
    if (size(kind, name)) return false;
    Json request = object(kind, name);
    request["ContentType"] = "application/octet-stream";
    if (kind == FileKind::Data && !options_.storage_class.empty())
        request["StorageClass"] = options_.storage_class;
    Json upload = object(kind, name);
    upload["UploadId"] = require_string(call("CreateMultipartUpload", request), "UploadId");
    try {
        const Json parts = upload_parts(upload, content);
        Json end = upload;
        end["MultipartUpload"] = {{"Parts", parts}};
        call("CompleteMultipartUpload", end);
    } catch (const std::exception& failure) {
        // The end may have been taken, and said twice, when its first answer was lost.
        const auto* error = dynamic_cast<const Error*>(&failure);
        if (error != nullptr && error->code() == "NoSuchUpload" &&
            size(kind, name) == content.size())
            return true;
        try {
            call("AbortMultipartUpload", upload);
        } catch (const Error& left) {
            log::warning("parts of an upload may be left in the bucket",
                         {{"bucket", bucket_}, {"key", key(kind, name)}, {"error", left.what()}});
        }
        throw;
    }
    return true;
}

Json S3Store::upload_parts(const Json& upload, std::string_view content) {
    Json parts = Json::array();
    for (std::size_t offset = 0; offset < content.size(); offset += options_.part_bytes) {
        const int number = static_cast<int>(parts.size()) + 1;
        Json part = upload;
        part["PartNumber"] = number;
        part["Body"] = base64_encode(content.substr(offset, options_.part_bytes));
        const Json answer = call("UploadPart", part);
        parts.push_back({{"PartNumber", number}, {"ETag", require_string(answer, "ETag")}});
    }
    return parts;
}

void S3Store::remove(FileKind kind, const std::string& name) {
    try {
        call("DeleteObject", object(kind, name));
    } catch (const Error& error) {
        // AWS does not say so, others do.
        if (error.category() != ErrorCategory::NotFound) throw;
    }
}

}  // namespace lifeboat::vault

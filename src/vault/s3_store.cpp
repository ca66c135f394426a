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

// For the server to compare; one that locks objects takes none without, and wants to be told which
// it is.
void add_checksum(Json& request, std::string_view content) {
    const auto digest = Id::of(content).bytes;
    request["ChecksumAlgorithm"] = "SHA256";
    request["ChecksumSHA256"] = base64_encode(
        std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
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
    : objects_(std::move(bucket), prefix, std::move(cloud)), options_(std::move(options)) {}

void S3Store::make() {
    try {
        objects_.call("HeadBucket", {{"Bucket", objects_.bucket()}});
    } catch (const Error& error) {
        if (error.category() != ErrorCategory::NotFound) throw;
        objects_.call("CreateBucket", {{"Bucket", objects_.bucket()}});
    }
}

void S3Store::each(FileKind kind,
                   const std::function<void(const std::string&, std::uint64_t)>& visit) {
    if (kind == FileKind::Config) {
        if (const auto bytes = size(kind, "config")) visit("config", *bytes);
        return;
    }
    objects_.each(kind, [&](const std::string& name, const Json& entry) {
        visit(name, static_cast<std::uint64_t>(require_integer(entry, "Size")));
    });
}

std::optional<std::uint64_t> S3Store::size(FileKind kind, const std::string& name) {
    try {
        return static_cast<std::uint64_t>(require_integer(
            objects_.call("HeadObject", objects_.request(kind, name)), "ContentLength"));
    } catch (const Error& error) {
        if (error.category() == ErrorCategory::NotFound) return std::nullopt;
        throw;
    }
}

Json S3Store::get(const Json& request) const {
    try {
        return objects_.call("GetObject", request);
    } catch (const Error& error) {
        if (error.code() != "InvalidObjectState") throw;
        throw Error(error.category(), "PackFrozen",
                    require_string(request, "Key") + " in " + objects_.bucket() +
                        " has to be thawed before it can be read; `lifeboat vault thaw` asks for "
                        "that, and `lifeboat vault restore --thaw` waits for it, too");
    }
}

std::string S3Store::load(FileKind kind, const std::string& name) {
    const Json answer = get(objects_.request(kind, name));
    const auto content = base64_decode(string_or(answer, "Body", ""));
    if (!content)
        throw Error(
            ErrorCategory::Unavailable, "InvalidResponse",
            "the content of " + objects_.key(kind, name) + " came in a form nobody can read");
    return *content;
}

void S3Store::load(FileKind kind, const std::string& name, std::uint64_t offset, char* out,
                   std::size_t length) {
    if (length == 0) return;
    const auto too_short = [&] {
        return Error(ErrorCategory::Corruption, "FileTooShort",
                     objects_.key(kind, name) + " in " + objects_.bucket() + " ends before byte " +
                         std::to_string(offset + length) +
                         "; `lifeboat vault check` says what is affected");
    };
    Json request = objects_.request(kind, name);
    request["Range"] =
        "bytes=" + std::to_string(offset) + "-" + std::to_string(offset + length - 1);
    Json answer;
    try {
        answer = get(request);
    } catch (const Error& error) {
        if (error.code() == "InvalidRange") throw too_short();
        throw;
    }
    const auto part = base64_decode(string_or(answer, "Body", ""));
    if (!part || part->size() != length) throw too_short();
    std::copy(part->begin(), part->end(), out);
}

void S3Store::save(FileKind kind, const std::string& name, std::string_view content) {
    bool saved = false;
    try {
        saved = content.size() <= options_.single_bytes ? put(kind, name, content)
                                                        : put_parts(kind, name, content);
    } catch (const Error& error) {
        // Two that save the same at once: one of them succeeds. versitygw means a directory that
        // went, with the last object in it, while it was making one in there.
        if (error.code() == "ConditionalRequestConflict" ||
            error.code() == "ExistingObjectIsDirectory")
            throw Error(ErrorCategory::Unavailable, error.code(), error.message());
        throw;
    }
    if (saved) return;
    if (kind == FileKind::Config)
        throw Error(ErrorCategory::AlreadyExists, "RepositoryExists",
                    objects_.bucket() + "/" + objects_.folder() + " holds a repository already");
    const auto there = size(kind, name);
    if (there && *there != content.size())
        throw Error(ErrorCategory::Corruption, "WrongContent",
                    objects_.key(kind, name) + " in " + objects_.bucket() +
                        " is there, but not with the size it should have; it is damaged");
}

bool S3Store::put(FileKind kind, const std::string& name, std::string_view content) {
    Json request = objects_.request(kind, name);
    request["Body"] = base64_encode(content);
    request["ContentType"] = "application/octet-stream";
    add_checksum(request, content);
    if (kind == FileKind::Data && !options_.storage_class.empty())
        request["StorageClass"] = options_.storage_class;
    request["IfNoneMatch"] = "*";
    try {
        objects_.call("PutObject", request);
    } catch (const Error& error) {
        if (is_there_already(error)) return false;
        // An older server knows no conditions. Then the look before the write has to do.
        if (error.code() != "NotImplemented") throw;
        if (size(kind, name)) return false;
        request.erase("IfNoneMatch");
        objects_.call("PutObject", request);
    }
    return true;
}

bool S3Store::put_parts(FileKind kind, const std::string& name, std::string_view content) {
    if (size(kind, name)) return false;
    Json request = objects_.request(kind, name);
    request["ContentType"] = "application/octet-stream";
    request["ChecksumAlgorithm"] = "SHA256";
    if (kind == FileKind::Data && !options_.storage_class.empty())
        request["StorageClass"] = options_.storage_class;
    Json upload = objects_.request(kind, name);
    upload["UploadId"] =
        require_string(objects_.call("CreateMultipartUpload", request), "UploadId");
    try {
        const Json parts = upload_parts(upload, content);
        Json end = upload;
        end["MultipartUpload"] = {{"Parts", parts}};
        objects_.call("CompleteMultipartUpload", end);
    } catch (const std::exception& failure) {
        // The end may have been taken, and said twice, when its first answer was lost.
        const auto* error = dynamic_cast<const Error*>(&failure);
        if (error != nullptr && error->code() == "NoSuchUpload" &&
            size(kind, name) == content.size())
            return true;
        try {
            objects_.call("AbortMultipartUpload", upload);
        } catch (const Error& left) {
            log::warning("parts of an upload may be left in the bucket",
                         {{"bucket", objects_.bucket()},
                          {"key", objects_.key(kind, name)},
                          {"error", left.what()}});
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
        const std::string_view bytes = content.substr(offset, options_.part_bytes);
        part["Body"] = base64_encode(bytes);
        add_checksum(part, bytes);
        const Json answer = objects_.call("UploadPart", part);
        parts.push_back({{"PartNumber", number},
                         {"ETag", require_string(answer, "ETag")},
                         {"ChecksumSHA256", part["ChecksumSHA256"]}});
    }
    return parts;
}

void S3Store::remove(FileKind kind, const std::string& name) {
    try {
        objects_.call("DeleteObject", objects_.request(kind, name));
    } catch (const Error& error) {
        // AWS does not say so, others do.
        if (error.category() != ErrorCategory::NotFound) throw;
    }
}

}  // namespace lifeboat::vault

#include "local/s3/multipart.h"

#include "base/digest.h"
#include "base/encoding.h"
#include "base/json.h"
#include "local/s3/checksums.h"
#include "local/s3/listing.h"
#include "local/s3/refusal.h"

namespace lifeboat::local::s3 {
namespace {

constexpr std::int64_t kSmallestPart = 5 << 20;  // of all but the last, as on AWS
constexpr std::int64_t kMostParts = 10'000;
constexpr std::int64_t kPageSize = 1000;

struct Upload {
    std::string id;
    std::string bucket;
    std::string key;
    std::int64_t initiated = 0;
    Json described;
    std::string algorithm;
};

struct Part {
    std::int64_t number = 0;
    std::string file;
    std::int64_t size = 0;
    std::string etag;
    std::int64_t modified = 0;
    Json checksums = Json::object();
};

Upload read_upload(const Row& row) {
    return {row.string(0),
            row.string(1),
            row.string(2),
            row.integer(3),
            parse_json(row.text(4), "what is kept of an upload"),
            row.string(5)};
}

Upload upload_of(Transaction& tx, const Json& request) {
    const std::string bucket = require_string(request, "Bucket");
    bucket_named(tx, bucket);
    const std::string id = require_string(request, "UploadId");
    const auto found = tx.one(
        "SELECT id, bucket, key, initiated, described, algorithm FROM s3_upload"
        " WHERE id = ?1 AND bucket = ?2 AND key = ?3",
        {id, bucket, require_string(request, "Key")}, read_upload);
    if (!found)
        throw refusal("NoSuchUpload",
                      "The specified upload does not exist. The upload ID may be invalid, or the "
                      "upload may have been aborted or completed.",
                      Json{{"UploadId", id}});
    return *found;
}

std::vector<Part> parts_of(Transaction& tx, const std::string& upload) {
    std::vector<Part> parts;
    tx.each(
        "SELECT number, file, size, etag, modified, checksums FROM s3_part WHERE upload = ?1"
        " ORDER BY number",
        {upload}, [&](const Row& row) {
            parts.push_back({row.integer(0), row.string(1), row.integer(2), row.string(3),
                             row.integer(4), parse_json(row.text(5), "a part's checksums")});
            return true;
        });
    return parts;
}

Json create_upload(Store& store, Transaction& tx, const Json& request) {
    refuse_special(request);
    check_owner(store, request);
    const std::string bucket = require_string(request, "Bucket");
    bucket_named(tx, bucket);
    const std::string algorithm = string_or(request, "ChecksumAlgorithm", "");
    if (!algorithm.empty()) checksum(algorithm, "");  // refuses one that is unknown
    if (string_or(request, "ChecksumType", "COMPOSITE") != "COMPOSITE" || algorithm == "CRC64NVME")
        throw refusal("NotImplemented",
                      "The local cloud keeps checksums of type COMPOSITE for uploads in parts: "
                      "choose one of CRC32, CRC32C, SHA1, SHA256 and that type.");
    const std::string id = new_alphanumeric(store.site.random, 64);
    tx.run(
        "INSERT INTO s3_upload (id, bucket, key, initiated, described, algorithm)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        {id, bucket, require_string(request, "Key"), micros(store.site.clock.now()),
         to_text(description(request)), algorithm});
    Json answer = {{"Bucket", bucket}, {"Key", request["Key"]}, {"UploadId", id}};
    if (!algorithm.empty()) {
        answer["ChecksumAlgorithm"] = algorithm;
        answer["ChecksumType"] = "COMPOSITE";
    }
    return answer;
}

// `file` is the store's from here on: it is gone again when this fails.
Part keep_part(Store& store, const Json& request, Part part) {
    part.number = integer_or(request, "PartNumber", 0);
    part.modified = micros(store.site.clock.now());
    try {
        if (part.number < 1 || part.number > kMostParts)
            throw refusal("InvalidArgument",
                          "Part number must be an integer between 1 and 10000, inclusive");
        store.site.database.write([&](Transaction& tx) {
            const Upload upload = upload_of(tx, request);
            if (const auto old =
                    tx.one("SELECT file FROM s3_part WHERE upload = ?1 AND number = ?2",
                           {upload.id, part.number}, [](const Row& row) { return row.string(0); }))
                remove_after(tx, store, {*old});
            tx.run(
                "INSERT OR REPLACE INTO s3_part (upload, number, file, size, etag, modified,"
                " checksums) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                {upload.id, part.number, part.file, part.size, part.etag, part.modified,
                 to_text(part.checksums)});
        });
    } catch (...) {
        store.files.remove(part.file);
        throw;
    }
    return part;
}

Part new_part(Store& store, const Json& request, const std::string& bytes) {
    const Upload upload =
        store.site.database.read([&](Transaction& tx) { return upload_of(tx, request); });
    Part part;
    part.checksums = checked_checksums(request, bytes, upload.algorithm);
    part.etag = '"' + to_hex(md5(bytes)) + '"';
    part.size = static_cast<std::int64_t>(bytes.size());
    part.file = store.files.write(bytes);
    return keep_part(store, request, std::move(part));
}

Json upload_part(Store& store, const Json& request) {
    refuse_special(request);
    check_owner(store, request);
    const Part part =
        new_part(store, request, base64_decode(string_or(request, "Body", "")).value_or(""));
    Json answer = part.checksums;
    answer["ETag"] = part.etag;
    return answer;
}

Json upload_part_copy(Store& store, const Json& request) {
    refuse_special(request);
    check_owner(store, request);
    const CopySource from = parse_copy_source(require_string(request, "CopySource"));
    const Content source = content_of(store, from.bucket, from.key, from.version);
    check_read(request, "CopySource", source.object.state(), "PreconditionFailed");
    check_readable(source, ReadAs::CopySource);
    Extent extent{0, source.object.size};
    if (const auto text = find_string(request, "CopySourceRange")) {
        const auto range = parse_range(*text, source.object.size);
        if (!range)
            throw refusal("InvalidArgument",
                          "The x-amz-copy-source-range value must be of the form bytes=first-last");
        extent = *range;
    }
    const Part part = new_part(store, request, bytes_of(store, source, extent));
    Json result = part.checksums;
    result["ETag"] = part.etag;
    result["LastModified"] = seconds(part.modified);
    Json answer = {{"CopyPartResult", std::move(result)}};
    if (source.object.version != kNullVersion)
        answer["CopySourceVersionId"] = source.object.version;
    return answer;
}

std::string bare(const std::string& etag) {
    return etag.size() >= 2 && etag.front() == '"' ? etag.substr(1, etag.size() - 2) : etag;
}

// The digest an entity tag spells.
std::string md5_bytes(const std::string& etag) {
    const std::string hex = bare(etag);
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return bytes;
}

// The parts the request names, in order; throws for what does not fit.
std::vector<Part> chosen_parts(const std::vector<Part>& all, const Json& request) {
    const Json* wanted = nullptr;
    if (const Json* upload = find(request, "MultipartUpload")) wanted = find(*upload, "Parts");
    if (wanted == nullptr || wanted->empty())
        throw refusal("MalformedXML", "You must specify at least one part");
    std::vector<Part> chosen;
    for (const Json& one : *wanted) {
        const std::int64_t number = integer_or(one, "PartNumber", 0);
        if (!chosen.empty() && number <= chosen.back().number)
            throw refusal("InvalidPartOrder",
                          "The list of parts was not in ascending order. Parts must be ordered by "
                          "part number.");
        const Part* found = nullptr;
        for (const Part& part : all)
            if (part.number == number) found = &part;
        if (found == nullptr || bare(found->etag) != bare(string_or(one, "ETag", "")))
            throw refusal("InvalidPart",
                          "One or more of the specified parts could not be found. The part may not "
                          "have been uploaded, or the specified entity tag may not match the "
                          "part's entity tag.",
                          Json{{"PartNumber", number}});
        for (const auto& [member, sum] : found->checksums.items())
            if (const auto sent = find_string(one, member); sent && Json(*sent) != sum)
                throw refusal("InvalidPart", "The " + member + " of part " +
                                                 std::to_string(number) + " does not match.");
        chosen.push_back(*found);
    }
    for (std::size_t i = 0; i + 1 < chosen.size(); ++i)
        if (chosen[i].size < kSmallestPart)
            throw refusal("EntityTooSmall",
                          "Your proposed upload is smaller than the minimum allowed size",
                          Json{{"ProposedSize", chosen[i].size},
                               {"MinSizeAllowed", kSmallestPart},
                               {"PartNumber", chosen[i].number}});
    return chosen;
}

Json complete_upload(Store& store, Transaction& tx, const Json& request) {
    refuse_special(request);
    check_owner(store, request);
    const Upload upload = upload_of(tx, request);
    const std::vector<Part> all = parts_of(tx, upload.id);
    const std::vector<Part> chosen = chosen_parts(all, request);
    const BucketRow bucket = bucket_named(tx, upload.bucket);
    const auto current = find_object(tx, upload.bucket, upload.key, "");
    check_write(request,
                current && !current->is_marker ? std::optional(current->state()) : std::nullopt);
    ObjectRow row;
    row.bucket = upload.bucket;
    row.key = upload.key;
    row.modified = micros(store.site.clock.now());
    Json described = upload.described;
    described["PartsCount"] = chosen.size();
    std::string digests;
    std::vector<std::string> sums;
    std::vector<Segment> segments;
    std::vector<std::string> replaced;
    for (const Part& part : chosen) {
        row.size += part.size;
        digests += md5_bytes(part.etag);
        if (!upload.algorithm.empty())
            sums.push_back(require_string(part.checksums, "Checksum" + upload.algorithm));
        segments.push_back({part.file, part.size});
    }
    for (const Part& part : all) {
        bool is_used = false;
        for (const Part& one : chosen)
            is_used = is_used || one.number == part.number;
        if (!is_used) replaced.push_back(part.file);
    }
    if (const auto expected = find_integer(request, "MpuObjectSize");
        expected && *expected != row.size)
        throw refusal("InvalidRequest", "The parts hold " + std::to_string(row.size) +
                                            " bytes, not " + std::to_string(*expected) + ".");
    row.etag = '"' + to_hex(md5(digests)) + "-" + std::to_string(chosen.size()) + '"';
    Json answer = {{"Bucket", row.bucket},
                   {"Key", row.key},
                   {"ETag", row.etag},
                   {"Location", "/" + row.bucket + "/" + percent_encode(row.key, "/")}};
    if (!upload.algorithm.empty()) {
        const std::string member = "Checksum" + upload.algorithm;
        const std::string sum = composite_checksum(upload.algorithm, sums);
        if (const auto sent = find_string(request, member);
            sent && *sent != sum && *sent + "-" + std::to_string(chosen.size()) != sum)
            throw refusal("BadDigest", "The " + member + " you specified did not match.");
        described[member] = answer[member] = sum;
        described["ChecksumType"] = answer["ChecksumType"] = "COMPOSITE";
    }
    row.description = to_text(described);
    const std::string version = put_row(tx, bucket, row, segments, new_version(store), replaced);
    if (!version.empty()) answer["VersionId"] = version;
    tx.run("DELETE FROM s3_part WHERE upload = ?1", {upload.id});
    tx.run("DELETE FROM s3_upload WHERE id = ?1", {upload.id});
    remove_after(tx, store, std::move(replaced));
    return answer;
}

Json abort_upload(Store& store, Transaction& tx, const Json& request) {
    check_owner(store, request);
    const Upload upload = upload_of(tx, request);
    std::vector<std::string> files;
    for (const Part& part : parts_of(tx, upload.id))
        files.push_back(part.file);
    tx.run("DELETE FROM s3_part WHERE upload = ?1", {upload.id});
    tx.run("DELETE FROM s3_upload WHERE id = ?1", {upload.id});
    remove_after(tx, store, std::move(files));
    return Json::object();
}

std::int64_t page_size(const Json& request, const char* member) {
    const std::int64_t wanted = integer_or(request, member, kPageSize);
    if (wanted < 0) throw refusal("InvalidArgument", std::string(member) + " must not be negative");
    return std::min(wanted, kPageSize);
}

Json list_parts(Store& store, Transaction& tx, const Json& request) {
    check_owner(store, request);
    const Upload upload = upload_of(tx, request);
    const std::int64_t limit = page_size(request, "MaxParts");
    const std::int64_t after = std::atoll(string_or(request, "PartNumberMarker", "0").c_str());
    Json answer = {{"Bucket", upload.bucket},
                   {"Key", upload.key},
                   {"UploadId", upload.id},
                   {"PartNumberMarker", after},
                   {"MaxParts", limit},
                   {"IsTruncated", false},
                   {"Initiator", owner(store)},
                   {"Owner", owner(store)},
                   {"StorageClass", string_or(upload.described, "StorageClass", "STANDARD")},
                   {"Parts", Json::array()}};
    for (const Part& part : parts_of(tx, upload.id)) {
        if (part.number <= after) continue;
        if (static_cast<std::int64_t>(answer["Parts"].size()) == limit) {
            answer["IsTruncated"] = true;
            if (limit > 0) answer["NextPartNumberMarker"] = answer["Parts"].back()["PartNumber"];
            break;
        }
        Json entry = part.checksums;
        entry.update({{"PartNumber", part.number},
                      {"LastModified", seconds(part.modified)},
                      {"ETag", part.etag},
                      {"Size", part.size}});
        answer["Parts"].push_back(std::move(entry));
    }
    return answer;
}

Json list_uploads(Store& store, Transaction& tx, const Json& request) {
    check_owner(store, request);
    const std::string bucket = require_string(request, "Bucket");
    bucket_named(tx, bucket);
    if (find(request, "Delimiter") != nullptr)
        throw refusal("NotImplemented",
                      "The local cloud lists uploads without a Delimiter: leave it out.");
    const std::int64_t limit = page_size(request, "MaxUploads");
    const std::string prefix = string_or(request, "Prefix", "");
    const bool encoded = string_or(request, "EncodingType", "") == "url";
    const auto shown = [&](const std::string& key) { return encoded ? url_encoded(key) : key; };
    Json answer = {{"Bucket", bucket},
                   {"MaxUploads", limit},
                   {"IsTruncated", false},
                   {"Prefix", shown(prefix)},
                   {"Uploads", Json::array()}};
    if (encoded) answer["EncodingType"] = "url";
    const std::string after_key = string_or(request, "KeyMarker", "");
    // Without an upload id, all uploads of the marker's key are behind.
    const std::string after_id = string_or(request, "UploadIdMarker", "~");
    tx.each(
        "SELECT id, bucket, key, initiated, described, algorithm FROM s3_upload"
        " WHERE bucket = ?1 AND (key, id) > (?2, ?3) AND key >= ?4 ORDER BY key, id",
        {bucket, after_key, after_id, prefix}, [&](const Row& row) {
            const Upload upload = read_upload(row);
            if (!upload.key.starts_with(prefix)) return false;
            if (static_cast<std::int64_t>(answer["Uploads"].size()) == limit) {
                answer["IsTruncated"] = true;
                return false;
            }
            answer["NextKeyMarker"] = shown(upload.key);
            answer["NextUploadIdMarker"] = upload.id;
            answer["Uploads"].push_back(
                {{"UploadId", upload.id},
                 {"Key", shown(upload.key)},
                 {"Initiated", seconds(upload.initiated)},
                 {"StorageClass", string_or(upload.described, "StorageClass", "STANDARD")},
                 {"Owner", owner(store)},
                 {"Initiator", owner(store)}});
            return true;
        });
    if (!answer["IsTruncated"].get<bool>()) {
        answer.erase("NextKeyMarker");
        answer.erase("NextUploadIdMarker");
    }
    return answer;
}

}  // namespace

std::vector<Operation> multipart_operations(Store& store) {
    const auto with = [&store](auto function) {
        return [&store, function](Transaction& tx, const Json& request, const Caller&) {
            return function(store, tx, request);
        };
    };
    return {
        writes("CreateMultipartUpload", with(create_upload)),
        blocks("UploadPart", [&store](const Json& request,
                                      const Caller&) { return upload_part(store, request); }),
        blocks("UploadPartCopy",
               [&store](const Json& request, const Caller&) {
                   return upload_part_copy(store, request);
               }),
        writes("CompleteMultipartUpload", with(complete_upload)),
        writes("AbortMultipartUpload", with(abort_upload)),
        reads("ListParts", with(list_parts)),
        reads("ListMultipartUploads", with(list_uploads)),
    };
}

}  // namespace lifeboat::local::s3

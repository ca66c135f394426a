#include "local/s3/service.h"

#include <filesystem>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "local/s3/checksums.h"
#include "local/s3/conditions.h"
#include "local/testing/fixture.h"

namespace lifeboat::local {
namespace {

using testing::LocalCloudTest;

class S3 : public LocalCloudTest {
  protected:
    void SetUp() override { ok("s3", "CreateBucket", {{"Bucket", "homes"}}); }

    Json put(const std::string& key, const std::string& text, Json more = Json::object()) {
        more.update({{"Bucket", "homes"}, {"Key", key}, {"Body", base64_encode(text)}});
        return ok("s3", "PutObject", more);
    }
    Json get(const std::string& key, Json more = Json::object()) {
        more.update({{"Bucket", "homes"}, {"Key", key}});
        return ok("s3", "GetObject", more);
    }
    std::string text_of(const std::string& key, Json more = Json::object()) {
        return base64_decode(string_or(get(key, std::move(more)), "Body", "")).value_or("?");
    }
    std::string get_code(const std::string& key, Json more = Json::object()) {
        more.update({{"Bucket", "homes"}, {"Key", key}});
        return code_of("s3", "GetObject", more);
    }
    std::size_t files() {
        std::size_t count = 0;
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(directory.path() / "data" / "s3"))
            count += entry.is_regular_file();
        return count;
    }
    std::string listed(Json request) {
        request["Bucket"] = "homes";
        const Json answer = ok("s3", "ListObjectsV2", request);
        std::string out;
        for (const char* member : {"Contents", "CommonPrefixes"})
            if (const Json* found = find(answer, member))
                for (const Json& one : *found)
                    out += string_or(one, "Key", string_or(one, "Prefix", "")) + " ";
        return out + (answer["IsTruncated"].get<bool>() ? "..." : ".");
    }
};

TEST_F(S3, GivesBackWhatWasPut) {
    const Json answer = put("a/b", "hello",
                            {{"ContentType", "text/plain"},
                             {"Metadata", {{"Owner", "me"}}},
                             {"StorageClass", "STANDARD_IA"}});
    EXPECT_EQ(answer["ETag"], "\"5d41402abc4b2a76b9719d911017c592\"");
    const Json read = get("a/b");
    EXPECT_EQ(read["Body"], base64_encode("hello"));
    EXPECT_EQ(read["ContentType"], "text/plain");
    EXPECT_EQ(read["Metadata"], (Json{{"owner", "me"}}));
    EXPECT_EQ(read["StorageClass"], "STANDARD_IA");
    EXPECT_EQ(read["ContentLength"], 5);
    EXPECT_EQ(find(read, "VersionId"), nullptr);
    close();
    EXPECT_EQ(text_of("a/b"), "hello");
}

TEST_F(S3, ReplacesAnObjectAndItsFile) {
    put("a", "one");
    put("a", "two");
    EXPECT_EQ(text_of("a"), "two");
    EXPECT_EQ(files(), 1U);
    ok("s3", "DeleteObject", {{"Bucket", "homes"}, {"Key", "a"}});
    EXPECT_EQ(files(), 0U);
    EXPECT_EQ(get_code("a"), "NoSuchKey");
    ok("s3", "DeleteObject", {{"Bucket", "homes"}, {"Key", "a"}});
}

TEST_F(S3, SweepsAFileWhoseRowWasNeverWritten) {
    put("a", "old");
    fault::install("s3.content-written=error");
    EXPECT_NE(code_of("s3", "PutObject",
                      {{"Bucket", "homes"}, {"Key", "a"}, {"Body", base64_encode("new")}}),
              "");
    fault::install("");
    EXPECT_EQ(files(), 2U);
    close();
    EXPECT_EQ(text_of("a"), "old");
    EXPECT_EQ(files(), 1U);
}

TEST_F(S3, ReadsRanges) {
    put("a", "0123456789");
    const Json part = get("a", {{"Range", "bytes=2-4"}});
    EXPECT_EQ(part["Body"], base64_encode("234"));
    EXPECT_EQ(part["ContentRange"], "bytes 2-4/10");
    EXPECT_EQ(text_of("a", {{"Range", "bytes=-3"}}), "789");
    EXPECT_EQ(text_of("a", {{"Range", "bytes=8-"}}), "89");
    EXPECT_EQ(text_of("a", {{"Range", "bytes=8-100"}}), "89");
    EXPECT_EQ(text_of("a", {{"Range", "lines=1-2"}}), "0123456789");
    EXPECT_EQ(get_code("a", {{"Range", "bytes=10-"}}), "InvalidRange");
}

TEST_F(S3, HonoursConditions) {
    const std::string etag = put("a", "x")["ETag"];
    EXPECT_EQ(text_of("a", {{"IfMatch", etag}}), "x");
    EXPECT_EQ(get_code("a", {{"IfMatch", "\"other\""}}), "PreconditionFailed");
    EXPECT_EQ(get_code("a", {{"IfNoneMatch", etag}}), "NotModified");
    const double now = to_epoch_seconds(clock.now());
    EXPECT_EQ(get_code("a", {{"IfModifiedSince", now + 1}}), "NotModified");
    EXPECT_EQ(get_code("a", {{"IfUnmodifiedSince", now - 60}}), "PreconditionFailed");
    Json again = {{"Bucket", "homes"}, {"Key", "a"}, {"Body", ""}, {"IfNoneMatch", "*"}};
    EXPECT_EQ(code_of("s3", "PutObject", again), "PreconditionFailed");
    again.erase("IfNoneMatch");
    again["IfMatch"] = "\"other\"";
    EXPECT_EQ(code_of("s3", "PutObject", again), "PreconditionFailed");
    EXPECT_EQ(files(), 1U);
    again["IfMatch"] = etag;
    EXPECT_EQ(code_of("s3", "PutObject", again), "");
}

TEST_F(S3, ChecksTheDigestsThatAreSent) {
    // Of "123456789": the check values of the algorithms' definitions.
    EXPECT_EQ(s3::checksum("CRC32", "123456789"), "y/Q5Jg==");
    EXPECT_EQ(s3::checksum("CRC32C", "123456789"), "4waSgw==");
    EXPECT_EQ(s3::checksum("CRC64NVME", "123456789"), "rosUhgp5mIg=");
    const Json answer = put("a", "123456789", {{"ChecksumCRC32", "y/Q5Jg=="}});
    EXPECT_EQ(answer["ChecksumCRC32"], "y/Q5Jg==");
    EXPECT_EQ(get("a", {{"ChecksumMode", "ENABLED"}})["ChecksumCRC32"], "y/Q5Jg==");
    EXPECT_EQ(find(get("a"), "ChecksumCRC32"), nullptr);
    Json wrong = {{"Bucket", "homes"}, {"Key", "b"}, {"Body", base64_encode("x")}};
    wrong["ChecksumSHA256"] = base64_encode(sha256("y"));
    EXPECT_EQ(code_of("s3", "PutObject", wrong), "BadDigest");
    wrong.erase("ChecksumSHA256");
    wrong["ContentMD5"] = base64_encode(md5("y"));
    EXPECT_EQ(code_of("s3", "PutObject", wrong), "BadDigest");
    EXPECT_EQ(get_code("b"), "NoSuchKey");
}

TEST_F(S3, ListsByPrefixAndDelimiterInPages) {
    for (const char* key : {"a", "b/1", "b/2", "b/c/3", "d", "e/"})
        put(key, "");
    EXPECT_EQ(listed({}), "a b/1 b/2 b/c/3 d e/ .");
    EXPECT_EQ(listed({{"Delimiter", "/"}}), "a d b/ e/ .");
    EXPECT_EQ(listed({{"Delimiter", "/"}, {"Prefix", "b/"}}), "b/1 b/2 b/c/ .");
    EXPECT_EQ(listed({{"Prefix", "e/"}, {"Delimiter", "/"}}), "e/ .");
    EXPECT_EQ(listed({{"StartAfter", "b/2"}}), "b/c/3 d e/ .");
    EXPECT_EQ(listed({{"MaxKeys", 0}}), ".");
    Json request = {{"Bucket", "homes"}, {"Delimiter", "/"}, {"MaxKeys", 1}};
    std::string all;
    for (int page = 0; page < 10; ++page) {
        const Json answer = ok("s3", "ListObjectsV2", request);
        for (const char* member : {"Contents", "CommonPrefixes"})
            if (const Json* found = find(answer, member))
                all += string_or((*found)[0], "Key", string_or((*found)[0], "Prefix", "")) + " ";
        if (find(answer, "NextContinuationToken") == nullptr) break;
        request["ContinuationToken"] = answer["NextContinuationToken"];
    }
    EXPECT_EQ(all, "a b/ d e/ ");
    request["ContinuationToken"] = "nonsense";
    EXPECT_EQ(code_of("s3", "ListObjectsV2", request), "InvalidArgument");
}

TEST_F(S3, RepeatedCallIsNoSecondVersion) {
    ok("s3", "PutBucketVersioning",
       {{"Bucket", "homes"}, {"VersioningConfiguration", {{"Status", "Enabled"}}}});
    const Json request = {{"Bucket", "homes"}, {"Key", "a"}, {"Body", base64_encode("one")}};
    const Json first = cloud().call("s3", "PutObject", request, {.call_token = "t"});
    EXPECT_EQ(cloud().call("s3", "PutObject", request, {.call_token = "t"}), first);
    EXPECT_NE(cloud().call("s3", "PutObject", request, {.call_token = "u"}), first);
    EXPECT_EQ(ok("s3", "ListObjectVersions", {{"Bucket", "homes"}})["Versions"].size(), 2U);
}

TEST_F(S3, KeepsVersionsOnceTheyAreOn) {
    put("a", "zero");
    ok("s3", "PutBucketVersioning",
       {{"Bucket", "homes"}, {"VersioningConfiguration", {{"Status", "Enabled"}}}});
    const std::string one = put("a", "one")["VersionId"];
    const std::string two = put("a", "two")["VersionId"];
    EXPECT_EQ(text_of("a"), "two");
    EXPECT_EQ(text_of("a", {{"VersionId", one}}), "one");
    EXPECT_EQ(text_of("a", {{"VersionId", "null"}}), "zero");
    const Json gone = ok("s3", "DeleteObject", {{"Bucket", "homes"}, {"Key", "a"}});
    EXPECT_EQ(gone["DeleteMarker"], true);
    EXPECT_EQ(get_code("a"), "NoSuchKey");
    EXPECT_EQ(listed({}), ".");
    const Json versions = ok("s3", "ListObjectVersions", {{"Bucket", "homes"}});
    EXPECT_EQ(versions["Versions"].size(), 3U);
    EXPECT_EQ(versions["Versions"][0]["VersionId"], two);
    EXPECT_EQ(versions["DeleteMarkers"].size(), 1U);
    ok("s3", "DeleteObject", {{"Bucket", "homes"}, {"Key", "a"}, {"VersionId", gone["VersionId"]}});
    EXPECT_EQ(text_of("a"), "two");
    EXPECT_EQ(code_of("s3", "DeleteBucket", {{"Bucket", "homes"}}), "BucketNotEmpty");
}

TEST_F(S3, CompletesAnUploadInParts) {
    const Json target = {{"Bucket", "homes"}, {"Key", "big"}};
    Json request = target;
    request["ChecksumAlgorithm"] = "CRC32";
    const std::string id = ok("s3", "CreateMultipartUpload", request)["UploadId"];
    const std::string first(5 << 20, 'x');
    request = target;
    request["UploadId"] = id;
    Json parts = Json::array();
    for (const auto& [number, bytes] : {std::pair(1, first), std::pair(2, std::string("end"))}) {
        Json part = request;
        part.update({{"PartNumber", number}, {"Body", base64_encode(bytes)}});
        const Json answer = ok("s3", "UploadPart", part);
        parts.push_back({{"PartNumber", number}, {"ETag", answer["ETag"]}});
    }
    EXPECT_EQ(ok("s3", "ListParts", request)["Parts"].size(), 2U);
    EXPECT_EQ(get_code("big"), "NoSuchKey");
    Json wrong = request;
    wrong["MultipartUpload"] = {{"Parts", {parts[1], parts[0]}}};
    EXPECT_EQ(code_of("s3", "CompleteMultipartUpload", wrong), "InvalidPartOrder");
    request["MultipartUpload"] = {{"Parts", parts}};
    const Json done = ok("s3", "CompleteMultipartUpload", request);
    EXPECT_EQ(done["ETag"], '"' + to_hex(md5(md5(first) + md5("end"))) + "-2\"");
    EXPECT_EQ(text_of("big", {{"Range", "bytes=5242879-"}}), "xend");
    EXPECT_EQ(get("big", {{"PartNumber", 2}})["Body"], base64_encode("end"));
    EXPECT_EQ(files(), 2U);
    EXPECT_EQ(code_of("s3", "CompleteMultipartUpload", request), "NoSuchUpload");
}

TEST_F(S3, AbortsAnUploadWithoutLeavingFiles) {
    const Json target = {{"Bucket", "homes"}, {"Key", "big"}};
    Json request = target;
    request["UploadId"] = ok("s3", "CreateMultipartUpload", target)["UploadId"];
    Json part = request;
    part.update({{"PartNumber", 1}, {"Body", base64_encode("x")}});
    ok("s3", "UploadPart", part);
    EXPECT_EQ(ok("s3", "ListMultipartUploads", {{"Bucket", "homes"}})["Uploads"].size(), 1U);
    ok("s3", "AbortMultipartUpload", request);
    EXPECT_EQ(files(), 0U);
    EXPECT_EQ(code_of("s3", "UploadPart", part), "NoSuchUpload");
    EXPECT_EQ(files(), 0U);
}

TEST_F(S3, ListsEncodedKeysAsAws) {
    put("a b/c+d*~", "x");
    const Json encoded = {{"Bucket", "homes"}, {"EncodingType", "url"}, {"Prefix", "a b/"}};
    const Json page = ok("s3", "ListObjectsV2", encoded);
    EXPECT_EQ(page["EncodingType"], "url");
    EXPECT_EQ(page["Prefix"], "a+b/");
    EXPECT_EQ(page["Contents"][0]["Key"], "a+b/c%2Bd*%7E");
    ok("s3", "CreateMultipartUpload", {{"Bucket", "homes"}, {"Key", "a b/e+f"}});
    EXPECT_EQ(ok("s3", "ListMultipartUploads", encoded)["Uploads"][0]["Key"], "a+b/e%2Bf");
}

TEST_F(S3, CopiesAnObjectThatOutlivesItsSource) {
    put("a b", "text", {{"Metadata", {{"k", "v"}}}});
    ok("s3", "CopyObject", {{"Bucket", "homes"}, {"Key", "c"}, {"CopySource", "/homes/a%20b"}});
    ok("s3", "DeleteObject", {{"Bucket", "homes"}, {"Key", "a b"}});
    EXPECT_EQ(text_of("c"), "text");
    EXPECT_EQ(get("c")["Metadata"], (Json{{"k", "v"}}));
    EXPECT_EQ(
        code_of("s3", "CopyObject", {{"Bucket", "homes"}, {"Key", "c"}, {"CopySource", "homes/c"}}),
        "InvalidRequest");
}

TEST_F(S3, RefusesWhatItDoesNotOfferByName) {
    const Json base = {{"Bucket", "homes"}, {"Key", "a"}, {"Body", ""}};
    for (const auto& [member, value] :
         {std::pair("ACL", "public-read"), std::pair("Tagging", "a=b"),
          std::pair("ServerSideEncryption", "aws:kms")}) {
        Json request = base;
        request[member] = value;
        EXPECT_EQ(code_of("s3", "PutObject", request), "NotImplemented") << member;
    }
    Json other = base;
    other["ExpectedBucketOwner"] = "999999999999";
    EXPECT_EQ(code_of("s3", "PutObject", other), "AccessDenied");
}

}  // namespace
}  // namespace lifeboat::local

// What S3's requests and answers look like on the wire, where the protocol leaves it to the model.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/json.h"
#include "cloud/codec.h"

namespace lifeboat::cloud {
namespace {

const ServiceModel& s3() {
    return service_model("s3");
}

std::string operation_of(const std::string& method, const std::string& target,
                         const HttpHeaders& headers = {}) {
    const OperationModel* found = match_operation(s3(), method, target, headers);
    return found == nullptr ? "" : found->name;
}

Json decoded(const std::string& operation, const HttpResponse& response) {
    return codec(Protocol::RestXml).decode_response(s3(), s3().operation(operation), response);
}

TEST(S3Codec, TellsOperationsApartByParametersAndHeaders) {
    EXPECT_EQ(operation_of("GET", "/"), "ListBuckets");
    EXPECT_EQ(operation_of("GET", "/b"), "ListObjects");
    EXPECT_EQ(operation_of("GET", "/b/?list-type=2&prefix=x"), "ListObjectsV2");
    EXPECT_EQ(operation_of("GET", "/b?uploads"), "ListMultipartUploads");
    EXPECT_EQ(operation_of("GET", "/b?versions="), "ListObjectVersions");
    EXPECT_EQ(operation_of("GET", "/b/k"), "GetObject");
    EXPECT_EQ(operation_of("GET", "/b/k?uploadId=u"), "ListParts");
    EXPECT_EQ(operation_of("PUT", "/b/k"), "PutObject");
    EXPECT_EQ(operation_of("PUT", "/b/k", {{"x-amz-copy-source", "b/x"}}), "CopyObject");
    EXPECT_EQ(operation_of("PUT", "/b/k?partNumber=1&uploadId=u"), "UploadPart");
    EXPECT_EQ(operation_of("PUT", "/b/k?partNumber=1&uploadId=u", {{"x-amz-copy-source", "b/x"}}),
              "UploadPartCopy");
    EXPECT_EQ(operation_of("POST", "/b/k?uploads"), "CreateMultipartUpload");
    EXPECT_EQ(operation_of("POST", "/b/k?uploadId=u"), "CompleteMultipartUpload");
    EXPECT_EQ(operation_of("POST", "/b/k?restore"), "RestoreObject");
    EXPECT_EQ(operation_of("POST", "/b/k?restore=&versionId=v"), "RestoreObject");
    EXPECT_EQ(operation_of("DELETE", "/b/k?uploadId=u"), "AbortMultipartUpload");
    EXPECT_EQ(operation_of("DELETE", "/b/k"), "DeleteObject");
    EXPECT_EQ(operation_of("POST", "/b?delete"), "DeleteObjects");
}

TEST(S3Codec, DoesNotTakeAnUnknownSubresourceForTheBucketOrTheObject) {
    EXPECT_EQ(operation_of("GET", "/b?acl"), "");
    EXPECT_EQ(operation_of("PUT", "/b?policy"), "");
    EXPECT_EQ(operation_of("PUT", "/b/k?tagging"), "");
    EXPECT_EQ(operation_of("GET", "/b/k?tagging"), "GetObjectTagging");
    EXPECT_EQ(operation_of("DELETE", "/b?lifecycle"), "");
}

TEST(S3Codec, KeepsSlashesAndOddCharactersOfKeys) {
    for (const std::string key :
         {"a", "a/", "/a", "a//b", "/", "//", "a b+c", "ä/%2F", "..", "a/../b", "a?b&c=d#e"}) {
        const Json request = {{"Bucket", "b"}, {"Key", key}, {"Body", base64_encode("x")}};
        const OperationModel& put = s3().operation("PutObject");
        const HttpRequest wire = codec(Protocol::RestXml).encode_request(s3(), put, request);
        EXPECT_EQ(match_operation(s3(), "PUT", wire.target, wire.headers), &put) << wire.target;
        EXPECT_EQ(codec(Protocol::RestXml).decode_request(s3(), put, wire)["Key"], key)
            << wire.target;
    }
}

TEST(S3Codec, SendsADigestWhereS3DemandsOne) {
    const HttpRequest request =
        codec(Protocol::RestXml)
            .encode_request(s3(), s3().operation("DeleteObjects"),
                            {{"Bucket", "b"}, {"Delete", {{"Objects", {{{"Key", "k"}}}}}}});
    EXPECT_EQ(request.headers.get("Content-MD5").size(), 24U);
    EXPECT_NE(request.body.find("<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                                "<Object><Key>k</Key></Object></Delete>"),
              std::string::npos)
        << request.body;
}

TEST(S3Codec, ReadsALocationThatIsTheDocumentItself) {
    HttpResponse response;
    response.body =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint "
        "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">eu-west-1</LocationConstraint>";
    EXPECT_EQ(decoded("GetBucketLocation", response), (Json{{"LocationConstraint", "eu-west-1"}}));
}

TEST(S3Codec, AnswersPartOfAnObjectWith206) {
    const Json answer = {{"Body", base64_encode("bc")},
                         {"ContentType", "text/plain"},
                         {"ContentRange", "bytes 1-2/4"}};
    const HttpResponse response =
        codec(Protocol::RestXml).encode_response(s3(), s3().operation("GetObject"), answer, "id");
    EXPECT_EQ(response.status, 206);
    EXPECT_EQ(response.body, "bc");
    EXPECT_EQ(decoded("GetObject", response), answer);
}

TEST(S3Codec, SaysInTheStatusWhetherAnObjectWasRestoredAlready) {
    const OperationModel& restore = s3().operation("RestoreObject");
    for (const int status : {200, 202}) {
        const Json answer = {{"StatusCode", status}};
        const HttpResponse response =
            codec(Protocol::RestXml).encode_response(s3(), restore, answer, "id");
        EXPECT_EQ(response.status, status);
        EXPECT_EQ(response.body, "");
        EXPECT_EQ(decoded("RestoreObject", response), answer);
    }
    const Json request = {
        {"Bucket", "b"},
        {"Key", "k"},
        {"RestoreRequest", {{"Days", 2}, {"GlacierJobParameters", {{"Tier", "Bulk"}}}}}};
    const HttpRequest wire = codec(Protocol::RestXml).encode_request(s3(), restore, request);
    EXPECT_EQ(codec(Protocol::RestXml).decode_request(s3(), restore, wire), request) << wire.body;
}

TEST(S3Codec, FindsAnErrorInAnAnswerThatSays200) {
    HttpResponse response;
    response.body = "<Error><Code>InternalError</Code><Message>Try again.</Message></Error>";
    try {
        decoded("CompleteMultipartUpload", response);
        FAIL() << "an error was taken for an answer";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), "InternalError");
        EXPECT_EQ(error.category(), ErrorCategory::Unavailable);
    }
}

TEST(S3Codec, WritesErrorsThatStandAlone) {
    const Error error(ErrorCategory::NotFound, "NoSuchKey", "There is no such key.",
                      Json{{"Key", "a<b"}});
    const HttpResponse response = codec(Protocol::RestXml).encode_error(&s3(), error, "r1");
    EXPECT_EQ(response.status, 404);
    EXPECT_NE(response.body.find("<Error><Code>NoSuchKey</Code><Message>There is no such key."
                                 "</Message><Key>a&lt;b</Key><RequestId>r1</RequestId></Error>"),
              std::string::npos)
        << response.body;
    const Error read = codec(Protocol::RestXml).decode_error(s3(), response);
    EXPECT_EQ(read.code(), "NoSuchKey");
    EXPECT_EQ(read.members()["Key"], "a<b");
}

TEST(S3Codec, MakesACodeOfTheStatusWhereHeadHasNoBody) {
    HttpResponse response;
    response.status = 404;
    const Error error = codec(Protocol::RestXml).decode_error(s3(), response);
    EXPECT_EQ(error.code(), "NotFound");
    EXPECT_EQ(error.category(), ErrorCategory::NotFound);
}

}  // namespace
}  // namespace lifeboat::cloud

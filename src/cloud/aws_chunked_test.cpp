#include "cloud/aws_chunked.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace lifeboat::cloud {
namespace {

// The example of the S3 API Reference: 66,560 letters in chunks of 64 KiB and 1 KiB.
constexpr const char* kChunks[] = {
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"};

class AwsChunked : public ::testing::Test {
  protected:
    AwsChunked() {
        claim.date = "20130524";
        claim.region = "us-east-1";
        claim.service = "s3";
        claim.timestamp = "20130524T000000Z";
        claim.signature = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
        request.headers.set("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
        request.headers.set("Content-Encoding", "aws-chunked,gzip");
        request.headers.set("x-amz-decoded-content-length", "66560");
        const std::string ends[] = {"10000", "400", "0"};
        const std::size_t sizes[] = {65536, 1024, 0};
        for (int i = 0; i < 3; ++i)
            request.body += ends[i] + ";chunk-signature=" + kChunks[i] + "\r\n" +
                            std::string(sizes[i], 'a') + "\r\n";
    }

    std::string code() {
        try {
            unwrap_chunks(request, claim, credentials, keys);
            return "";
        } catch (const Error& error) {
            return error.code();
        }
    }

    Credentials credentials{
        "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", {}};
    SignatureClaim claim;
    SigningKeys keys;
    HttpRequest request;
};

TEST_F(AwsChunked, AcceptsTheReferencesExample) {
    EXPECT_TRUE(is_chunked_payload(request));
    EXPECT_EQ(code(), "");
    EXPECT_EQ(request.body, std::string(66560, 'a'));
    EXPECT_EQ(request.headers.get("content-encoding"), "gzip");
}

TEST_F(AwsChunked, SignsTheReferencesExample) {
    const std::string expected = request.body;
    HttpRequest own{"PUT", "/examplebucket/chunkObject.txt", {}, std::string(66560, 'a')};
    own.headers.set("Host", "s3.amazonaws.com");
    own.headers.set("x-amz-storage-class", "REDUCED_REDUNDANCY");
    own.headers.set("Content-Length", "66824");
    const Time time = from_epoch_seconds(1369353600);  // 2013-05-24
    sign_in_chunks(own, credentials, {"us-east-1", "s3", time, signing_rules("s3")}, keys);
    EXPECT_EQ(own.body, expected);
    EXPECT_EQ(own.body.size(), 66824U);
    EXPECT_TRUE(own.headers.get("authorization").ends_with("Signature=" + claim.signature))
        << own.headers.get("authorization");
}

TEST_F(AwsChunked, WhatIsSignedIsAccepted) {
    for (const std::size_t size : {0U, 1U, 65535U, 65536U, 200000U}) {
        const std::string content(size, 'x');
        HttpRequest own{
            "PUT", "/bucket/key", {{"Host", "h"}, {"Content-Encoding", "gzip"}}, content};
        const Time time = from_epoch_seconds(1369353600);
        sign_in_chunks(own, credentials, {"us-east-1", "s3", time, signing_rules("s3")}, keys);
        const SignatureClaim signed_claim = read_signature(own).value();
        verify(own, signed_claim, credentials, signing_rules("s3"), time, keys);
        unwrap_chunks(own, signed_claim, credentials, keys);
        EXPECT_EQ(own.body, content);
        EXPECT_EQ(own.headers.get("content-encoding"), "gzip");
    }
}

TEST_F(AwsChunked, RefusesAChangedByte) {
    request.body[70000 - 4000] = 'b';
    EXPECT_EQ(code(), "InvalidSignatureException");
}

TEST_F(AwsChunked, RefusesABodyWithoutItsEnd) {
    request.body.resize(request.body.size() - 90);
    EXPECT_EQ(code(), "IncompleteBody");
    request.body = "5;chunk-signature=x\r\nhel";
    EXPECT_EQ(code(), "IncompleteBody");
    request.body = "xyz\r\n";
    EXPECT_EQ(code(), "InvalidChunkSizeError");
    request.body = "ffffffffffffffff\r\nabc\r\n";
    EXPECT_NE(code(), "");
}

TEST_F(AwsChunked, TakesChecksumsFromAnUnsignedTrailer) {
    request.headers.set("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    request.headers.set("x-amz-decoded-content-length", "5");
    request.body = "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";
    EXPECT_EQ(code(), "");
    EXPECT_EQ(request.body, "hello");
    EXPECT_EQ(request.headers.get("x-amz-checksum-crc32"), "NhCmhg==");
    request.body = "5\r\nhello\r\n0\r\nauthorization:x\r\n\r\n";
    EXPECT_EQ(code(), "MalformedTrailerError");
}

TEST_F(AwsChunked, RefusesASignedTrailerWithoutItsSignature) {
    request.headers.set("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER");
    request.body += "x-amz-checksum-crc32:NhCmhg==\r\n\r\n";
    EXPECT_EQ(code(), "InvalidSignatureException");
}

}  // namespace
}  // namespace lifeboat::cloud

#include "cloud/sigv4.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "base/json.h"
#include "os/file.h"

namespace lifeboat::cloud {
namespace {

namespace fs = std::filesystem;
using std::chrono::minutes;
using std::chrono::seconds;

Credentials secret() {
    return {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", {}};
}

Time moment() {
    return *parse_iso8601("2026-01-02T09:18:24Z");
}

// "POST / HTTP/1.1", headers with continuation lines, an empty line, the body.
HttpRequest parse_request(std::string text) {
    std::erase(text, '\r');
    HttpRequest request;
    const auto line_end = text.find('\n');
    const std::string line = text.substr(0, line_end);
    const auto space = line.find(' ');
    request.method = line.substr(0, space);
    request.target = line.substr(space + 1, line.rfind(' ') - space - 1);
    std::size_t at = line_end == std::string::npos ? text.size() : line_end + 1;
    std::string name;
    std::string value;
    const auto flush = [&] {
        if (!name.empty()) request.headers.add(name, value);
        name.clear();
    };
    while (at < text.size()) {
        const auto end = std::min(text.find('\n', at), text.size());
        const std::string header = text.substr(at, end - at);
        at = end + 1;
        if (header.empty()) break;
        if (header[0] == ' ' || header[0] == '\t') {
            value += "\n" + header;
            continue;
        }
        flush();
        const auto colon = header.find(':');
        name = header.substr(0, colon);
        value = header.substr(colon + 1);
    }
    flush();
    if (at < text.size()) request.body = text.substr(at);
    return request;
}

std::string trimmed(std::string text) {
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    return text;
}

struct SuiteCase {
    explicit SuiteCase(const fs::path& directory) : folder(directory) {
        const Json context = parse_json(read("context.json"), "context");
        const Json& given = context["credentials"];
        credentials = {
            given["access_key_id"], given["secret_access_key"], string_or(given, "token", ""), {}};
        signing.region = context["region"];
        signing.service = context["service"];
        signing.time = *parse_iso8601(context["timestamp"].get<std::string>());
        signing.rules.encode_path_twice = false;
        signing.rules.normalize_path = context["normalize"];
        signing.rules.content_digest_header = context["sign_body"];
        signing.rules.omit_session_token = bool_or(context, "omit_session_token", false);
        lifetime = seconds(context["expiration_in_seconds"].get<int>());
    }
    std::string read(const std::string& name) const { return os::read_file(folder / name); }

    fs::path folder;
    Credentials credentials;
    SigningContext signing;
    seconds lifetime{};
};

class SigningSuite : public ::testing::Test {
  protected:
    void SetUp() override {
        const fs::path root = fs::path(LIFEBOAT_CONFORMANCE_DIR) / "sigv4";
        if (!fs::exists(root))
            GTEST_SKIP() << "recorded signing cases are absent: " << root.string();
        for (const auto& entry : fs::directory_iterator(root))
            cases.emplace_back(entry.path());
        EXPECT_EQ(cases.size(), 38U);
    }
    std::vector<SuiteCase> cases;
    SigningKeys keys;
};

TEST_F(SigningSuite, SignsEveryCaseInTheHeader) {
    for (const SuiteCase& suite : cases) {
        SCOPED_TRACE(suite.folder.filename().string());
        HttpRequest request = parse_request(suite.read("request.txt"));
        sign(request, suite.credentials, suite.signing, keys);
        const auto claim = read_signature(request);
        ASSERT_TRUE(claim);
        EXPECT_EQ(claim->signature, trimmed(suite.read("header-signature.txt")));
        const HttpRequest expected = parse_request(suite.read("header-signed-request.txt"));
        EXPECT_EQ(request.headers.get("authorization"), expected.headers.get("authorization"));
    }
}

TEST_F(SigningSuite, PresignsEveryCase) {
    for (const SuiteCase& suite : cases) {
        SCOPED_TRACE(suite.folder.filename().string());
        HttpRequest request = parse_request(suite.read("request.txt"));
        presign(request, suite.credentials, suite.signing, suite.lifetime, keys);
        const auto claim = read_signature(request);
        ASSERT_TRUE(claim);
        EXPECT_EQ(claim->signature, trimmed(suite.read("query-signature.txt")));
        const HttpRequest expected = parse_request(suite.read("query-signed-request.txt"));
        EXPECT_EQ(request.target, expected.target);
    }
}

TEST_F(SigningSuite, AcceptsEveryRequestSignedByOthersAndNothingTampered) {
    for (const SuiteCase& suite : cases)
        for (const char* form : {"header", "query"}) {
            // A token appended after signing to the query is no part of what the server can check.
            if (suite.signing.rules.omit_session_token && form == std::string("query")) continue;
            SCOPED_TRACE(suite.folder.filename().string() + " " + form);
            HttpRequest request =
                parse_request(suite.read(std::string(form) + "-signed-request.txt"));
            const auto claim = read_signature(request);
            ASSERT_TRUE(claim);
            const auto check = [&](const HttpRequest& tried) {
                verify(tried, *claim, suite.credentials, suite.signing.rules, suite.signing.time,
                       keys);
            };
            EXPECT_NO_THROW(check(request));
            HttpRequest other = request;
            other.method = "DELETE";
            EXPECT_THROW(check(other), Error);
            other = request;
            other.body += "x";
            EXPECT_THROW(check(other), Error);
            other = request;
            other.target += other.target.find('?') == std::string::npos ? "?a=b" : "&a=b";
            EXPECT_THROW(check(other), Error);
        }
}

HttpRequest dynamodb_request() {
    HttpRequest request;
    request.headers = {{"Host", "127.0.0.1:7411"}, {"X-Amz-Target", "DynamoDB_20120810.PutItem"}};
    request.body = "{}";
    return request;
}

SigningContext context() {
    return {"us-east-1", "dynamodb", moment(), signing_rules("dynamodb")};
}

std::string refusal(const HttpRequest& request, Time now,
                    const Credentials& credentials = secret()) {
    SigningKeys keys;
    try {
        const auto claim = read_signature(request);
        if (!claim) return "no signature";
        verify(request, *claim, credentials, signing_rules(claim->service), now, keys);
    } catch (const Error& e) {
        return e.code() + ": " + e.message();
    }
    return "";
}

HttpRequest signed_request() {
    SigningKeys keys;
    HttpRequest request = dynamodb_request();
    sign(request, secret(), context(), keys);
    return request;
}

TEST(Sigv4, PathIsEncodedTwiceForAllButS3) {
    SigningRules rules = signing_rules("backup");
    HttpRequest request;
    request.method = "GET";
    request.target = "/tags/arn%3Aaws%3Abackup/a%20b";
    EXPECT_EQ(canonical_request(request, {}, "", rules),
              "GET\n/tags/arn%253Aaws%253Abackup/a%2520b\n\n\n\n");
    rules = signing_rules("s3");
    request.target = "/bucket/a%20b//./c";
    EXPECT_EQ(canonical_request(request, {}, "", rules), "GET\n/bucket/a%20b//./c\n\n\n\n");
}

TEST(Sigv4, AcceptsClocksUpToFifteenMinutesApart) {
    const HttpRequest request = signed_request();
    EXPECT_EQ(refusal(request, moment() + minutes(15)), "");
    EXPECT_EQ(refusal(request, moment() - minutes(15)), "");
    EXPECT_EQ(refusal(request, moment() + minutes(16)),
              "InvalidSignatureException: Signature expired: 20260102T091824Z is now earlier than "
              "20260102T091924Z (20260102T093424Z - 15 min.)");
    EXPECT_EQ(
        refusal(request, moment() - minutes(16)),
        "InvalidSignatureException: Signature not yet current: 20260102T091824Z is still later "
        "than 20260102T091724Z (20260102T090224Z + 15 min.)");
}

TEST(Sigv4, RefusesAnotherSecret) {
    Credentials other = secret();
    other.secret_access_key += "x";
    EXPECT_EQ(refusal(signed_request(), moment(), other).substr(0, 26),
              "InvalidSignatureException:");
}

TEST(Sigv4, RefusesATargetThatIsNotCovered) {
    SigningKeys keys;
    HttpRequest request;
    request.headers = {{"Host", "127.0.0.1:7411"}};
    sign(request, secret(), context(), keys);
    request.headers.add("X-Amz-Target", "DynamoDB_20120810.DeleteTable");
    EXPECT_NE(refusal(request, moment()).find("'x-amz-target' must be a 'SignedHeader'"),
              std::string::npos);
}

TEST(Sigv4, PresignedUrlHoldsForItsLifetimeOnly) {
    SigningKeys keys;
    HttpRequest request = dynamodb_request();
    presign(request, secret(), context(), seconds(60), keys);
    EXPECT_EQ(refusal(request, moment() + seconds(60)), "");
    EXPECT_NE(refusal(request, moment() + seconds(61)).find("Signature expired"),
              std::string::npos);
    EXPECT_THROW(presign(request, secret(), context(), std::chrono::hours(24 * 8), keys), Error);
}

TEST(Sigv4, NamesEverythingAnIncompleteSignatureLacks) {
    HttpRequest request = dynamodb_request();
    EXPECT_EQ(refusal(request, moment()), "no signature");
    request.headers.set("Authorization", "AWS4-HMAC-SHA256 Credential=a/20260102/r/s/aws4_request");
    EXPECT_EQ(
        refusal(request, moment()),
        "IncompleteSignatureException: Authorization header requires 'Signature' parameter. "
        "Authorization header requires 'SignedHeaders' parameter. Authorization header requires "
        "existence of an 'X-Amz-Date' header.");
    for (const char* garbage : {"", "Basic abc", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ,,,=,=",
                                "AWS4-HMAC-SHA256 Credential=, Signature=, SignedHeaders=",
                                "AWS4-HMAC-SHA256 Credential=a/b, Signature=c, SignedHeaders=d"}) {
        request.headers.set("Authorization", garbage);
        request.headers.set("X-Amz-Date", "20260102T091824Z");
        EXPECT_EQ(refusal(request, moment()).substr(0, 29), "IncompleteSignatureException:")
            << garbage;
    }
    request = signed_request();
    request.headers.set("X-Amz-Date", "2026-01-02T09:18:24Z");
    EXPECT_NE(refusal(request, moment()).find("ISO-8601 'basic format'"), std::string::npos);
    request.headers.set("X-Amz-Date", "20260103T091824Z");
    EXPECT_NE(refusal(request, moment()).find("Credential scope"), std::string::npos);
}

TEST(Sigv4, KeysAreRememberedPerSecret) {
    SigningKeys keys;
    const std::string first = keys.get(secret(), "20260102", "us-east-1", "sqs");
    EXPECT_EQ(keys.get(secret(), "20260102", "us-east-1", "sqs"), first);
    Credentials other = secret();
    other.secret_access_key = "rotated";
    EXPECT_NE(keys.get(other, "20260102", "us-east-1", "sqs"), first);
}

}  // namespace
}  // namespace lifeboat::cloud

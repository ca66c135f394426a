#include "server/aws_endpoint.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"
#include "base/testing/manual_clock.h"
#include "cloud/codec.h"
#include "cloud/model.h"

namespace lifeboat::server {
namespace {

using cloud::HttpRequest;
using cloud::HttpResponse;

class Endpoint : public ::testing::Test {
  protected:
    Endpoint()
        : endpoint(
              [this](const local::Caller& caller, const std::string& service,
                     const std::string& operation, const Json& request,
                     const cloud::CallOptions& options) {
                  last_caller = caller;
                  last_call = service + ":" + operation + " " + to_text(request);
                  last_token = options.call_token;
                  last_forwards = options.forwards;
                  if (!failure.code().empty()) throw failure;
                  return answer;
              },
              [this](const std::string& key) -> std::optional<Identity> {
                  if (key != credentials.access_key_id) return std::nullopt;
                  Identity identity{credentials, {}};
                  identity.caller.arn = "arn:aws:iam::000000000000:root";
                  return identity;
              },
              metrics, clock, random) {}

    HttpRequest json_request(const std::string& target, const std::string& body) {
        HttpRequest request;
        request.headers = {{"Host", "127.0.0.1:7411"},
                           {"Content-Type", "application/x-amz-json-1.0"},
                           {"X-Amz-Target", target},
                           {"User-Agent", "test"}};
        request.body = body;
        return request;
    }
    HttpRequest form_request(const std::string& body) {
        HttpRequest request;
        request.headers = {{"Host", "127.0.0.1:7411"},
                           {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
        request.body = body;
        return request;
    }
    HttpRequest signed_as(HttpRequest request, const std::string& service) {
        sign(request, credentials,
             {"us-east-1", service, clock.now(), cloud::signing_rules(service)}, keys);
        return request;
    }
    HttpRequest sts() { return form_request("Action=GetCallerIdentity&Version=2011-06-15"); }
    HttpResponse ask(const HttpRequest& request) {
        return endpoint.answer(request, {"127.0.0.1", true});
    }
    static std::string code_of(const HttpResponse& response) {
        if (response.status == 200) return "";
        const auto xml = response.body.find("<Code>");
        if (xml != std::string::npos)
            return response.body.substr(xml + 6, response.body.find("</Code>") - xml - 6);
        const Json body = parse_json(response.body, "error");
        return string_or(body, "__type", response.headers.get("x-amzn-errortype"));
    }

    testing::ManualClock clock{*parse_iso8601("2026-01-02T09:18:24Z")};
    SeededRandom random{1};
    cloud::Credentials credentials{"LIFEBOATKEY", "secret", "", {}};
    cloud::SigningKeys keys;
    Metrics metrics;
    Json answer = Json::object();
    Error failure{ErrorCategory::Internal, "", ""};
    local::Caller last_caller;
    std::string last_call;
    std::string last_token;
    int last_forwards = -1;
    AwsEndpoint endpoint;
};

TEST_F(Endpoint, CarriesOutAVerifiedCallAsItsCaller) {
    answer = {{"Account", "000000000000"}, {"Arn", "a<&>b"}, {"UserId", "u"}};
    HttpRequest request = sts();
    request.headers.add("X-Lifeboat-Call-Token", "once");
    request.headers.add("User-Agent", "test");
    const HttpResponse response = ask(signed_as(request, "sts"));
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(last_call, "sts:GetCallerIdentity {}");
    EXPECT_EQ(last_token, "once");
    EXPECT_EQ(last_caller.arn, "arn:aws:iam::000000000000:root");
    EXPECT_EQ(last_caller.access_key_id, "LIFEBOATKEY");
    EXPECT_EQ(last_caller.source_ip, "127.0.0.1");
    EXPECT_EQ(last_caller.user_agent, "test");
    EXPECT_EQ(last_caller.request_id, response.headers.get("x-amzn-RequestId"));
    const Json read =
        cloud::codec(cloud::Protocol::Query)
            .decode_response(cloud::service_model("sts"),
                             cloud::service_model("sts").operation("GetCallerIdentity"), response);
    EXPECT_EQ(read, answer);
}

TEST_F(Endpoint, TellsHowOftenACallWasHandedOn) {
    for (const auto& [text, forwards] : std::map<std::string, int>{
             {"", 0}, {"2", 2}, {"-1", 0}, {"2x", 0}, {"99999999999999999999", 0}}) {
        HttpRequest request = sts();
        if (!text.empty()) request.headers.add("X-Lifeboat-Forwards", text);
        ask(signed_as(request, "sts"));
        EXPECT_EQ(last_forwards, forwards) << text;
    }
}

TEST_F(Endpoint, EveryKindOfWrongSignatureHasAwssError) {
    const auto expect = [&](const HttpRequest& request, const std::string& code, int status) {
        last_call.clear();
        const HttpResponse response = ask(request);
        EXPECT_EQ(code_of(response), code) << response.body;
        EXPECT_EQ(response.status, status);
        EXPECT_EQ(last_call, "") << "carried out in spite of " << code;
    };
    const HttpRequest json = json_request("DynamoDB_20120810.ListTables", "{}");
    expect(json, "MissingAuthenticationTokenException", 400);
    expect(sts(), "MissingAuthenticationToken", 403);
    HttpRequest rest;
    rest.method = "GET";
    rest.target = "/2015-02-01/file-systems";
    expect(rest, "MissingAuthenticationTokenException", 403);

    HttpRequest broken = json;
    broken.headers.add("Authorization", "AWS4-HMAC-SHA256 Credential=x");
    expect(broken, "IncompleteSignatureException", 400);
    broken = sts();
    broken.headers.add("Authorization", "AWS4-HMAC-SHA256 Credential=x");
    expect(broken, "IncompleteSignature", 400);

    HttpRequest tampered = signed_as(json, "dynamodb");
    tampered.body = "{ }";
    expect(tampered, "InvalidSignatureException", 400);
    tampered = signed_as(sts(), "sts");
    tampered.body += "&x=y";
    expect(tampered, "SignatureDoesNotMatch", 403);

    const HttpRequest early_json = signed_as(json, "dynamodb");
    const HttpRequest early_form = signed_as(sts(), "sts");
    clock.advance(std::chrono::minutes(16));
    expect(early_json, "InvalidSignatureException", 400);
    expect(early_form, "SignatureDoesNotMatch", 403);
    const HttpResponse late = ask(early_form);
    EXPECT_NE(late.body.find("Signature expired"), std::string::npos);

    const cloud::Credentials right = credentials;
    credentials.access_key_id = "OTHER";
    HttpRequest foreign_json = signed_as(json, "dynamodb");
    HttpRequest foreign_form = signed_as(sts(), "sts");
    credentials.access_key_id = right.access_key_id;
    expect(foreign_json, "UnrecognizedClientException", 400);
    expect(foreign_form, "InvalidClientTokenId", 403);
    credentials.secret_access_key = "guess";
    foreign_json = signed_as(json, "dynamodb");
    credentials = right;
    expect(foreign_json, "InvalidSignatureException", 400);
    credentials.session_token = "left over";
    foreign_form = signed_as(sts(), "sts");
    credentials = right;
    expect(foreign_form, "InvalidClientTokenId", 403);
}

TEST_F(Endpoint, UnknownOperationsAndServicesAreNamed) {
    HttpResponse response = ask(signed_as(form_request("Action=GetSessionToken"), "sts"));
    EXPECT_EQ(code_of(response), "UnknownOperationException");
    EXPECT_NE(response.body.find("GetSessionToken"), std::string::npos);
    response = ask(signed_as(form_request(""), "sts"));
    EXPECT_EQ(code_of(response), "UnknownOperationException");
    response = ask(signed_as(json_request("AWSGlue.GetTables", "{}"), "nothing"));
    EXPECT_EQ(code_of(response), "UnknownServiceException");
    EXPECT_NE(response.body.find("nothing"), std::string::npos);
    response = ask(signed_as(json_request("Other.GetCallerIdentity", "{}"), "sts"));
    EXPECT_NE(code_of(response), "");
    EXPECT_EQ(last_call, "");
}

TEST_F(Endpoint, ErrorsOfTheServiceReachTheClient) {
    failure = Error(ErrorCategory::NotFound, "ResourceNotFoundException", "no such thing");
    const HttpResponse response = ask(signed_as(sts(), "sts"));
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(code_of(response), "ResourceNotFoundException");
    EXPECT_NE(response.body.find("no such thing"), std::string::npos);
    failure = Error(ErrorCategory::Internal, "InternalFailure", "bug");
    EXPECT_EQ(ask(signed_as(sts(), "sts")).status, 500);
}

TEST_F(Endpoint, PresignedUrlIsAccepted) {
    HttpRequest request;
    request.method = "GET";
    request.target = "/?Action=GetCallerIdentity&Version=2011-06-15";
    request.headers = {{"Host", "127.0.0.1:7411"}};
    presign(request, credentials, {"us-east-1", "sts", clock.now(), cloud::signing_rules("sts")},
            std::chrono::seconds(60), keys);
    EXPECT_EQ(ask(request).status, 200);
    clock.advance(std::chrono::seconds(61));
    EXPECT_EQ(code_of(ask(request)), "SignatureDoesNotMatch");
}

TEST_F(Endpoint, CountsByServiceOperationAndCode) {
    ask(signed_as(sts(), "sts"));
    ask(sts());
    const std::string text = metrics.render();
    EXPECT_NE(text.find("lifeboat_requests_total{service=\"sts\",operation=\"GetCallerIdentity\","
                        "code=\"ok\"} 1\n"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("code=\"MissingAuthenticationTokenException\"} 1\n"), std::string::npos);
    EXPECT_NE(text.find("lifeboat_request_seconds_bucket{service=\"sts\",operation="
                        "\"GetCallerIdentity\",le=\"+Inf\"} 1\n"),
              std::string::npos);
}

}  // namespace
}  // namespace lifeboat::server

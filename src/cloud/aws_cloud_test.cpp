#include "cloud/aws_cloud.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "cloud/aws_chunked.h"

namespace lifeboat::aws {
namespace {

using cloud::HttpRequest;
using cloud::HttpResponse;

// Stands still except when somebody waits: then the wait is over at once.
class SkippingClock final : public Clock {
  public:
    Time now() const override { return now_; }
    void wait_until(std::unique_lock<std::mutex>&, std::condition_variable&,
                    Time until) const override {
        waited += until - now_;
        now_ = until;
    }
    mutable Duration waited{0};

  private:
    mutable Time now_ = *parse_iso8601("2026-01-02T09:18:24Z");
};

class FakeTransport final : public cloud::HttpTransport {
  public:
    HttpResponse send(const cloud::Url& server, const HttpRequest& request) override {
        servers.push_back(server.text());
        requests.push_back(request);
        if (answers.empty()) return ok();
        auto answer = answers.front();
        answers.pop_front();
        return answer();
    }
    static HttpResponse ok() {
        return {200,
                {{"x-amzn-RequestId", "r-1"}},
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>1</Account>"
                "</GetCallerIdentityResult></GetCallerIdentityResponse>"};
    }
    void then(int status, const std::string& code, cloud::HttpHeaders headers = {}) {
        headers.add("x-amzn-RequestId", "r-9");
        answers.push_back([=] {
            return HttpResponse{status, headers,
                                "<ErrorResponse><Error><Code>" + code +
                                    "</Code><Message>m</Message></Error></ErrorResponse>"};
        });
    }
    std::deque<std::function<HttpResponse()>> answers;
    std::vector<std::string> servers;
    std::vector<HttpRequest> requests;
};

class AwsCloud : public ::testing::Test {
  protected:
    Json call() {
        Cloud cloud(options, credentials, transport, clock, random);
        return cloud.call("sts", "GetCallerIdentity", Json::object());
    }
    Error failure() {
        try {
            call();
        } catch (const Error& e) {
            return e;
        }
        return Error(ErrorCategory::Internal, "none", "");
    }
    CloudOptions options;
    cloud::FixedCredentials credentials{{"AK", "SK", "", {}}};
    FakeTransport transport;
    SkippingClock clock;
    SeededRandom random{7};
};

TEST_F(AwsCloud, SignsAndSendsToTheRegionsEndpoint) {
    options.region = "eu-west-1";
    EXPECT_EQ(call(), (Json{{"Account", "1"}}));
    EXPECT_EQ(transport.servers[0], "https://sts.eu-west-1.amazonaws.com");
    const HttpRequest& sent = transport.requests[0];
    EXPECT_EQ(sent.headers.get("host"), "sts.eu-west-1.amazonaws.com");
    EXPECT_EQ(sent.body, "Action=GetCallerIdentity&Version=2011-06-15");
    cloud::SigningKeys keys;
    const auto claim = cloud::read_signature(sent);
    ASSERT_TRUE(claim);
    EXPECT_EQ(claim->region, "eu-west-1");
    EXPECT_NO_THROW(cloud::verify(sent, *claim, *credentials.find(), cloud::signing_rules("sts"),
                                  clock.now(), keys));
}

TEST_F(AwsCloud, SignsUploadsInChunksWhenAsked) {
    const auto put = [&](std::size_t size) {
        transport.answers.push_back([] { return HttpResponse{200, {}, ""}; });
        Cloud cloud(options, credentials, transport, clock, random);
        cloud.call("s3", "PutObject",
                   {{"Bucket", "bucket"},
                    {"Key", "key"},
                    {"Body", base64_encode(std::string(size, 'x'))}});
        return transport.requests.back();
    };
    EXPECT_FALSE(cloud::is_chunked_payload(put(100'000)));
    options.signs_uploads_in_chunks = true;
    EXPECT_FALSE(cloud::is_chunked_payload(put(100)));
    HttpRequest sent = put(100'000);
    ASSERT_TRUE(cloud::is_chunked_payload(sent));
    cloud::SigningKeys keys;
    const auto claim = cloud::read_signature(sent);
    ASSERT_TRUE(claim);
    cloud::verify(sent, *claim, *credentials.find(), cloud::signing_rules("s3"), clock.now(), keys);
    cloud::unwrap_chunks(sent, *claim, *credentials.find(), keys);
    EXPECT_EQ(sent.body, std::string(100'000, 'x'));
}

TEST_F(AwsCloud, EndpointsPathIsSigned) {
    options.endpoints.every = "http://proxy:8080/aws";
    call();
    EXPECT_EQ(transport.requests[0].target, "/aws/");
    EXPECT_EQ(transport.requests[0].headers.get("host"), "proxy:8080");
}

TEST_F(AwsCloud, TriesThreeTimesForWhatMayPass) {
    transport.then(503, "ServiceUnavailable");
    transport.answers.push_back([]() -> HttpResponse {
        throw Error(ErrorCategory::Unavailable, "ConnectionBroken", "reset");
    });
    EXPECT_EQ(call(), (Json{{"Account", "1"}}));
    EXPECT_EQ(transport.requests.size(), 3U);
    EXPECT_GE(clock.waited, std::chrono::milliseconds(300));
    EXPECT_LE(clock.waited, std::chrono::milliseconds(600));
}

TEST_F(AwsCloud, GivesUpAfterThreeTriesAndSaysWhatWasTried) {
    for (int i = 0; i < 5; ++i)
        transport.then(400, "Throttling");
    const Error error = failure();
    EXPECT_EQ(error.code(), "Throttling");
    EXPECT_EQ(error.category(), ErrorCategory::Throttled);
    EXPECT_EQ(transport.requests.size(), 3U);
    EXPECT_NE(std::string(error.what())
                  .find("while calling sts:GetCallerIdentity in us-east-1, request r-9, 3 tries"),
              std::string::npos)
        << error.what();
}

TEST_F(AwsCloud, NeverRepeatsWhatCannotHelp) {
    transport.then(403, "AccessDenied");
    EXPECT_EQ(failure().category(), ErrorCategory::PermissionDenied);
    EXPECT_EQ(transport.requests.size(), 1U);
    EXPECT_EQ(clock.waited, Duration(0));
}

TEST_F(AwsCloud, WaitsAsLongAsTheServerAsks) {
    transport.then(503, "ServiceUnavailable", {{"Retry-After", "7"}});
    call();
    EXPECT_GE(clock.waited, std::chrono::seconds(7));
    transport.then(503, "ServiceUnavailable", {{"Retry-After", "99999"}});
    call();
    EXPECT_LE(clock.waited, std::chrono::seconds(28));
}

TEST_F(AwsCloud, CorrectsAClockThatIsOff) {
    transport.then(403, "SignatureDoesNotMatch", {{"Date", "Fri, 02 Jan 2026 10:18:24 GMT"}});
    Cloud cloud(options, credentials, transport, clock, random);
    cloud.call("sts", "GetCallerIdentity", Json::object());
    EXPECT_EQ(transport.requests[1].headers.get("x-amz-date"), "20260102T101824Z");
    cloud.call("sts", "GetCallerIdentity", Json::object());
    EXPECT_EQ(transport.requests[2].headers.get("x-amz-date"), "20260102T101824Z");
    EXPECT_EQ(transport.requests.size(), 3U);
}

TEST_F(AwsCloud, WrongKeyIsNotTakenForAWrongClock) {
    for (int i = 0; i < 3; ++i)
        transport.then(403, "SignatureDoesNotMatch", {{"Date", "Fri, 02 Jan 2026 09:18:25 GMT"}});
    EXPECT_EQ(failure().code(), "SignatureDoesNotMatch");
    EXPECT_EQ(transport.requests.size(), 1U);
}

TEST_F(AwsCloud, WithoutCredentialsNothingIsSent) {
    cloud::CredentialsChain none({});
    Cloud cloud(options, none, transport, clock, random);
    try {
        cloud.call("sts", "GetCallerIdentity", Json::object());
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), "NoCredentials");
    }
    EXPECT_TRUE(transport.requests.empty());
}

TEST_F(AwsCloud, ExpiredCredentialsAreAskedForAnewOnce) {
    class Renewed final : public cloud::CredentialsProvider {
      public:
        std::optional<cloud::Credentials> find() override {
            return cloud::Credentials{"AK", "SK", "token-" + std::to_string(generation), {}};
        }
        void forget(const cloud::Credentials&) override { ++generation; }
        int generation = 1;
    } renewed;
    Cloud cloud(options, renewed, transport, clock, random);
    transport.then(403, "ExpiredToken");
    EXPECT_EQ(cloud.call("sts", "GetCallerIdentity", Json::object()), (Json{{"Account", "1"}}));
    EXPECT_EQ(transport.requests[0].headers.get("x-amz-security-token"), "token-1");
    EXPECT_EQ(transport.requests[1].headers.get("x-amz-security-token"), "token-2");
    transport.then(403, "ExpiredToken");
    transport.then(403, "ExpiredToken");
    EXPECT_THROW(cloud.call("sts", "GetCallerIdentity", Json::object()), Error);
    EXPECT_EQ(transport.requests.size(), 4U);
    transport.then(403, "ExpiredToken");
    EXPECT_EQ(failure().code(), "ExpiredToken") << "fixed keys cannot be renewed";
    EXPECT_EQ(transport.requests.size(), 5U);
}

TEST_F(AwsCloud, SomeOperationsHaveAHostOfTheirOwn) {
    transport.answers.push_back([] { return HttpResponse{200, {}, "{}"}; });
    Cloud cloud(options, credentials, transport, clock, random);
    cloud.call("states", "StartSyncExecution", Json{{"stateMachineArn", "a"}});
    EXPECT_EQ(transport.servers[0], "https://sync-states.us-east-1.amazonaws.com");
}

TEST_F(AwsCloud, CallTokenTravelsSigned) {
    Cloud cloud(options, credentials, transport, clock, random);
    cloud.call("sts", "GetCallerIdentity", Json::object(), {.call_token = "once"});
    EXPECT_EQ(transport.requests[0].headers.get("x-lifeboat-call-token"), "once");
    EXPECT_NE(transport.requests[0].headers.get("authorization").find("x-lifeboat-call-token"),
              std::string::npos);
}

}  // namespace
}  // namespace lifeboat::aws

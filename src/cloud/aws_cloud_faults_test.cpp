// aws::Cloud against a server that misbehaves on cue: the right outcome, in bounded time, and no
// second effect.
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"
#include "cloud/aws_cloud.h"
#include "cloud/testing/scripted_server.h"

namespace lifeboat::aws {
namespace {

using namespace std::chrono_literals;
using cloud::testing::http_answer;
using cloud::testing::ScriptedServer;
using cloud::testing::Step;
using Kind = Step::Kind;

const Step kStarted{Kind::Answer, http_answer(200, R"({"executionArn":"a","startDate":1})")};

Step refusal(int status, const std::string& code, const std::string& headers = "") {
    return {Kind::Answer, http_answer(status, R"({"__type":")" + code + R"(","message":"m"})",
                                      "x-amzn-RequestId: r-1\r\n" + headers)};
}

class Faults : public ::testing::Test {
  protected:
    Faults() {
        http.connect = 2s;
        http.stall = 200ms;
        http.total = 2s;
        options.retries.backoff = {1ms, 2.0, 5ms};
        options.retries.most_tries = 4;
    }

    struct Outcome {
        std::string code;     // "": it worked
        std::string message;  // with context
        std::vector<std::string> requests;
        Duration took{0};
    };

    // One RedriveExecution, which has an idempotency token that the client fills in.
    Outcome call(std::vector<Step> steps) {
        ScriptedServer server(std::move(steps));
        options.endpoints.every = server.url();
        cloud::HttpClient transport(http, clock);
        Cloud cloud(options, credentials, transport, clock, random);
        Outcome outcome;
        const Time start = clock.now();
        try {
            cloud.call("states", "RedriveExecution", Json{{"executionArn", "a"}});
        } catch (const Error& e) {
            outcome.code = e.code();
            outcome.message = e.what();
        }
        outcome.took = clock.now() - start;
        outcome.requests = server.requests();
        return outcome;
    }

    static std::string body(const std::string& request) {
        return request.substr(request.find("\r\n\r\n") + 4);
    }

    SystemClock clock;
    SeededRandom random{1};
    cloud::FixedCredentials credentials{{"AK", "the-secret", "the-token", {}}};
    cloud::HttpClientOptions http;
    CloudOptions options;
};

TEST_F(Faults, EveryKindOfTroublePassesAndTheCallIsTheSameEachTime) {
    const std::vector<std::vector<Step>> troubles = {
        {refusal(400, "ThrottlingException")},
        {refusal(500, "InternalServerError"), refusal(503, "ServiceUnavailable")},
        {{Kind::Reset, ""}},
        {{Kind::Close, ""}},
        {{Kind::Stall, ""}},
        {{Kind::Stall, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"}},
        {{Kind::Close, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"executionArn\""}},
        {{Kind::Close, "HTTP/1.1 2"}},
        {{Kind::Close, http_answer(502, "<html>Bad Gateway</html>")}},
    };
    for (const auto& trouble : troubles) {
        SCOPED_TRACE(trouble[0].bytes);
        std::vector<Step> steps = trouble;
        steps.push_back(kStarted);
        const Outcome outcome = call(steps);
        EXPECT_EQ(outcome.code, "") << outcome.message;
        ASSERT_EQ(outcome.requests.size(), trouble.size() + 1);
        // The token in the body tells the service that these are one call.
        for (const std::string& request : outcome.requests)
            EXPECT_EQ(body(request), body(outcome.requests[0]));
        EXPECT_NE(body(outcome.requests[0]).find("clientToken"), std::string::npos);
        EXPECT_LT(outcome.took, 5s);
    }
}

TEST_F(Faults, TroubleWithoutEndEndsAndIsNamed) {
    const std::vector<std::pair<Step, std::string>> troubles = {
        {refusal(400, "ThrottlingException"), "ThrottlingException"},
        {refusal(500, "InternalServerError"), "InternalServerError"},
        {{Kind::Reset, ""}, "ConnectionBroken"},
        {{Kind::Stall, ""}, "Timeout"},
        {{Kind::Close, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"}, "ConnectionBroken"},
    };
    for (const auto& [trouble, code] : troubles) {
        SCOPED_TRACE(code);
        const Outcome outcome = call({10, trouble});
        EXPECT_EQ(outcome.code, code);
        EXPECT_EQ(outcome.requests.size(), 4U);
        EXPECT_LT(outcome.took, 10s);
        for (const char* part : {"states:RedriveExecution", "us-east-1", "4 tries"})
            EXPECT_NE(outcome.message.find(part), std::string::npos) << outcome.message;
    }
}

TEST_F(Faults, WhatCannotHelpIsNotRepeated) {
    const Outcome outcome = call({refusal(400, "ExecutionDoesNotExist"), kStarted});
    EXPECT_EQ(outcome.code, "ExecutionDoesNotExist");
    EXPECT_EQ(outcome.requests.size(), 1U);
    EXPECT_NE(outcome.message.find("request r-1"), std::string::npos) << outcome.message;
}

TEST_F(Faults, ExhaustedQuotaEndsRepetition) {
    options.retries.most_tries = 1000;
    options.retries.backoff = {1us, 1.0, 1us};
    const Outcome outcome = call({300, refusal(500, "InternalServerError")});
    EXPECT_EQ(outcome.code, "InternalServerError");
    EXPECT_EQ(outcome.requests.size(), 1U + RetryQuota::kCapacity / RetryQuota::kCost);
}

TEST_F(Faults, CredentialsThatExpireInMidRunAreRenewed) {
    class Renewed final : public cloud::CredentialsProvider {
      public:
        std::optional<cloud::Credentials> find() override {
            return cloud::Credentials{"AK", "SK", "token-" + std::to_string(generation), {}};
        }
        void forget(const cloud::Credentials&) override { ++generation; }
        int generation = 1;
    } renewed;
    ScriptedServer server({kStarted, refusal(400, "ExpiredTokenException"), kStarted});
    options.endpoints.every = server.url();
    cloud::HttpClient transport(http, clock);
    Cloud cloud(options, renewed, transport, clock, random);
    for (int i = 0; i < 2; ++i)
        EXPECT_NO_THROW(cloud.call("states", "RedriveExecution", Json{{"executionArn", "a"}}));
    const auto seen = server.requests();
    ASSERT_EQ(seen.size(), 3U);
    EXPECT_NE(seen[2].find("token-2"), std::string::npos);
    EXPECT_EQ(body(seen[1]), body(seen[2]));
}

TEST_F(Faults, ErrorsTellNoSecrets) {
    for (const Step& trouble : {refusal(403, "InvalidSignatureException"), Step{Kind::Reset, ""},
                                refusal(400, "ThrottlingException")}) {
        const Outcome outcome = call({10, trouble});
        for (const char* secret : {"the-secret", "the-token", "Signature="})
            EXPECT_EQ(outcome.message.find(secret), std::string::npos) << outcome.message;
    }
}

}  // namespace
}  // namespace lifeboat::aws

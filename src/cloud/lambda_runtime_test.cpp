#include "cloud/lambda_runtime.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"
#include "base/testing/manual_clock.h"
#include "cloud/testing/scripted_server.h"

namespace lifeboat::cloud {
namespace {

using testing::http_answer;
using testing::ScriptedServer;
using Kind = testing::Step::Kind;

class NoCloud final : public Cloud {
  public:
    Json call(std::string_view, std::string_view, const Json&, const CallOptions&) override {
        throw Error(ErrorCategory::Internal, "NoCloud", "nothing is called here");
    }
};

std::string event(const std::string& body) {
    return http_answer(200, body,
                       "Lambda-Runtime-Aws-Request-Id: id-1\r\n"
                       "Lambda-Runtime-Deadline-Ms: 1767345564000\r\n"
                       "Lambda-Runtime-Invoked-Function-Arn: "
                       "arn:aws-cn:lambda:cn-north-1:123456789012:function:f\r\n");
}

class Runtime : public ::testing::Test {
  protected:
    // What the Runtime API heard last.
    std::string serve(const std::vector<testing::Step>& steps, Function run) {
        ScriptedServer api(steps);
        HttpClient transport(runtime_http_options(), real);
        LambdaRuntime runtime("127.0.0.1:" + std::to_string(api.port()), transport, cloud, clock,
                              random, {});
        runtime.serve_one("f", {"", std::chrono::seconds(60), {{"A", "b"}}, std::move(run)});
        return api.requests().back();
    }

    NoCloud cloud;
    SystemClock real;
    lifeboat::testing::ManualClock clock{*parse_iso8601("2026-01-02T09:18:24Z")};
    SeededRandom random{1};
};

TEST_F(Runtime, HandsTheEventOverAndTheAnswerBack) {
    const std::string heard =
        serve({{Kind::Answer, event(R"({"x":1})")}, {Kind::Answer, http_answer(202, "")}},
              [](const Json& given, FunctionContext& context) {
                  EXPECT_EQ(given, (Json{{"x", 1}}));
                  EXPECT_EQ(context.request_id, "id-1");
                  EXPECT_EQ(context.place, (Place{"aws-cn", "cn-north-1", "123456789012"}));
                  EXPECT_EQ(context.deadline, *parse_iso8601("2026-01-02T09:19:24Z"));
                  EXPECT_EQ(context.environment.at("A"), "b");
                  return Json{{"done", true}};
              });
    EXPECT_TRUE(heard.starts_with("POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1\r\n"))
        << heard;
    EXPECT_TRUE(heard.ends_with(R"({"done":true})")) << heard;
}

TEST_F(Runtime, FailureIsHandedBackWithItsCode) {
    const std::string heard = serve(
        {{Kind::Answer, event("{}")}, {Kind::Answer, http_answer(202, "")}},
        [](const Json&, FunctionContext&) -> Json {
            throw Error(ErrorCategory::NotFound, "SourceGone", "it is gone").within("looking");
        });
    EXPECT_TRUE(heard.starts_with("POST /2018-06-01/runtime/invocation/id-1/error HTTP/1.1\r\n"));
    EXPECT_NE(heard.find("Lambda-Runtime-Function-Error-Type: SourceGone\r\n"), std::string::npos);
    EXPECT_NE(heard.find(R"("errorType":"SourceGone")"), std::string::npos) << heard;
    EXPECT_NE(heard.find("while looking"), std::string::npos);
}

TEST_F(Runtime, EventThatIsNoJsonIsAFailureOfTheInvocation) {
    const std::string heard =
        serve({{Kind::Answer, event("{")}, {Kind::Answer, http_answer(202, "")}},
              [](const Json&, FunctionContext&) { return Json(); });
    EXPECT_NE(heard.find("/error HTTP"), std::string::npos);
}

TEST_F(Runtime, AnswerThatIsRefusedBecomesAnError) {
    const std::string heard = serve({{Kind::Answer, event("{}")},
                                     {Kind::Answer, http_answer(413, "{}")},
                                     {Kind::Answer, http_answer(202, "")}},
                                    [](const Json&, FunctionContext&) { return Json(1); });
    EXPECT_NE(heard.find("ResponseRefused"), std::string::npos);
}

TEST_F(Runtime, EndsWhenTheRuntimeApiIsGone) {
    EXPECT_THROW(serve({{Kind::Reset, ""}}, [](const Json&, FunctionContext&) { return Json(); }),
                 Error);
    EXPECT_THROW(serve({{Kind::Answer, http_answer(500, "")}},
                       [](const Json&, FunctionContext&) { return Json(); }),
                 Error);
}

}  // namespace
}  // namespace lifeboat::cloud

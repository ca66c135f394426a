#include "cloud/custom_resource.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"
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

class CustomResource : public ::testing::Test {
  protected:
    Json run(const Json& event, const Function& function) {
        HttpClient transport({}, clock);
        FunctionContext context{cloud, clock, random, {}, "id", {}, clock.now()};
        return with_custom_resource(function, transport)(event, context);
    }
    // What CloudFormation hears.
    Json heard(const std::string& kind, const Function& function) {
        ScriptedServer server({{Kind::Answer, http_answer(200, "")}});
        run({{"RequestType", kind},
             {"ResponseURL", server.url() + "/bucket/key?X-Amz-Signature=a%2Fb"},
             {"StackId", "s"},
             {"RequestId", "r"},
             {"LogicalResourceId", "Seeding"}},
            function);
        const std::string request = server.requests().at(0);
        EXPECT_TRUE(request.starts_with("PUT /bucket/key?X-Amz-Signature=a%2Fb HTTP")) << request;
        return parse_json(request.substr(request.find("\r\n\r\n") + 4), "answer");
    }

    NoCloud cloud;
    SystemClock clock;
    SeededRandom random{1};
};

TEST_F(CustomResource, SaysWhenItIsDone) {
    int runs = 0;
    const auto count = [&](const Json& event, FunctionContext&) {
        EXPECT_EQ(event, Json::object());
        ++runs;
        return Json::object();
    };
    const Json answer = heard("Create", count);
    EXPECT_EQ(answer["Status"], "SUCCESS");
    EXPECT_EQ(answer["PhysicalResourceId"], "Seeding");
    EXPECT_EQ(answer["RequestId"], "r");
    heard("Delete", count);
    EXPECT_EQ(runs, 1);
}

TEST_F(CustomResource, SaysWhyItFailed) {
    const Json answer = heard("Update", [](const Json&, FunctionContext&) -> Json {
        throw Error(ErrorCategory::PermissionDenied, "AccessDenied", "no");
    });
    EXPECT_EQ(answer["Status"], "FAILED");
    EXPECT_EQ(answer["Reason"], "AccessDenied: no");
}

TEST_F(CustomResource, OtherEventsPassThrough) {
    EXPECT_EQ(run(Json{{"x", 1}}, [](const Json& event, FunctionContext&) { return event; }),
              (Json{{"x", 1}}));
}

}  // namespace
}  // namespace lifeboat::cloud

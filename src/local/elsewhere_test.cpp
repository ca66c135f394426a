#include "local/elsewhere.h"

#include "base/error.h"
#include "base/json.h"
#include "local/testing/fixture.h"

namespace lifeboat::local {
namespace {

// Answers with what it was asked.
class Echo : public cloud::Cloud {
  public:
    using cloud::Cloud::call;
    Json call(std::string_view service, std::string_view operation, const Json& request,
              const cloud::CallOptions& options) override {
        return {{"service", service},
                {"operation", operation},
                {"request", request},
                {"token", options.call_token},
                {"forwards", options.forwards}};
    }
};

// Plays a service by asking the cloud that asks it.
class Circle final : public Echo {
  public:
    using cloud::Cloud::call;
    Json call(std::string_view service, std::string_view operation, const Json& request,
              const cloud::CallOptions& options) override {
        ++calls;
        return back->call(service, operation, request, options);
    }
    cloud::Cloud* back = nullptr;
    int calls = 0;
};

class ElsewhereTest : public testing::LocalCloudTest {};

TEST_F(ElsewhereTest, CallsOfAServiceThatIsElsewhereGoThere) {
    Echo echo;
    open({}, {}, {{"sqs", &echo}});
    const Json answer =
        cloud().call("sqs", "SendMessage", {{"MessageBody", "m"}}, {.call_token = "once"});
    EXPECT_EQ(answer, (Json{{"service", "sqs"},
                            {"operation", "SendMessage"},
                            {"request", {{"MessageBody", "m"}}},
                            {"token", "once"},
                            {"forwards", 1}}));
    EXPECT_EQ(ok("sts", "GetCallerIdentity", Json::object())["Account"], "000000000000");
}

TEST_F(ElsewhereTest, CallsThatComeRoundInACircleAreRefused) {
    Circle circle;
    circle.back = &open({}, {}, {{"sqs", &circle}});
    EXPECT_EQ(code_of("sqs", "ListQueues", Json::object()), "ServiceLeadsBack");
    EXPECT_NE(last_message.find("[services]"), std::string::npos);
    EXPECT_LE(circle.calls, 4);
}

TEST_F(ElsewhereTest, ServicesThatWorkInOneTransactionStayTogether) {
    Echo echo;
    const auto refused = [&](const Elsewhere::Clouds& clouds) -> std::string {
        try {
            Elsewhere{clouds};
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), "ServicesBelongTogether");
            return e.message();
        }
        return "";
    };
    EXPECT_NE(refused({{"efs", &echo}}).find("'efs' cannot be elsewhere while 'sagemaker' is here"),
              std::string::npos);
    EXPECT_NE(refused({{"events", &echo}}), "");
    EXPECT_NE(refused({{"dynamodb", &echo}}), "");
    EXPECT_NE(refused({{"dynamodbstreams", &echo}}), "");
    EXPECT_EQ(refused({{"dynamodb", &echo}, {"dynamodbstreams", &echo}}), "");
    EXPECT_EQ(refused({{"sqs", &echo}, {"sagemaker", &echo}}), "");
    EXPECT_EQ(refused({}), "");
}

}  // namespace
}  // namespace lifeboat::local

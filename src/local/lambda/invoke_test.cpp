#include <atomic>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "cloud/codec.h"
#include "cloud/model.h"
#include "cloud/pages.h"
#include "local/testing/fixture.h"

namespace lifeboat::local {
namespace {

using namespace std::chrono_literals;

class Invoke : public testing::LocalCloudTest {
  protected:
    Invoke() {
        functions["echo"].description = "gives back its event";
        functions["echo"].environment = {{"COLOUR", "blue"}};
        functions["echo"].run = [this](const Json& event, cloud::FunctionContext& context) {
            ++runs;
            return Json{{"event", event}, {"colour", context.environment.at("COLOUR")}};
        };
        functions["refuse"].run = [this](const Json&, cloud::FunctionContext&) -> Json {
            ++runs;
            throw Error(ErrorCategory::InvalidInput, "NoGood", "it is no good").within("a test");
        };
        functions["crash"].run = [](const Json&, cloud::FunctionContext&) -> Json {
            throw std::runtime_error("out of ideas");
        };
        functions["slow"].timeout = 3s;
        functions["slow"].run = [this](const Json&, cloud::FunctionContext& context) {
            EXPECT_EQ(context.deadline, context.clock.now() + 3s);
            clock.advance(3s + 1ms);
            return Json("late");
        };
        functions["keep"].run = [this](const Json& event, cloud::FunctionContext&) {
            kept.push_back(event);
            return Json();
        };
        open({}, functions);
    }

    Json invoke(const std::string& name, const Json& event, const Json& more = Json::object()) {
        Json request = {{"FunctionName", name}, {"Payload", base64_encode(to_text(event))}};
        request.update(more);
        return ok("lambda", "Invoke", request);
    }
    static Json payload(const Json& answer) {
        return Json::parse(*base64_decode(answer.value("Payload", "")));
    }
    std::string refused(const std::string& name, const Json& more = Json::object()) {
        Json request = {{"FunctionName", name}};
        request.update(more);
        return code_of("lambda", "Invoke", request);
    }

    cloud::Functions functions;
    std::atomic<int> runs{0};
    std::vector<Json> kept;  // written by one job at a time
};

TEST_F(Invoke, AnswersWithTheFunctionsResultHoweverItIsNamed) {
    for (const std::string name :
         {"echo", "echo:$LATEST", "function:echo", "000000000000:function:echo",
          "arn:aws:lambda:us-east-1:000000000000:function:echo",
          "arn:aws:lambda:us-east-1:000000000000:function:echo:$LATEST"}) {
        SCOPED_TRACE(name);
        const Json answer = invoke(name, {{"n", 1}});
        EXPECT_EQ(answer["StatusCode"], 200);
        EXPECT_EQ(answer["ExecutedVersion"], "$LATEST");
        EXPECT_FALSE(answer.contains("FunctionError"));
        EXPECT_EQ(payload(answer), (Json{{"event", {{"n", 1}}}, {"colour", "blue"}}));
    }
    EXPECT_EQ(payload(ok("lambda", "Invoke", {{"FunctionName", "echo"}}))["event"], Json::object());
}

TEST_F(Invoke, FunctionsThatAreNotThereAreNamed) {
    EXPECT_EQ(refused("nobody"), "ResourceNotFoundException");
    EXPECT_EQ(last_message,
              "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nobody");
    EXPECT_EQ(refused("echo:7"), "ResourceNotFoundException");
    EXPECT_EQ(refused("echo", {{"Qualifier", "live"}}), "ResourceNotFoundException");
    EXPECT_EQ(refused("echo:1", {{"Qualifier", "2"}}), "InvalidParameterValueException");
    EXPECT_EQ(refused("arn:aws:lambda:eu-west-1:000000000000:function:echo"),
              "ResourceNotFoundException");
    EXPECT_EQ(refused("arn:aws:lambda:us-east-1:111111111111:function:echo"),
              "ResourceNotFoundException");
    EXPECT_EQ(refused("no/such name"), "ValidationException");
}

TEST_F(Invoke, WhatAFunctionThrowsIsAnAnswer) {
    Json answer = invoke("refuse", nullptr);
    EXPECT_EQ(answer["StatusCode"], 200);
    EXPECT_EQ(answer["FunctionError"], "Unhandled");
    EXPECT_EQ(
        payload(answer),
        (Json{{"errorType", "NoGood"}, {"errorMessage", "it is no good"}, {"trace", {"a test"}}}));
    answer = invoke("crash", nullptr);
    EXPECT_EQ(answer["FunctionError"], "Unhandled");
    EXPECT_EQ(payload(answer)["errorMessage"], "out of ideas");
}

TEST_F(Invoke, AResultAfterTheDeadlineIsATimeout) {
    const Json answer = invoke("slow", nullptr);
    EXPECT_EQ(answer["FunctionError"], "Unhandled");
    EXPECT_EQ(payload(answer)["errorType"], "Sandbox.Timedout");
    EXPECT_NE(
        payload(answer)["errorMessage"].get<std::string>().find("timed out after 3.00 seconds"),
        std::string::npos);
}

TEST_F(Invoke, ADryRunRunsNothing) {
    EXPECT_EQ(invoke("echo", nullptr, {{"InvocationType", "DryRun"}})["StatusCode"], 204);
    EXPECT_EQ(runs, 0);
    EXPECT_EQ(refused("nobody", {{"InvocationType", "DryRun"}}), "ResourceNotFoundException");
}

TEST_F(Invoke, PayloadsAreLimitedAndMustBeJson) {
    const auto of_size = [](std::size_t bytes) {
        return base64_encode("\"" + std::string(bytes - 2, 'x') + "\"");
    };
    EXPECT_EQ(refused("keep", {{"Payload", of_size(256 * 1024 + 1)}}), "");
    EXPECT_EQ(refused("keep", {{"Payload", of_size(6 * 1024 * 1024 + 1)}}),
              "RequestTooLargeException");
    EXPECT_EQ(refused("keep", {{"InvocationType", "Event"}, {"Payload", of_size(256 * 1024 + 1)}}),
              "RequestTooLargeException");
    EXPECT_EQ(refused("keep", {{"Payload", base64_encode("{\"a\":")}}),
              "InvalidRequestContentException");
    EXPECT_EQ(refused("keep", {{"Payload", base64_encode(std::string(100'000, '['))}}),
              "InvalidRequestContentException");
    EXPECT_EQ(refused("keep", {{"ClientContext", "e30="}}), "InvalidParameterValueException");
    EXPECT_EQ(refused("keep", {{"InvocationType", "Event"}, {"Payload", of_size(256 * 1024)}}), "");
    EXPECT_EQ(kept.size(), 1U);
}

TEST_F(Invoke, TheLogTellsOfTheInvocation) {
    const Json answer = invoke("refuse", nullptr, {{"LogType", "Tail"}});
    const std::string log = *base64_decode(answer.value("LogResult", ""));
    EXPECT_TRUE(log.starts_with("START RequestId: ")) << log;
    EXPECT_NE(log.find("[ERROR] NoGood: it is no good"), std::string::npos) << log;
    EXPECT_NE(log.find("REPORT RequestId: "), std::string::npos) << log;
}

TEST_F(Invoke, TravelsOverTheWireAsLambdaDoes) {
    const cloud::ServiceModel& model = cloud::service_model("lambda");
    const cloud::Codec& codec = cloud::codec(model.protocol());
    cloud::HttpRequest request;
    request.target =
        "/2015-03-31/functions/"
        "arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Arefuse/invocations"
        "?Qualifier=%24LATEST";
    request.headers.add("X-Amz-Invocation-Type", "RequestResponse");
    request.headers.add("X-Amz-Log-Type", "Tail");
    request.body = R"({"n": 1})";
    const cloud::OperationModel* operation =
        cloud::match_operation(model, request.method, request.target);
    ASSERT_NE(operation, nullptr);
    EXPECT_EQ(operation->name, "Invoke");
    const Json answer = ok("lambda", "Invoke", codec.decode_request(model, *operation, request));
    const cloud::HttpResponse response = codec.encode_response(model, *operation, answer, "r");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.headers.get("X-Amz-Function-Error"), "Unhandled");
    EXPECT_EQ(response.headers.get("X-Amz-Executed-Version"), "$LATEST");
    EXPECT_NE(response.headers.get("X-Amz-Log-Result"), "");
    EXPECT_EQ(Json::parse(response.body)["errorType"], "NoGood");

    for (const auto& [method, target, name] :
         {std::array{"GET", "/2015-03-31/functions/", "ListFunctions"},
          std::array{"GET", "/2015-03-31/functions/echo", "GetFunction"},
          std::array{"GET", "/2015-03-31/event-source-mappings/?MaxItems=1",
                     "ListEventSourceMappings"},
          std::array{"PUT", "/2015-03-31/event-source-mappings/1", "UpdateEventSourceMapping"}}) {
        const auto* found = cloud::match_operation(model, method, target);
        EXPECT_EQ(found ? found->name : "none", name);
    }
}

TEST_F(Invoke, FunctionsAreListedAndDescribed) {
    const Json all = cloud::all_items(cloud(), "lambda", "ListFunctions", {{"MaxItems", 2}});
    std::vector<std::string> names;
    for (const Json& function : all)
        names.push_back(function["FunctionName"]);
    EXPECT_EQ(names, (std::vector<std::string>{"crash", "echo", "keep", "refuse", "slow"}));
    const Json echo = ok("lambda", "GetFunction", {{"FunctionName", "echo"}})["Configuration"];
    EXPECT_EQ(echo, ok("lambda", "GetFunctionConfiguration", {{"FunctionName", "echo"}}));
    EXPECT_EQ(echo["FunctionArn"], "arn:aws:lambda:us-east-1:000000000000:function:echo");
    EXPECT_EQ(echo["Description"], "gives back its event");
    EXPECT_EQ(echo["Timeout"], 60);
    EXPECT_EQ(echo["Environment"]["Variables"]["COLOUR"], "blue");
}

class InvokeLater : public Invoke {
  protected:
    void invoke_later(const std::string& name, const Json& event) {
        EXPECT_EQ(invoke(name, event, {{"InvocationType", "Event"}})["StatusCode"], 202);
    }
    void configure(const Json& config) {
        Json request = {{"FunctionName", "refuse"}};
        request.update(config);
        ok("lambda", "PutFunctionEventInvokeConfig", request);
    }
    static Json to_keep(const char* when) {
        return {
            {"DestinationConfig",
             {{when, {{"Destination", "arn:aws:lambda:us-east-1:000000000000:function:keep"}}}}}};
    }
};

TEST_F(InvokeLater, AnEventThatWasAcceptedOutlivesTheProcess) {
    invoke_later("keep", {{"n", 1}});
    close();
    open({}, functions);
    settle();
    EXPECT_EQ(kept, (std::vector<Json>{{{"n", 1}}}));
}

TEST_F(InvokeLater, ARepeatedCallRunsOnce) {
    for (int i = 0; i < 3; ++i)
        cloud().call("lambda", "Invoke", {{"FunctionName", "keep"}, {"InvocationType", "Event"}},
                     {"the-same"});
    settle();
    EXPECT_EQ(kept.size(), 1U);
}

TEST_F(InvokeLater, AFailureIsTriedTwiceMoreAndThenReported) {
    configure(to_keep("OnFailure"));
    invoke_later("refuse", {{"n", 1}});
    settle();
    EXPECT_EQ(runs, 1);
    clock.advance(59s);
    settle();
    EXPECT_EQ(runs, 1);
    clock.advance(1s);
    settle();
    EXPECT_EQ(runs, 2);
    EXPECT_TRUE(kept.empty());
    clock.advance(120s);
    settle();
    EXPECT_EQ(runs, 3);
    ASSERT_EQ(kept.size(), 1U);
    const Json& record = kept[0];
    EXPECT_EQ(record["requestContext"]["condition"], "RetriesExhausted");
    EXPECT_EQ(record["requestContext"]["approximateInvokeCount"], 3);
    EXPECT_EQ(record["requestContext"]["functionArn"],
              "arn:aws:lambda:us-east-1:000000000000:function:refuse:$LATEST");
    EXPECT_EQ(record["requestPayload"], (Json{{"n", 1}}));
    EXPECT_EQ(record["responseContext"]["functionError"], "Unhandled");
    EXPECT_EQ(record["responsePayload"]["errorType"], "NoGood");
    clock.advance(24h);
    settle();
    EXPECT_EQ(runs, 3);
}

TEST_F(InvokeLater, RetriesAndAgeAreTheFunctionsOwn) {
    configure({{"MaximumRetryAttempts", 0}});
    invoke_later("refuse", nullptr);
    settle();
    clock.advance(1h);
    settle();
    EXPECT_EQ(runs, 1);

    Json config = to_keep("OnFailure");
    config["MaximumEventAgeInSeconds"] = 60;
    configure(config);
    invoke_later("refuse", nullptr);
    settle();
    clock.advance(1min);
    settle();
    EXPECT_EQ(runs, 3);
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(kept[0]["requestContext"]["condition"], "EventAgeExceeded");
}

TEST_F(InvokeLater, SuccessMayBeReportedToo) {
    Json request = {{"FunctionName", "echo"}};
    request.update(to_keep("OnSuccess"));
    ok("lambda", "PutFunctionEventInvokeConfig", request);
    invoke_later("echo", 7);
    settle();
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(kept[0]["requestContext"]["condition"], "Success");
    EXPECT_EQ(kept[0]["responsePayload"]["event"], 7);
    EXPECT_FALSE(kept[0]["responseContext"].contains("functionError"));
}

TEST_F(InvokeLater, ConfigurationsAreKeptChangedAndDeleted) {
    const Json name = {{"FunctionName", "refuse"}};
    EXPECT_EQ(code_of("lambda", "GetFunctionEventInvokeConfig", name), "ResourceNotFoundException");
    configure({{"MaximumRetryAttempts", 1}});
    ok("lambda", "UpdateFunctionEventInvokeConfig",
       {{"FunctionName", "refuse"}, {"MaximumEventAgeInSeconds", 100}});
    Json config = ok("lambda", "GetFunctionEventInvokeConfig", name);
    EXPECT_EQ(config["MaximumRetryAttempts"], 1);
    EXPECT_EQ(config["MaximumEventAgeInSeconds"], 100);
    configure({{"MaximumRetryAttempts", 2}});
    config = ok("lambda", "GetFunctionEventInvokeConfig", name);
    EXPECT_FALSE(config.contains("MaximumEventAgeInSeconds"));
    ok("lambda", "DeleteFunctionEventInvokeConfig", name);
    EXPECT_EQ(code_of("lambda", "DeleteFunctionEventInvokeConfig", name),
              "ResourceNotFoundException");
    EXPECT_EQ(code_of("lambda", "PutFunctionEventInvokeConfig",
                      {{"FunctionName", "refuse"}, {"MaximumRetryAttempts", 3}}),
              "ValidationException");
    EXPECT_EQ(
        code_of("lambda", "PutFunctionEventInvokeConfig",
                {{"FunctionName", "refuse"},
                 {"DestinationConfig",
                  {{"OnFailure", {{"Destination", "arn:aws:sns:us-east-1:000000000000:topic"}}}}}}),
        "InvalidParameterValueException");
}

}  // namespace
}  // namespace lifeboat::local

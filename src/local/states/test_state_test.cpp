// TestState through the API.
#include <gtest/gtest.h>

#include "base/json.h"
#include "local/testing/fixture.h"

namespace lifeboat::local::states {
namespace {

const std::string kRole = "arn:aws:iam::000000000000:role/machine";

class TestStateTest : public testing::LocalCloudTest {
  protected:
    Json test(Json request) {
        if (!request.contains("roleArn")) request["roleArn"] = kRole;
        request["definition"] = to_text(request["definition"]);
        return ok("states", "TestState", request);
    }
};

const Json kReverse = Json::parse(R"({"Type": "Pass", "InputPath": "$.a",
    "Parameters": {"x.$": "$.b", "y": 2}, "ResultPath": "$.r", "Next": "Later"})");
const Json kSend = Json::parse(R"({"Type": "Task", "Next": "Done",
    "Resource": "arn:aws:states:::aws-sdk:sqs:getQueueUrl",
    "Parameters": {"QueueName": "none"},
    "Retry": [{"ErrorEquals": ["Sqs.OverLimitException"]},
              {"ErrorEquals": ["Sqs.QueueDoesNotExistException"], "IntervalSeconds": 2,
               "MaxAttempts": 2, "BackoffRate": 3}],
    "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Sorry"}]})");

TEST_F(TestStateTest, ShowsWhatTheDataBecomes) {
    const Json answer = test({{"definition", kReverse},
                              {"input", R"({"a":{"b":1},"c":3})"},
                              {"inspectionLevel", "DEBUG"}});
    EXPECT_EQ(answer["status"], "SUCCEEDED");
    EXPECT_EQ(answer["nextState"], "Later");
    EXPECT_EQ(answer["output"], R"({"a":{"b":1},"c":3,"r":{"x":1,"y":2}})");
    const Json& data = answer["inspectionData"];
    EXPECT_EQ(data["afterInputPath"], R"({"b":1})");
    EXPECT_EQ(data["afterParameters"], R"({"x":1,"y":2})");
    EXPECT_EQ(data["result"], R"({"x":1,"y":2})");
    EXPECT_EQ(data["afterResultPath"], answer["output"]);
    EXPECT_FALSE(
        test({{"definition", kReverse}, {"input", R"({"a":{"b":1}})"}}).contains("inspectionData"));
    const Json failed = test({{"definition", kReverse}, {"input", R"({"a":{}})"}});
    EXPECT_EQ(failed["status"], "FAILED");
    EXPECT_EQ(failed["error"], "States.Runtime");
}

TEST_F(TestStateTest, ShowsAsMuchAsTheInspectionLevelSays) {
    for (const auto& [level, shows] :
         {std::pair("INFO", false), std::pair("DEBUG", true), std::pair("TRACE", true)}) {
        const Json answer = test(
            {{"definition", kReverse}, {"input", R"({"a":{"b":1}})"}, {"inspectionLevel", level}});
        EXPECT_EQ(answer["status"], "SUCCEEDED") << level;
        EXPECT_EQ(answer.contains("inspectionData"), shows) << level;
    }
    const Json request = {{"definition", to_text(kReverse)},
                          {"roleArn", kRole},
                          {"input", R"({"a":{"b":1}})"},
                          {"revealSecrets", true}};
    for (const char* level : {"INFO", "DEBUG", "TRACE", "ALL"}) {
        Json asked = request;
        asked["inspectionLevel"] = level;
        EXPECT_EQ(code_of("states", "TestState", asked),
                  std::string(level) == "TRACE" ? "" : "ValidationException")
            << level;
    }
    EXPECT_EQ(code_of("states", "TestState", request), "ValidationException");
}

TEST_F(TestStateTest, SaysWhatAnErrorComesTo) {
    Json request = {{"definition", kSend}, {"inspectionLevel", "DEBUG"}};
    Json answer = test(request);
    EXPECT_EQ(answer["status"], "RETRIABLE");
    EXPECT_EQ(answer["error"], "Sqs.QueueDoesNotExistException");
    EXPECT_EQ(answer["inspectionData"]["errorDetails"],
              (Json{{"retryIndex", 1}, {"retryBackoffIntervalSeconds", 2}}));
    request["mock"] = {
        {"errorOutput", {{"error", "Sqs.QueueDoesNotExistException"}, {"cause", "gone"}}}};
    request["stateConfiguration"] = {{"retrierRetryCount", 1}};
    answer = test(request);
    EXPECT_EQ(answer["status"], "RETRIABLE");
    EXPECT_EQ(answer["inspectionData"]["errorDetails"]["retryBackoffIntervalSeconds"], 6);
    request["stateConfiguration"] = {{"retrierRetryCount", 2}};
    answer = test(request);
    EXPECT_EQ(answer["status"], "CAUGHT_ERROR");
    EXPECT_EQ(answer["nextState"], "Sorry");
    EXPECT_EQ(answer["inspectionData"]["errorDetails"], Json({{"catchIndex", 0}}));
    EXPECT_EQ(answer["output"],
              R"({"error":{"Error":"Sqs.QueueDoesNotExistException","Cause":"gone"}})");
}

TEST_F(TestStateTest, TakesAMockVariablesAndAContext) {
    Json state = kSend;
    state["Parameters"] = {{"QueueName.$", "$name"}, {"QueueOwnerAWSAccountId.$", "$$.Mine"}};
    Json request = {{"definition", state},
                    {"variables", R"({"name":"q"})"},
                    {"context", R"({"Mine":"000000000000"})"},
                    {"inspectionLevel", "TRACE"},
                    {"mock", {{"result", R"({"QueueUrl":"http://q"})"}}}};
    const Json answer = test(request);
    EXPECT_EQ(answer["status"], "SUCCEEDED");
    EXPECT_EQ(answer["output"], R"({"QueueUrl":"http://q"})");
    EXPECT_EQ(answer["inspectionData"]["afterParameters"],
              R"({"QueueName":"q","QueueOwnerAWSAccountId":"000000000000"})");
    EXPECT_EQ(answer["inspectionData"]["variables"], R"({"name":"q"})");
    request["definition"] = to_text(state);
    request["roleArn"] = kRole;
    request["mock"] = {{"result", R"({"QueueUrl":7})"}};
    EXPECT_EQ(code_of("states", "TestState", request), "ValidationException");
    request["mock"]["fieldValidationMode"] = "NONE";
    EXPECT_EQ(code_of("states", "TestState", request), "");
}

TEST_F(TestStateTest, FindsAStateInAMachine) {
    const std::string machine = R"({"StartAt": "Each", "States": {"Each": {"Type": "Map",
        "ItemsPath": "$.list", "ItemSelector": {"v.$": "$$.Map.Item.Value"}, "ResultPath": "$.all",
        "Next": "After", "ItemProcessor": {"StartAt": "In", "States": {
            "In": {"Type": "Wait", "Seconds": 0, "End": true}}}},
        "After": {"Type": "Succeed"}}})";
    const auto ask = [&](const std::string& name, const Json& mock) {
        Json request = {{"definition", machine},
                        {"stateName", name},
                        {"roleArn", kRole},
                        {"input", R"({"list":[1,2]})"},
                        {"inspectionLevel", "DEBUG"}};
        if (!mock.is_null()) request["mock"] = mock;
        return request;
    };
    EXPECT_EQ(code_of("states", "TestState", ask("Each", nullptr)), "ValidationException");
    const Json mapped = ok("states", "TestState", ask("Each", {{"result", "[3,4]"}}));
    EXPECT_EQ(mapped["status"], "SUCCEEDED");
    EXPECT_EQ(mapped["output"], R"({"list":[1,2],"all":[3,4]})");
    EXPECT_EQ(mapped["nextState"], "After");
    EXPECT_EQ(mapped["inspectionData"]["afterItemSelector"], R"([{"v":1},{"v":2}])");
    EXPECT_EQ(ok("states", "TestState", ask("In", nullptr))["status"], "SUCCEEDED");
    EXPECT_EQ(code_of("states", "TestState", ask("Nowhere", nullptr)), "ValidationException");
    EXPECT_EQ(code_of("states", "TestState", ask("In", {{"result", "1"}})), "ValidationException");
    EXPECT_EQ(code_of("states", "TestState", ask("", nullptr)), "ValidationException");
}

const Json kOfJsonata = Json::parse(R"({"Type": "Task", "QueryLanguage": "JSONata", "End": true,
    "Resource": "arn:aws:states:::aws-sdk:sqs:getQueueUrl",
    "Arguments": {"QueueName": "{% $states.input.name & '-' & $suffix %}"},
    "Assign": {"url": "{% $states.result.QueueUrl %}"},
    "Output": {"at": "{% $uppercase($states.result.QueueUrl) %}"}})");

TEST_F(TestStateTest, ShowsAStateOfJsonata) {
    const Json answer = test({{"definition", kOfJsonata},
                              {"input", R"({"name":"q"})"},
                              {"variables", R"({"suffix":"1"})"},
                              {"inspectionLevel", "DEBUG"},
                              {"mock", {{"result", R"({"QueueUrl":"u"})"}}}});
    EXPECT_EQ(answer["status"], "SUCCEEDED");
    EXPECT_EQ(answer["output"], R"({"at":"U"})");
    // What belongs to JSONPath is not there.
    EXPECT_EQ(answer["inspectionData"], (Json{{"input", R"({"name":"q"})"},
                                              {"afterArguments", R"({"QueueName":"q-1"})"},
                                              {"result", R"({"QueueUrl":"u"})"},
                                              {"variables", R"({"suffix":"1","url":"u"})"}}));
}

TEST_F(TestStateTest, SaysWhatAnExpressionCannotDo) {
    Json state = kOfJsonata;
    state["Output"] = "{% $states.result.Missing %}";
    const Json answer = test({{"definition", state},
                              {"inspectionLevel", "DEBUG"},
                              {"mock", {{"result", R"({"QueueUrl":"u"})"}}}});
    EXPECT_EQ(answer["status"], "FAILED");
    EXPECT_EQ(answer["error"], "States.QueryEvaluationError");
}

Json map_of_jsonata() {
    return Json::parse(R"({"Type": "Map", "QueryLanguage": "JSONata", "End": true, "Label": "L",
        "MaxConcurrency": "{% $states.input.many %}", "ToleratedFailureCount": "{% 1 %}",
        "ToleratedFailurePercentage": 10,
        "ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON", "ItemsPointer": "/rows"},
            "Arguments": {"Bucket": "b", "Key": "k"}},
        "ItemSelector": {"v": "{% $states.context.Map.Item.Value * 10 %}"},
        "ItemBatcher": {"MaxItemsPerBatch": 2},
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "In", "States": {"In": {"Type": "Succeed"}}}})");
}

TEST_F(TestStateTest, ShowsTheItemsOfAMapAndWhatItTolerates) {
    Json request = {{"definition", map_of_jsonata()},
                    {"input", R"({"many":4})"},
                    {"inspectionLevel", "DEBUG"},
                    {"stateConfiguration", {{"mapItemReaderData", R"({"rows":[1,2,3]})"}}},
                    {"mock", {{"result", "[7]"}}}};
    const Json answer = test(request);
    EXPECT_EQ(answer["status"], "SUCCEEDED") << to_text(answer);
    const Json& data = answer["inspectionData"];
    EXPECT_EQ(data["maxConcurrency"], 4);
    EXPECT_EQ(data["toleratedFailureCount"], 1);
    EXPECT_EQ(data["toleratedFailurePercentage"], 10.0);
    EXPECT_EQ(data["afterItemsPointer"], "[1,2,3]");
    EXPECT_EQ(data["afterItemSelector"], R"([{"v":10},{"v":20},{"v":30}])");
    EXPECT_EQ(data["afterItemBatcher"], R"([{"Items":[{"v":10},{"v":20}]},{"Items":[{"v":30}]}])");
    EXPECT_FALSE(data.contains("afterItemsPath"));

    request["stateConfiguration"]["mapIterationFailureCount"] = 2;
    const Json failed = test(request);
    EXPECT_EQ(failed["status"], "FAILED");
    EXPECT_EQ(failed["error"], "States.ExceedToleratedFailureThreshold");
}

TEST_F(TestStateTest, ChecksWhatIsSaidOfTheInsideOfAState) {
    const auto code = [&](Json state, const Json& configuration, const Json& mock) {
        return code_of("states", "TestState",
                       {{"definition", to_text(state)},
                        {"roleArn", kRole},
                        {"input", R"({"many":1})"},
                        {"stateConfiguration", configuration},
                        {"mock", mock}});
    };
    const Json result = {{"result", "[]"}};
    const Json error = {{"errorOutput", {{"error", "E"}, {"cause", "c"}}}};
    EXPECT_EQ(code(map_of_jsonata(), {{"errorCausedByState", "In"}}, error), "");
    EXPECT_EQ(code(map_of_jsonata(), {{"errorCausedByState", "Out"}}, error),
              "ValidationException");
    EXPECT_EQ(code(map_of_jsonata(), {{"errorCausedByState", "In"}}, result),
              "ValidationException");
    EXPECT_EQ(code(kSend, {{"mapIterationFailureCount", 1}}, error), "ValidationException");
    EXPECT_EQ(code(kSend, {{"mapItemReaderData", "[]"}}, error), "ValidationException");
}

}  // namespace
}  // namespace lifeboat::local::states

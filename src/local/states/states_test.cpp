#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "cloud/pages.h"
#include "local/states/testing/states_fixture.h"

namespace lifeboat::local::states {
namespace {

const std::string kRole = "arn:aws:iam::000000000000:role/machine";
const std::string kPass = R"({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}})";
const std::string kWait =
    R"({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 60, "End": true}}})";

class StatesTest : public testing::StatesFixture {
  protected:
    std::string start(const std::string& machine, const std::string& name,
                      const std::string& input = "{}") {
        return ok("states", "StartExecution",
                  {{"stateMachineArn", machine}, {"name", name}, {"input", input}})
            .value("executionArn", "");
    }

    // Read in several pages.
    std::vector<std::string> event_types(const std::string& execution) {
        std::vector<std::string> types;
        for (const Json& event :
             lifeboat::cloud::all_items(cloud(), "states", "GetExecutionHistory",
                                        {{"executionArn", execution}, {"maxResults", 3}}))
            types.push_back(event.at("type"));
        return types;
    }
};

TEST_F(StatesTest, RunsAnExecutionAndShowsItsHistory) {
    const std::string machine = make("copy", kPass);
    EXPECT_EQ(machine, "arn:aws:states:us-east-1:000000000000:stateMachine:copy");
    const std::string execution = start(machine, "one", R"({"a":1})");
    EXPECT_EQ(execution, "arn:aws:states:us-east-1:000000000000:execution:copy:one");
    EXPECT_EQ(describe(execution)["status"], "RUNNING");
    settle();
    const Json described = describe(execution);
    EXPECT_EQ(described["status"], "SUCCEEDED");
    EXPECT_EQ(described["output"], R"({"a":1})");
    EXPECT_EQ(described["input"], R"({"a":1})");
    EXPECT_EQ(described["startDate"], described["stopDate"]);
    EXPECT_EQ(event_types(execution),
              (std::vector<std::string>{"ExecutionStarted", "PassStateEntered", "PassStateExited",
                                        "ExecutionSucceeded"}));
    const Json last = ok("states", "GetExecutionHistory",
                         {{"executionArn", execution},
                          {"reverseOrder", true},
                          {"maxResults", 1},
                          {"includeExecutionData", false}});
    EXPECT_EQ(last["events"][0]["id"], 4);
    EXPECT_EQ(last["events"][0]["previousEventId"], 3);
    EXPECT_FALSE(last["events"][0]["executionSucceededEventDetails"].contains("output"));
    EXPECT_TRUE(last.contains("nextToken"));
}

TEST_F(StatesTest, CreatingTheSameMachineTwiceIsIdempotent) {
    const std::string machine = make("m", kPass);
    EXPECT_EQ(make("m", kPass), machine);
    EXPECT_EQ(code_of("states", "CreateStateMachine",
                      {{"name", "m"}, {"definition", kWait}, {"roleArn", kRole}}),
              "StateMachineAlreadyExists");
    EXPECT_EQ(code_of("states", "CreateStateMachine",
                      {{"name", "a b"}, {"definition", kPass}, {"roleArn", kRole}}),
              "InvalidName");
    EXPECT_EQ(code_of("states", "CreateStateMachine",
                      {{"name", "x"}, {"definition", kPass}, {"roleArn", "role"}}),
              "InvalidArn");
    EXPECT_EQ(
        code_of("states", "CreateStateMachine",
                {{"name", "m"}, {"definition", kPass}, {"roleArn", kRole}, {"type", "EXPRESS"}}),
        "StateMachineAlreadyExists");
    EXPECT_EQ(code_of("states", "CreateStateMachine",
                      {{"name", "x"},
                       {"definition", kPass},
                       {"roleArn", kRole},
                       {"loggingConfiguration", {{"level", "ALL"}}}}),
              "InvalidLoggingConfiguration");
}

TEST_F(StatesTest, ABadDefinitionIsRefusedNamingThePlace) {
    const std::string bad = R"({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}})";
    EXPECT_EQ(code_of("states", "CreateStateMachine",
                      {{"name", "m"}, {"definition", bad}, {"roleArn", kRole}}),
              "InvalidDefinition");
    EXPECT_EQ(last_message,
              "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing transition "
              "target: B at /States/A/Next'");
    const Json checked = ok("states", "ValidateStateMachineDefinition", {{"definition", bad}});
    EXPECT_EQ(checked["result"], "FAIL");
    EXPECT_EQ(checked["diagnostics"][0]["location"], "/States/A/Next");
    EXPECT_EQ(ok("states", "ValidateStateMachineDefinition", {{"definition", kPass}})["result"],
              "OK");
}

TEST_F(StatesTest, StartingAgainUnderTheSameNameIsIdempotentWhileItRuns) {
    const std::string machine = make("m", kWait);
    const std::string execution = start(machine, "one");
    EXPECT_EQ(start(machine, "one"), execution);
    EXPECT_EQ(code_of("states", "StartExecution",
                      {{"stateMachineArn", machine}, {"name", "one"}, {"input", "[]"}}),
              "ExecutionAlreadyExists");
    ok("states", "StopExecution", {{"executionArn", execution}});
    EXPECT_EQ(code_of("states", "StartExecution",
                      {{"stateMachineArn", machine}, {"name", "one"}, {"input", "{}"}}),
              "ExecutionAlreadyExists");
    EXPECT_EQ(code_of("states", "StartExecution", {{"stateMachineArn", machine}, {"input", "{"}}),
              "InvalidExecutionInput");
    EXPECT_EQ(code_of("states", "StartExecution", {{"stateMachineArn", machine + "x"}}),
              "StateMachineDoesNotExist");
    EXPECT_EQ(code_of("states", "StartExecution", {{"stateMachineArn", execution}}), "InvalidArn");
    EXPECT_EQ(code_of("states", "StartExecution",
                      {{"stateMachineArn", machine}, {"input", std::string(262'145, ' ')}}),
              "ValidationException");
}

TEST_F(StatesTest, WaitingSurvivesARestart) {
    const std::string execution = start(make("m", kWait), "one");
    settle();
    EXPECT_EQ(describe(execution)["status"], "RUNNING");
    close();
    clock.advance(std::chrono::seconds(59));
    settle();
    EXPECT_EQ(describe(execution)["status"], "RUNNING");
    clock.advance(std::chrono::seconds(1));
    settle();
    EXPECT_EQ(describe(execution)["status"], "SUCCEEDED");
}

TEST_F(StatesTest, StoppingEndsAWaitingExecution) {
    const std::string execution = start(make("m", kWait), "one");
    settle();
    ok("states", "StopExecution",
       {{"executionArn", execution}, {"error", "Enough"}, {"cause", "tired"}});
    EXPECT_EQ(describe(execution)["status"], "ABORTED");
    EXPECT_EQ(describe(execution)["error"], "Enough");
    EXPECT_EQ(event_types(execution).back(), "ExecutionAborted");
    clock.advance(std::chrono::hours(1));
    settle();
    EXPECT_EQ(describe(execution)["status"], "ABORTED");
    ok("states", "StopExecution", {{"executionArn", execution}});
}

TEST_F(StatesTest, ARunningExecutionKeepsTheDefinitionItStartedWith) {
    const std::string machine = make("m", kWait);
    const std::string execution = start(machine, "one");
    ok("states", "UpdateStateMachine", {{"stateMachineArn", machine}, {"definition", kPass}});
    EXPECT_EQ(code_of("states", "UpdateStateMachine", {{"stateMachineArn", machine}}),
              "MissingRequiredParameter");
    settle();
    EXPECT_EQ(describe(execution)["status"], "RUNNING");
    EXPECT_EQ(ok("states", "DescribeStateMachineForExecution",
                 {{"executionArn", execution}})["definition"],
              kWait);
    EXPECT_EQ(ok("states", "DescribeStateMachine", {{"stateMachineArn", machine}})["definition"],
              kPass);

    ok("states", "DeleteStateMachine", {{"stateMachineArn", machine}});
    EXPECT_EQ(ok("states", "DescribeStateMachine", {{"stateMachineArn", machine}})["status"],
              "DELETING");
    EXPECT_EQ(code_of("states", "StartExecution", {{"stateMachineArn", machine}}),
              "StateMachineDeleting");
    clock.advance(std::chrono::seconds(60));
    settle();
    EXPECT_EQ(describe(execution)["status"], "SUCCEEDED");
    EXPECT_EQ(code_of("states", "DescribeStateMachine", {{"stateMachineArn", machine}}),
              "StateMachineDoesNotExist");
    ok("states", "DeleteStateMachine", {{"stateMachineArn", machine}});
}

TEST_F(StatesTest, ListsExecutionsNewestFirstInPages) {
    const std::string machine = make("m", kWait);
    for (int i = 0; i < 5; ++i)
        start(machine, "e" + std::to_string(i));
    ok("states", "StopExecution",
       {{"executionArn", "arn:aws:states:us-east-1:000000000000:execution:m:e3"}});
    Json names = Json::array();
    for (const Json& item :
         lifeboat::cloud::all_items(cloud(), "states", "ListExecutions",
                                    {{"stateMachineArn", machine}, {"maxResults", 2}}))
        names.push_back(item.at("name"));
    EXPECT_EQ(names, Json({"e4", "e3", "e2", "e1", "e0"}));
    const Json stopped =
        ok("states", "ListExecutions", {{"stateMachineArn", machine}, {"statusFilter", "ABORTED"}});
    ASSERT_EQ(stopped["executions"].size(), 1U);
    EXPECT_EQ(stopped["executions"][0]["name"], "e3");
    EXPECT_EQ(code_of("states", "ListExecutions",
                      {{"stateMachineArn", machine}, {"nextToken", "nonsense"}}),
              "InvalidToken");
    EXPECT_EQ(code_of("states", "ListExecutions", Json::object()), "ValidationException");
}

TEST_F(StatesTest, TagsAreKept) {
    const std::string machine = make("m", kPass);
    ok("states", "TagResource",
       {{"resourceArn", machine},
        {"tags", {{{"key", "a"}, {"value", "1"}}, {{"key", "b"}, {"value", "2"}}}}});
    ok("states", "UntagResource", {{"resourceArn", machine}, {"tagKeys", {"a"}}});
    EXPECT_EQ(ok("states", "ListTagsForResource", {{"resourceArn", machine}})["tags"],
              Json::parse(R"([{"key": "b", "value": "2"}])"));
    EXPECT_EQ(code_of("states", "ListTagsForResource", {{"resourceArn", machine + "x"}}),
              "ResourceNotFound");
}

TEST_F(StatesTest, TasksCallOtherServicesInTheirOwnSpelling) {
    const std::string child = make("child", kPass);
    const std::string machine = make("m", R"({"StartAt": "Who", "States": {
        "Who": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sts:getCallerIdentity",
                "ResultSelector": {"account.$": "$.Account"}, "ResultPath": "$.who", "Next": "Go"},
        "Go": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:startExecution",
               "Parameters": {"StateMachineArn.$": "$.child", "Input": {"by.$": "$.who.account"}},
               "ResultPath": "$.started", "Next": "Gone"},
        "Gone": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:describeExecution",
                 "Parameters": {"ExecutionArn": "arn:aws:states:us-east-1:000000000000:execution:m:x"},
                 "Catch": [{"ErrorEquals": ["Sfn.ExecutionDoesNotExistException"],
                            "ResultPath": "$.error", "Next": "Sync"}], "Next": "Sync"},
        "Sync": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2",
                 "Parameters": {"StateMachineArn.$": "$.child", "Input": {"x": 7}},
                 "ResultPath": "$.sync", "End": true}}})");
    const std::string execution = start(machine, "one", to_text(Json{{"child", child}}));
    settle();
    clock.advance(std::chrono::seconds(1));
    settle();
    const Json described = describe(execution);
    ASSERT_EQ(described["status"], "SUCCEEDED") << described;
    const Json output = Json::parse(described["output"].get<std::string>());
    EXPECT_EQ(output["who"]["account"], "000000000000");
    EXPECT_EQ(describe(output["started"]["ExecutionArn"])["input"], R"({"by":"000000000000"})");
    EXPECT_EQ(output["started"]["StartDate"], "2026-01-02T09:18:24Z");
    EXPECT_TRUE(output["error"]["Cause"].get<std::string>().starts_with(
        "Execution Does Not Exist: 'arn:aws:states:us-east-1:000000000000:execution:m:x' (Service: "
        "Sfn, Status Code: 400, Request ID: "))
        << output["error"];
    EXPECT_EQ(output["sync"]["Output"], (Json{{"x", 7}}));
}

TEST_F(StatesTest, TheEndOfAnExecutionIsAnEvent) {
    const std::string machine = make("m", kPass);
    const std::string watcher = make("watcher", kPass);
    ok("events", "PutRule",
       {{"Name", "ended"},
        {"EventPattern",
         to_text(Json{{"source", {"aws.states"}},
                      {"detail", {{"status", {"SUCCEEDED"}}, {"stateMachineArn", {machine}}}}})}});
    ok("events", "PutTargets",
       {{"Rule", "ended"}, {"Targets", {{{"Id", "w"}, {"Arn", watcher}, {"RoleArn", kRole}}}}});
    const std::string execution = start(machine, "one", R"({"a":1})");
    settle();
    const Json seen = ok("states", "ListExecutions", {{"stateMachineArn", watcher}})["executions"];
    ASSERT_EQ(seen.size(), 1U);
    const Json event = Json::parse(
        describe(seen[0]["executionArn"].get<std::string>())["input"].get<std::string>());
    EXPECT_EQ(event["detail-type"], "Step Functions Execution Status Change");
    EXPECT_EQ(event["resources"], Json({execution}));
    EXPECT_EQ(event["detail"]["executionArn"], execution);
    EXPECT_EQ(event["detail"]["output"], R"({"a":1})");
    EXPECT_EQ(event["detail"]["stopDate"], 1767345504000);
}

// The states, fields and integrations that the machine of the AWS sample uses, as far as services
// are here.
TEST_F(StatesTest, AMachineInTheStyleOfTheOriginalIsAccepted) {
    make("original", R"~({"Comment": "Restore", "StartAt": "Is there a user", "States": {
        "Is there a user": {"Type": "Choice", "Choices": [
            {"And": [{"Variable": "$.Target.UserProfileName", "IsPresent": true},
                     {"Not": {"Variable": "$.Target.UserProfileName", "StringEquals": ""}}],
             "Next": "Count"},
            {"Or": [{"Variable": "$.Apps.Apps[0].Status", "StringMatches": "In*"},
                    {"Variable": "$.Apps.Length", "NumericEquals": 0}], "Next": "Wait"}],
            "Default": "Done"},
        "Count": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sts:getCallerIdentity",
            "InputPath": "$", "ResultSelector": {"Length.$": "States.ArrayLength(States.Array(1))",
            "Apps.$": "$"}, "ResultPath": "$.Apps", "Next": "Send",
            "Retry": [{"ErrorEquals": ["DataSync.DataSyncException"], "BackoffRate": 2,
                       "IntervalSeconds": 10, "MaxAttempts": 100}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Send"}]},
        "Wait": {"Type": "Wait", "Seconds": 300, "Next": "Is there a user"},
        "Send": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": true,
            "Parameters": {"QueueUrl.$": "States.Format('https://sqs.{}.amazonaws.com/q', $.r)",
                           "MessageBody.$": "$"}},
        "Done": {"Type": "Succeed"}}})~");
}

class StatesKilled : public StatesTest {};

TEST_F(StatesKilled, AnExecutionEndsTheSameWhereverTheProcessWasKilled) {
    int kills = 0;
    for (const std::string point :
         {"states.started", "states.before-task", "states.after-task", "states.before-commit",
          "states.after-commit", "states.before-end"})
        for (int nth = 1; nth <= 4; ++nth) {
            const std::string script = point + ":" + std::to_string(nth) + "=kill";
            SCOPED_TRACE(script);
            const std::string id = std::to_string(kills) + "-" + std::to_string(nth);
            const std::string effect = make("effect" + id, kPass);
            const std::string machine = make("m" + id, R"({"StartAt": "A", "States": {
                "A": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution",
                      "Parameters": {"StateMachineArn.$": "$.effect", "Input": {"n": 1}},
                      "ResultPath": "$.first", "Next": "B"},
                "B": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution",
                      "Parameters": {"StateMachineArn.$": "$.effect", "Input": {"n": 2}},
                      "OutputPath": "$.ExecutionArn", "End": true}}})");
            const std::string execution = start(machine, "e", to_text(Json{{"effect", effect}}));
            if (!killed_at(script)) continue;
            ++kills;
            settle();
            EXPECT_EQ(describe(execution)["status"], "SUCCEEDED");
            EXPECT_EQ(event_types(execution).size(), 12U);
            std::multiset<std::string> inputs;
            for (const Json& item : lifeboat::cloud::all_items(cloud(), "states", "ListExecutions",
                                                               {{"stateMachineArn", effect}}))
                inputs.insert(describe(item.at("executionArn"))["input"]);
            EXPECT_EQ(inputs, (std::multiset<std::string>{R"({"n":1})", R"({"n":2})"}));
        }
    EXPECT_GE(kills, 12);
}

}  // namespace
}  // namespace lifeboat::local::states

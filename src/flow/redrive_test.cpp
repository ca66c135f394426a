// Executions that ended badly are taken up again where they were.
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "base/json.h"
#include "flow/testing/machine_runner.h"

namespace lifeboat::flow {
namespace {

using testing::MachineRunner;
using Types = std::vector<std::string>;

// Sends a message whose body decides whether it works.
std::string send(const std::string& more) {
    return R"({"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:sendMessage",
               "Parameters": {"QueueUrl": "q", "MessageBody.$": "$.body"}, )" +
           more + "}";
}

class Redrive : public ::testing::Test {
  protected:
    // Fails for every body in `broken`.
    void script(MachineRunner& runner) {
        runner.cloud.answer = [this](const std::string&, const std::string&, const Json& request) {
            const auto body = require_string(request, "MessageBody");
            sent.push_back(body);
            if (broken.contains(body))
                throw Error(ErrorCategory::Internal, "InternalFailure", "not now");
            return Json{{"MessageId", "m-" + body}};
        };
    }

    static void redrive(MachineRunner& runner) {
        const Execution& ended = *runner.execution;
        runner.journal.push_back(redriven_record(ended.last_sequence(), ended.last_event(),
                                                 ended.redrive_count() + 1, runner.clock.now()));
        while (runner.resume_once()) {
        }
    }

    std::set<std::string> broken;
    std::vector<std::string> sent;
};

TEST_F(Redrive, GoesOnFromTheFailedTaskWithoutEnteringItAgain) {
    MachineRunner runner(R"({"StartAt": "First", "States": {
        "First": {"Type": "Pass", "Result": {"body": "x"}, "Next": "Send"},
        "Send": )" + send(R"("ResultPath": "$.sent", "End": true)") +
                         "}}");
    script(runner);
    broken = {"x"};
    EXPECT_EQ(runner.run("{}").status(), ExecutionStatus::Failed);
    broken.clear();
    redrive(runner);
    EXPECT_EQ(runner.execution->status(), ExecutionStatus::Succeeded);
    EXPECT_EQ((*runner.execution->output())["sent"]["MessageId"], "m-x");
    EXPECT_EQ(runner.execution->redrive_count(), 1);
    EXPECT_EQ(runner.event_types(),
              (Types{"ExecutionStarted", "PassStateEntered", "PassStateExited", "TaskStateEntered",
                     "TaskScheduled", "TaskStarted", "TaskFailed", "ExecutionFailed",
                     "ExecutionRedriven", "TaskScheduled", "TaskStarted", "TaskSucceeded",
                     "TaskStateExited", "ExecutionSucceeded"}));
}

TEST_F(Redrive, RunsOnlyTheBranchesThatDidNotEnd) {
    const auto branch = [](const std::string& body) {
        return R"({"StartAt": ")" + body + R"(", "States": {")" + body +
               R"(": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:sendMessage",
                      "Parameters": {"QueueUrl": "q", "MessageBody": ")" +
               body + R"("}, "ResultSelector": {"id.$": "$.MessageId"}, "End": true}}})";
    };
    MachineRunner runner(
        R"({"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "End": true,
            "Branches": [)" +
        branch("a") + "," + branch("b") + "]}}}");
    script(runner);
    broken = {"b"};
    EXPECT_EQ(runner.run("{}").status(), ExecutionStatus::Failed);
    broken.clear();
    sent.clear();
    redrive(runner);
    EXPECT_EQ(sent, Types{"b"});
    EXPECT_EQ(*runner.execution->output(), Json::parse(R"([{"id": "m-a"}, {"id": "m-b"}])"));
}

TEST_F(Redrive, RunsOnlyTheIterationsThatDidNotEnd) {
    MachineRunner runner(R"({"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true,
        "MaxConcurrency": 1, "ItemProcessor": {"StartAt": "Send", "States": {"Send": )" +
                         send(R"("End": true)") + "}}}}}");
    script(runner);
    broken = {"2"};
    const std::string input = R"([{"body": "1"}, {"body": "2"}, {"body": "3"}])";
    EXPECT_EQ(runner.run(input).status(), ExecutionStatus::Failed);
    redrive(runner);
    EXPECT_EQ(runner.execution->status(), ExecutionStatus::Failed);
    broken.clear();
    redrive(runner);
    EXPECT_EQ(runner.execution->status(), ExecutionStatus::Succeeded);
    EXPECT_EQ(sent, (Types{"1", "2", "2", "2", "3"}));
    EXPECT_EQ(runner.execution->redrive_count(), 2);
    EXPECT_EQ((*runner.execution->output())[2]["MessageId"], "m-3");
}

TEST_F(Redrive, GivesTheTaskItsRetriesAgainAndTheMachineItsTime) {
    MachineRunner runner(R"({"StartAt": "Send", "TimeoutSeconds": 100, "States": {"Send": )" +
                         send(R"("Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2,
                                 "IntervalSeconds": 40, "BackoffRate": 1}], "End": true)") +
                         "}}");
    script(runner);
    broken = {"x"};
    EXPECT_EQ(runner.run(R"({"body": "x"})").status(), ExecutionStatus::Failed);
    EXPECT_EQ(sent.size(), 3U);
    redrive(runner);
    EXPECT_EQ(sent.size(), 6U);
    EXPECT_EQ(runner.execution->status(), ExecutionStatus::Failed);
}

TEST_F(Redrive, RunsOnlyTheChildrenOfAMapRunThatFailed) {
    MachineRunner runner(R"({"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true,
        "ToleratedFailureCount": 1, "Label": "All", "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Send", "States": {"Send": )" +
                         send(R"("End": true)") + "}}}}}");
    script(runner);
    broken = {"2", "4"};
    const std::string input = R"([{"body": "1"}, {"body": "2"}, {"body": "3"}, {"body": "4"}])";
    EXPECT_EQ(runner.run(input).failure().error, "States.ExceedToleratedFailureThreshold");
    EXPECT_EQ(sent, (Types{"1", "2", "3", "4"}));
    broken.clear();
    redrive(runner);
    EXPECT_EQ(runner.execution->status(), ExecutionStatus::Succeeded);
    EXPECT_EQ(sent, (Types{"1", "2", "3", "4", "2", "4"}));
    EXPECT_EQ(runner.execution->output()->size(), 4U);
    // The run goes on; no second one is started.
    EXPECT_EQ(runner.outside.plans.size(), 1U);
    EXPECT_EQ(runner.event_types(),
              (Types{"ExecutionStarted", "MapStateEntered", "MapStateStarted", "MapRunStarted",
                     "MapRunFailed", "MapStateFailed", "ExecutionFailed", "ExecutionRedriven",
                     "MapRunRedriven", "MapRunSucceeded", "MapStateSucceeded", "MapStateExited",
                     "ExecutionSucceeded"}));
}

TEST_F(Redrive, DoesNotFollowASuccess) {
    MachineRunner runner(R"({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}})");
    runner.run("{}");
    runner.journal.push_back(redriven_record(4, 4, 1, runner.clock.now()));
    EXPECT_THROW(runner.rebuild(), Error);
}

}  // namespace
}  // namespace lifeboat::flow

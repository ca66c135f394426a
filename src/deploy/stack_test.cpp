// Changing a stack, with a CloudFormation that plays what a script says; moto, which the
// interoperability tests use, has no changes that fail.
#include "deploy/stack.h"

#include <gtest/gtest.h>

#include <deque>

#include "base/error.h"
#include "base/json.h"
#include "base/testing/manual_clock.h"

namespace lifeboat::deploy {
namespace {

// One stack. Each look at it takes the next state of the script, with its events.
class PlayedCloudFormation final : public cloud::Cloud {
  public:
    struct Scene {
        std::string status;
        std::vector<std::pair<std::string, std::string>> events;  // resource's status, reason
    };

    explicit PlayedCloudFormation(std::string now) : status(std::move(now)) {}

    Json call(std::string_view service, std::string_view operation, const Json& request,
              const cloud::CallOptions&) override {
        EXPECT_EQ(service, "cloudformation");
        calls.emplace_back(operation);
        if (operation == "DescribeStacks") return describe();
        if (operation == "CreateChangeSet") {
            type = request["ChangeSetType"];
            return {{"Id", "arn:set"}};
        }
        if (operation == "DescribeChangeSet") return change_set;
        if (operation == "ExecuteChangeSet") {
            script = after_execution;
            return Json::object();
        }
        if (operation == "DeleteStack") {
            status.clear();
            return Json::object();
        }
        if (operation == "DescribeStackEvents") return {{"StackEvents", events}};
        EXPECT_EQ(operation, "DeleteChangeSet");
        return Json::object();
    }

    int count(std::string_view operation) const {
        return static_cast<int>(std::count(calls.begin(), calls.end(), operation));
    }

    std::string status;  // empty: there is no stack
    std::string type;    // of the last change set
    std::deque<Scene> after_execution;
    Json change_set = {{"Status", "CREATE_COMPLETE"},
                       {"Changes",
                        {{{"ResourceChange",
                           {{"Action", "Modify"},
                            {"LogicalResourceId", "RecoveryMachine"},
                            {"ResourceType", "AWS::StepFunctions::StateMachine"},
                            {"Replacement", "False"}}}}}}};
    std::vector<std::string> calls;

  private:
    Json describe() {
        if (!script.empty()) {
            status = script.front().status;
            for (const auto& [event, reason] : script.front().events)
                events.insert(events.begin(),
                              Json{{"EventId", std::to_string(events.size())},
                                   {"LogicalResourceId", "RecoveryMachine"},
                                   {"ResourceType", "AWS::StepFunctions::StateMachine"},
                                   {"ResourceStatus", event},
                                   {"ResourceStatusReason", reason}});
            script.pop_front();
        }
        if (status.empty())
            throw Error(ErrorCategory::InvalidInput, "ValidationError",
                        "Stack with id mine does not exist");
        return {{"Stacks", {{{"StackId", "arn:stack"}, {"StackStatus", status}}}}};
    }

    std::deque<Scene> script;
    Json events = Json::array();
};

class StackTest : public ::testing::Test {
  protected:
    Stack stack(PlayedCloudFormation& cloud) {
        return {cloud,
                clock,
                random,
                "mine",
                [this](const StackEvent& event) { told.push_back(event.status); },
                std::chrono::minutes(5)};
    }

    // Waits end at once, and time passes by them.
    class HastyClock final : public Clock {
      public:
        Time now() const override { return now_; }
        void wait_until(std::unique_lock<std::mutex>&, std::condition_variable&,
                        Time until) const override {
            now_ = std::max(now_, until);
        }

      private:
        mutable Time now_{std::chrono::hours(1)};
    };

    HastyClock clock;
    SeededRandom random{1};
    std::vector<std::string> told;
};

TEST_F(StackTest, AnUpdateIsShownAppliedAndFollowedToItsEnd) {
    PlayedCloudFormation cloud("CREATE_COMPLETE");
    Stack mine = stack(cloud);
    const ChangeSet set = mine.propose("{}", "", {{"CodeKey", "k"}});
    EXPECT_EQ(cloud.type, "UPDATE");
    ASSERT_EQ(set.changes.size(), 1U);
    EXPECT_EQ(set.changes[0].action + " " + set.changes[0].resource, "Modify RecoveryMachine");
    EXPECT_EQ(cloud.count("ExecuteChangeSet"), 0) << "proposing changes nothing";
    cloud.after_execution = {{"UPDATE_IN_PROGRESS", {{"UPDATE_IN_PROGRESS", ""}}},
                             {"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", {{"UPDATE_COMPLETE", ""}}},
                             {"UPDATE_COMPLETE", {}}};
    mine.apply(set);
    EXPECT_EQ(told, (std::vector<std::string>{"UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"}));
}

TEST_F(StackTest, WhatWasBeforeIsNotTheOutcome) {
    PlayedCloudFormation cloud("UPDATE_COMPLETE");
    Stack mine = stack(cloud);
    const ChangeSet set = mine.propose("{}", "", {});
    // Shown late.
    cloud.after_execution = {{"UPDATE_COMPLETE", {}},
                             {"UPDATE_COMPLETE", {{"UPDATE_IN_PROGRESS", "User Initiated"}}},
                             {"UPDATE_IN_PROGRESS", {{"UPDATE_FAILED", "no right"}}},
                             {"UPDATE_ROLLBACK_COMPLETE", {}}};
    EXPECT_THROW(mine.apply(set), Error);
    // And what was a failure is none of the next change.
    const ChangeSet next = mine.propose("{}", "", {});
    cloud.after_execution = {
        {"UPDATE_ROLLBACK_COMPLETE", {}}, {"UPDATE_IN_PROGRESS", {}}, {"UPDATE_COMPLETE", {}}};
    mine.apply(next);
}

TEST_F(StackTest, AChangeNobodySawIsBelievedAfterAWhile) {
    PlayedCloudFormation cloud("UPDATE_COMPLETE");
    Stack mine = stack(cloud);
    const Time start = clock.now();
    mine.apply(mine.propose("{}", "", {}));
    EXPECT_GE(clock.now() - start, std::chrono::minutes(1));
}

TEST_F(StackTest, AnUpdateThatFailsSaysWhyAndLeavesTheOldStack) {
    PlayedCloudFormation cloud("UPDATE_COMPLETE");
    Stack mine = stack(cloud);
    const ChangeSet set = mine.propose("{}", "", {});
    cloud.after_execution = {
        {"UPDATE_IN_PROGRESS", {{"UPDATE_FAILED", "Invalid State Machine Definition"}}},
        {"UPDATE_ROLLBACK_IN_PROGRESS", {{"UPDATE_FAILED", "Resource update cancelled"}}},
        {"UPDATE_ROLLBACK_COMPLETE", {}}};
    try {
        mine.apply(set);
        FAIL() << "it failed";
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), "DeploymentFailed");
        EXPECT_NE(e.message().find("Invalid State Machine Definition"), std::string::npos);
        EXPECT_EQ(e.message().find("cancelled"), std::string::npos) << e.message();
        EXPECT_NE(e.message().find("is as it was before"), std::string::npos) << e.message();
    }
    EXPECT_EQ(cloud.count("DeleteStack"), 0);
    // And the next one is an update again.
    mine.propose("{}", "", {});
    EXPECT_EQ(cloud.type, "UPDATE");
}

TEST_F(StackTest, NothingToChangeIsNoChangeSet) {
    PlayedCloudFormation cloud("CREATE_COMPLETE");
    cloud.change_set = {{"Status", "FAILED"},
                        {"StatusReason", "The submitted information didn't contain changes."}};
    EXPECT_TRUE(stack(cloud).propose("{}", "", {}).id.empty());
    EXPECT_EQ(cloud.count("DeleteChangeSet"), 1);
    EXPECT_EQ(cloud.count("DeleteStack"), 0);
    cloud.change_set["StatusReason"] = "Template error";
    EXPECT_THROW(stack(cloud).propose("{}", "", {}), Error);
}

TEST_F(StackTest, AStackThatNeverCameToBeIsMadeAnew) {
    PlayedCloudFormation cloud("ROLLBACK_COMPLETE");
    const ChangeSet set = stack(cloud).propose("{}", "", {});
    EXPECT_EQ(cloud.count("DeleteStack"), 1);
    EXPECT_EQ(cloud.type, "CREATE");
    EXPECT_TRUE(set.creates_stack);
}

TEST_F(StackTest, WaitsAreBounded) {
    PlayedCloudFormation cloud("CREATE_COMPLETE");
    Stack mine = stack(cloud);
    const ChangeSet set = mine.propose("{}", "", {});
    cloud.after_execution = {{"UPDATE_IN_PROGRESS", {}}};
    try {
        mine.apply(set);
        FAIL() << "it never ends";
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), "DeploymentUnfinished");
    }
}

}  // namespace
}  // namespace lifeboat::deploy

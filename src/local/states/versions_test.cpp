// Versions and aliases of state machines, and executions started through them.
#include <gtest/gtest.h>

#include "base/json.h"
#include "local/testing/fixture.h"

namespace lifeboat::local::states {
namespace {

const std::string kRole = "arn:aws:iam::000000000000:role/machine";

std::string pass(const std::string& result) {
    return R"({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": ")" + result +
           R"(", "End": true}}})";
}

class VersionsTest : public testing::LocalCloudTest {
  protected:
    void SetUp() override {
        const Json made = ok("states", "CreateStateMachine",
                             {{"name", "m"},
                              {"definition", pass("one")},
                              {"roleArn", kRole},
                              {"publish", true},
                              {"versionDescription", "the first"}});
        machine = made["stateMachineArn"];
        first = made["stateMachineVersionArn"];
    }

    std::string update(const std::string& result) {
        return ok("states", "UpdateStateMachine",
                  {{"stateMachineArn", machine}, {"definition", pass(result)}, {"publish", true}})
            .at("stateMachineVersionArn");
    }

    std::string alias(const std::string& name, const std::vector<Json>& routes) {
        return ok("states", "CreateStateMachineAlias",
                  {{"name", name}, {"routingConfiguration", Json(routes)}})
            .at("stateMachineAliasArn");
    }

    static Json route(const std::string& version, int weight) {
        return {{"stateMachineVersionArn", version}, {"weight", weight}};
    }

    Json run(const std::string& arn) {
        const std::string execution =
            ok("states", "StartExecution", {{"stateMachineArn", arn}})["executionArn"];
        settle();
        return ok("states", "DescribeExecution", {{"executionArn", execution}});
    }

    std::string machine, first;
};

TEST_F(VersionsTest, AVersionKeepsItsDefinition) {
    EXPECT_EQ(first, machine + ":1");
    const std::string second = update("two");
    EXPECT_EQ(second, machine + ":2");
    EXPECT_EQ(run(machine)["output"], R"("two")");
    const Json execution = run(first);
    EXPECT_EQ(execution["output"], R"("one")");
    EXPECT_EQ(execution["stateMachineArn"], machine);
    EXPECT_EQ(execution["stateMachineVersionArn"], first);
    EXPECT_FALSE(execution.contains("stateMachineAliasArn"));
    const Json described = ok("states", "DescribeStateMachine", {{"stateMachineArn", first}});
    EXPECT_EQ(described["definition"], pass("one"));
    EXPECT_EQ(described["description"], "the first");
    EXPECT_EQ(ok("states", "ListExecutions", {{"stateMachineArn", first}})["executions"].size(), 1);
    EXPECT_EQ(ok("states", "ListExecutions", {{"stateMachineArn", machine}})["executions"].size(),
              2);
}

TEST_F(VersionsTest, PublishingARevisionAgainGivesTheSameVersion) {
    EXPECT_EQ(ok("states", "PublishStateMachineVersion",
                 {{"stateMachineArn", machine}})["stateMachineVersionArn"],
              first);
    EXPECT_EQ(code_of("states", "PublishStateMachineVersion",
                      {{"stateMachineArn", machine}, {"revisionId", "another"}}),
              "ConflictException");
    EXPECT_EQ(code_of("states", "UpdateStateMachine",
                      {{"stateMachineArn", machine},
                       {"definition", pass("x")},
                       {"versionDescription", "of nothing"}}),
              "ValidationException");
    EXPECT_EQ(code_of("states", "StartExecution", {{"stateMachineArn", machine + ":9"}}),
              "StateMachineDoesNotExist");
}

TEST_F(VersionsTest, NumbersAreNotUsedTwice) {
    ok("states", "DeleteStateMachineVersion", {{"stateMachineVersionArn", first}});
    ok("states", "DeleteStateMachineVersion", {{"stateMachineVersionArn", first}});
    EXPECT_EQ(update("two"), machine + ":2");
    update("three");
    const Json page =
        ok("states", "ListStateMachineVersions", {{"stateMachineArn", machine}, {"maxResults", 1}});
    EXPECT_EQ(page["stateMachineVersions"][0]["stateMachineVersionArn"], machine + ":3");
    const Json rest = ok("states", "ListStateMachineVersions",
                         {{"stateMachineArn", machine}, {"nextToken", page["nextToken"]}});
    EXPECT_EQ(rest["stateMachineVersions"].size(), 1);
    EXPECT_EQ(rest["stateMachineVersions"][0]["stateMachineVersionArn"], machine + ":2");
}

TEST_F(VersionsTest, AnAliasSendsExecutionsByWeight) {
    const std::string second = update("two");
    const std::string live = alias("live", {route(first, 30), route(second, 70)});
    EXPECT_EQ(live, machine + ":live");
    EXPECT_EQ(alias("live", {route(first, 30), route(second, 70)}), live);
    EXPECT_EQ(
        code_of("states", "CreateStateMachineAlias",
                {{"name", "live"}, {"routingConfiguration", Json::array({route(first, 100)})}}),
        "ConflictException");
    int ones = 0;
    for (int i = 0; i < 60; ++i) {
        const Json execution = run(live);
        EXPECT_EQ(execution["stateMachineAliasArn"], live);
        if (execution["output"] == R"("one")") ++ones;
    }
    EXPECT_GT(ones, 6);
    EXPECT_LT(ones, 36);
    ok("states", "UpdateStateMachineAlias",
       {{"stateMachineAliasArn", live},
        {"routingConfiguration", Json::array({route(first, 100)})},
        {"description", "calm"}});
    EXPECT_EQ(run(live)["output"], R"("one")");
    const Json described =
        ok("states", "DescribeStateMachineAlias", {{"stateMachineAliasArn", live}});
    EXPECT_EQ(described["description"], "calm");
    EXPECT_EQ(described["routingConfiguration"], Json::array({route(first, 100)}));
    EXPECT_EQ(ok("states", "ListExecutions", {{"stateMachineArn", live}})["executions"].size(), 61);
}

TEST_F(VersionsTest, AVersionInUseIsNotDeleted) {
    const std::string live = alias("live", {route(first, 100)});
    EXPECT_EQ(code_of("states", "DeleteStateMachineVersion", {{"stateMachineVersionArn", first}}),
              "ConflictException");
    EXPECT_NE(last_message.find("[live]"), std::string::npos);
    EXPECT_EQ(ok("states", "ListStateMachineAliases",
                 {{"stateMachineArn", first}})["stateMachineAliases"][0]["stateMachineAliasArn"],
              live);
    ok("states", "DeleteStateMachineAlias", {{"stateMachineAliasArn", live}});
    EXPECT_EQ(code_of("states", "DeleteStateMachineAlias", {{"stateMachineAliasArn", live}}),
              "ResourceNotFound");
    ok("states", "DeleteStateMachineVersion", {{"stateMachineVersionArn", first}});
}

TEST_F(VersionsTest, AliasesThatMakeNoSenseAreRefused) {
    const auto refused = [&](const std::string& name, const std::vector<Json>& routes) {
        return code_of("states", "CreateStateMachineAlias",
                       {{"name", name}, {"routingConfiguration", Json(routes)}});
    };
    EXPECT_EQ(refused("a", {route(first, 50)}), "ValidationException");
    EXPECT_EQ(refused("a", {route(first, 50), route(first, 50)}), "ValidationException");
    EXPECT_EQ(refused("17", {route(first, 100)}), "ValidationException");
    EXPECT_EQ(refused("a", {route(machine + ":8", 100)}), "ResourceNotFound");
    EXPECT_EQ(refused("a", {}), "ValidationException");
}

TEST_F(VersionsTest, GoWithTheirMachine) {
    alias("live", {route(first, 100)});
    ok("states", "DeleteStateMachine", {{"stateMachineArn", machine}});
    EXPECT_EQ(ok("states", "ListStateMachineVersions",
                 {{"stateMachineArn", machine}})["stateMachineVersions"],
              Json::array());
    EXPECT_EQ(code_of("states", "StartExecution", {{"stateMachineArn", machine + ":live"}}),
              "StateMachineDoesNotExist");
}

}  // namespace
}  // namespace lifeboat::local::states

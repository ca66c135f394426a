// Hostile definitions and inputs through the public API: refused with an error that names the
// problem, or run to an end that does; and the service goes on.
#include <gtest/gtest.h>

#include "base/json.h"
#include "flow/machine_parser.h"
#include "local/states/testing/states_fixture.h"

namespace lifeboat::local::states {
namespace {

std::string repeated(const std::string& part, int times) {
    std::string text;
    for (int i = 0; i < times; ++i)
        text += part;
    return text;
}

std::string nested(const std::string& type, int depth) {
    const bool map = type == "Map";
    std::string inner = R"({"StartAt": "S", "States": {"S": {"Type": "Succeed"}}})";
    std::string before, after;
    for (int i = 0; i < depth; ++i) {
        const std::string name = "\"P" + std::to_string(i) + "\"";
        before +=
            R"({"StartAt": )" + name + R"(, "States": {)" + name + R"(: {"Type": ")" + type +
            (map ? R"(", "End": true, "ItemProcessor": )" : R"(", "End": true, "Branches": [)");
        after += map ? "}}}" : "]}}}";
    }
    return before + inner + after;
}

class HostileTest : public testing::StatesFixture {
  protected:
    // All three operations that read definitions say no, and say why.
    void expect_refused(const std::string& definition, const std::string& code,
                        const std::string& reason) {
        EXPECT_EQ(code_of("states", "CreateStateMachine",
                          {{"name", "m"},
                           {"definition", definition},
                           {"roleArn", "arn:aws:iam::000000000000:role/machine"}}),
                  "InvalidDefinition")
            << reason;
        EXPECT_NE(last_message.find(reason), std::string::npos) << last_message.substr(0, 500);
        EXPECT_LT(last_message.size(), 10'000U);
        const Json found =
            ok("states", "ValidateStateMachineDefinition", {{"definition", definition}});
        EXPECT_EQ(found["result"], "FAIL");
        ASSERT_FALSE(found["diagnostics"].empty());
        EXPECT_EQ(found["diagnostics"][0]["code"], code) << found["diagnostics"][0];
        EXPECT_LE(found["diagnostics"].size(), 100U);
    }
    Json run(const std::string& definition, const std::string& input = "{}") {
        const std::string execution =
            start(make("m" + std::to_string(++machines_), definition), input);
        settle();
        return describe(execution);
    }

  private:
    int machines_ = 0;
};

TEST_F(HostileTest, DefinitionsThatAreTooLongTooDeepOrEndlessAreRefused) {
    for (const char* type : {"Parallel", "Map"}) {
        for (const int depth : {30, 60})
            expect_refused(nested(type, depth), "TOO_DEEPLY_NESTED", "nested deeper than 24");
        for (const int depth : {2'000, 10'000})
            expect_refused(nested(type, depth), "INVALID_JSON_DESCRIPTION", "nested more than 256");
    }
    expect_refused(repeated("[", 500'000), "INVALID_JSON_DESCRIPTION", "nested more than 256");
    expect_refused(R"({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"},
                                                  "B": {"Type": "Pass", "Next": "A"}}})",
                   "MISSING_END_STATE", "There is no state that ends");
    expect_refused(R"({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}})",
                   "MISSING_END_STATE", "There is no state that ends");
    std::string wrong;
    for (int i = 0; i < 20'000; ++i)
        wrong += "\"s" + std::to_string(i) + R"(": {"Type": "X"},)";
    expect_refused(R"({"StartAt": "S", "States": {)" + wrong + R"("S": {"Type": "Succeed"}}})",
                   "SCHEMA_VALIDATION_FAILED", "and more");
    expect_refused(
        R"({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true, "InputPath": ")" +
            ("$" + repeated(".a", 100'000)) + "\"}}}",
        "SCHEMA_VALIDATION_FAILED", "more than 256 steps");
    expect_refused(R"({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true,
                       "QueryLanguage": "JSONata", "Output": "{% )" +
                       repeated("(", 100'000) + " %}\"}}}",
                   "SCHEMA_VALIDATION_FAILED", "nested deeper than");
    // Longer than the operation takes at all.
    const std::string long_definition = R"({"StartAt": "A", "Comment": ")" +
                                        std::string(flow::kLongestDefinition, 'x') +
                                        R"(", "States": {"A": {"Type": "Succeed"}}})";
    for (const char* operation : {"CreateStateMachine", "ValidateStateMachineDefinition"})
        EXPECT_NE(code_of("states", operation,
                          {{"name", "m"},
                           {"definition", long_definition},
                           {"roleArn", "arn:aws:iam::000000000000:role/machine"}}),
                  "")
            << operation;
}

TEST_F(HostileTest, VeryManyStatesRun) {
    constexpr int kStates = 10'000;
    std::string states;
    for (int i = 0; i < kStates; ++i)
        states += "\"s" + std::to_string(i) + R"(": {"Type": "Pass", "Next": "s)" +
                  std::to_string(i + 1) + "\"},";
    const Json end = run(R"({"StartAt": "s0", "States": {)" + states + "\"s" +
                         std::to_string(kStates) + R"(": {"Type": "Succeed"}}})");
    EXPECT_EQ(end["status"], "SUCCEEDED") << end;
}

TEST_F(HostileTest, AnEndlessLoopEndsAndTheServiceGoesOn) {
    const Json end = run(R"({"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Next": "C"},
        "C": {"Type": "Choice", "Default": "A", "Choices": [
              {"Variable": "$.never", "IsPresent": true, "Next": "E"}]},
        "E": {"Type": "Succeed"}}})");
    EXPECT_EQ(end["status"], "FAILED");
    EXPECT_EQ(end["error"], "States.Runtime");
    EXPECT_EQ(end["cause"], "The execution reached the maximum number of history events (25000).");
    EXPECT_EQ(run(R"({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})")["status"],
              "SUCCEEDED");
}

TEST_F(HostileTest, DeepInputsAreRefusedAndDeepDataEndsTheExecution) {
    const std::string machine =
        make("m", R"({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})");
    for (const int depth : {241, 300, 100'000}) {
        EXPECT_EQ(code_of("states", "StartExecution",
                          {{"stateMachineArn", machine},
                           {"input", repeated("[", depth) + repeated("]", depth)}}),
                  "InvalidExecutionInput");
        EXPECT_NE(last_message.find("nested"), std::string::npos) << last_message;
    }
    EXPECT_EQ(code_of("states", "StartExecution",
                      {{"stateMachineArn", machine}, {"input", std::string(300'000, ' ')}}),
              "ValidationException");
    const Json end = run(R"({"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Parameters": {"x.$": "$"}, "Next": "C"},
        "C": {"Type": "Choice", "Default": "A", "Choices": [
              {"Variable": "$.never", "IsPresent": true, "Next": "E"}]},
        "E": {"Type": "Succeed"}}})");
    EXPECT_EQ(end["status"], "FAILED");
    EXPECT_EQ(end["error"], "States.Runtime");
    EXPECT_NE(end["cause"].get<std::string>().find("nested deeper than 240"), std::string::npos);
}

TEST_F(HostileTest, ExpressionsThatTakeTooMuchEndWithAnErrorACatchSees) {
    for (const char* expression :
         {"($f := function(){1 + $f()}; $f())", "($f := function(){$f()}; $f())",
          "[1..1000000].([1..1000000])", "$reduce([1..60], function($a, $i){$a & $a}, 'x')",
          "$match('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', /(a+)+$/)",
          "$map([1..100000], function($i){$match('aaaaaaaaaaaaaaaaaaa', /(a+)+b/)})",
          "$replace('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', /(a*)*b/, '')",
          "$split('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', /(a|aa)+$/)"}) {
        const Json end = run(R"({"QueryLanguage": "JSONata", "StartAt": "A", "States": {
            "A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sts:getCallerIdentity",
                  "Arguments": ")" +
                             ("{% " + std::string(expression) + " %}") +
                             R"(", "End": true, "Catch": [{"ErrorEquals":
                  ["States.QueryEvaluationError"], "Next": "B"}]},
            "B": {"Type": "Pass", "Output": "{% $states.input.Cause %}", "End": true}}})");
        EXPECT_EQ(end["status"], "SUCCEEDED") << expression << "\n" << end;
        const std::string cause = end.value("output", "");
        EXPECT_TRUE(cause.find("U1001") != std::string::npos ||
                    cause.find("U1002") != std::string::npos)
            << cause;
    }
}

TEST_F(HostileTest, TestStateBoundsTheSame) {
    const auto test = [&](const std::string& state) {
        return ok("states", "TestState",
                  {{"definition", state},
                   {"roleArn", "arn:aws:iam::000000000000:role/machine"},
                   {"input", "{}"}});
    };
    const Json endless = test(R"({"Type": "Pass", "QueryLanguage": "JSONata", "End": true,
        "Output": "{% ($f := function(){$f()}; $f()) %}"})");
    EXPECT_EQ(endless["status"], "FAILED");
    EXPECT_EQ(endless["error"], "States.QueryEvaluationError");
    const Json large = test(R"~({"Type": "Pass", "End": true, "Parameters": {"x.$":
        "States.Array(States.ArrayRange(1,1000,1))"}, "ResultPath": ")~" +
                            ("$" + repeated(".a", 250)) + "\"}");
    EXPECT_EQ(large["status"], "FAILED") << large;
    EXPECT_EQ(large["error"], "States.Runtime");
}

}  // namespace
}  // namespace lifeboat::local::states

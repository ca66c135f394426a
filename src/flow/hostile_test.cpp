// Definitions and inputs made to harm: whatever they ask for, an execution ends, with an error that
// says why, after a bounded effort. (The parser's: machine_parser_test.cpp.)
#include <gtest/gtest.h>

#include "base/json.h"
#include "flow/choice_rule.h"
#include "flow/testing/machine_runner.h"

namespace lifeboat::flow {
namespace {

using testing::MachineRunner;

std::string repeated(const std::string& part, int times) {
    std::string text;
    text.reserve(part.size() * static_cast<std::size_t>(times));
    for (int i = 0; i < times; ++i)
        text += part;
    return text;
}

std::string one_state(const std::string& fields) {
    return R"({"StartAt": "A", "States": {"A": {)" + fields + R"(, "End": true}}})";
}

std::string pass(const std::string& fields) {
    return one_state(R"("Type": "Pass", )" + fields);
}

// The largest input there is, of very many values.
std::string largest_input() {
    std::string text = "[0" + repeated(",0", 131'000) + "]";
    EXPECT_LE(text.size(), kLongestPayload);
    return text;
}

// How the execution ends: its error, or "" when it succeeds.
std::string error_of(const std::string& definition, const std::string& input = "{}") {
    MachineRunner runner(definition);
    const Execution& execution = runner.run(input);
    EXPECT_NE(execution.status(), ExecutionStatus::Running);
    if (execution.status() == ExecutionStatus::Succeeded) return "";
    return execution.failure().error.value_or("none");
}

TEST(Hostile, ReferencesToALargeInputEndBeforeTheyFillTheMemory) {
    const std::string input = largest_input();
    std::string fields = R"("x": 0)";
    for (int i = 0; i < 20'000; ++i)
        fields += ",\"f" + std::to_string(i) + R"(.$": "$")";
    EXPECT_EQ(error_of(pass(R"("Parameters": {)" + fields + "}"), input),
              "States.DataLimitExceeded");
    const auto function = [&](const std::string& call) {
        return error_of(pass(R"("Parameters": {"x.$": ")" + call + "\"}"), input);
    };
    EXPECT_EQ(function("States.Array($" + repeated(",$", 999) + ")"), "States.DataLimitExceeded");
    EXPECT_EQ(function("States.Format('" + repeated("{}", 900) + "'" + repeated(",$", 900) + ")"),
              "States.DataLimitExceeded");
    std::string ranges = "States.ArrayRange(1,1000,1)";
    ranges = "States.Array(" + ranges + repeated("," + ranges, 999) + ")";
    ranges = "States.Array(" + ranges + repeated("," + ranges, 20) + ")";
    EXPECT_EQ(function(ranges), "States.DataLimitExceeded");
}

TEST(Hostile, ExpressionsOfOneStateShareWhatTheyMayCost) {
    std::string fields = R"("x": 0)";
    for (int i = 0; i < 15'000; ++i)
        fields += ",\"f" + std::to_string(i) + R"(": "{% $states.input %}")";
    EXPECT_EQ(error_of(pass(R"("QueryLanguage": "JSONata", "Output": {)" + fields + "}"),
                       largest_input()),
              "States.QueryEvaluationError");
    // Each for itself would be allowed; a thousand of them would take hours.
    fields = R"("x": 0)";
    for (int i = 0; i < 1'000; ++i)
        fields += ",\"f" + std::to_string(i) + R"(": "{% $sum([1..400000]) %}")";
    EXPECT_EQ(error_of(pass(R"("QueryLanguage": "JSONata", "Output": {)" + fields + "}")),
              "States.QueryEvaluationError");
    std::string rules;
    for (int i = 0; i < 1'000; ++i)
        rules += R"({"Condition": "{% $sum([1..400000]) < 0 %}", "Next": "B"},)";
    rules.pop_back();
    EXPECT_EQ(error_of(R"({"QueryLanguage": "JSONata", "StartAt": "A", "States": {
                  "A": {"Type": "Choice", "Default": "B", "Choices": [)" +
                       rules + R"(]}, "B": {"Type": "Succeed"}}})"),
              "States.QueryEvaluationError");
}

// A loop that puts its data one level deeper each time round.
TEST(Hostile, DataThatGrowsDeeperEndsTheExecution) {
    for (const char* fields :
         {R"("Parameters": {"x.$": "$"})", R"("ResultPath": "$.x.y")",
          R"("QueryLanguage": "JSONata", "Output": {"x": "{% $states.input %}"})",
          R"~("Parameters": {"x.$": "States.Array($)"})~",
          R"~("Assign": {"v.$": "States.Array($v)"})~"}) {
        const std::string start = R"("S": {"Type": "Pass", "Assign": {"v": 0}, "Next": "A"})";
        const std::string error = error_of(R"({"StartAt": "S", "States": {)" + start + R"(,
            "A": {"Type": "Pass", "Next": "C", )" +
                                           fields + R"(},
            "C": {"Type": "Choice", "Default": "A", "Choices": [
                  {"Variable": "$.never", "IsPresent": true, "Next": "E"}]},
            "E": {"Type": "Succeed"}}})");
        EXPECT_TRUE(error == "States.Runtime" || error == "States.QueryEvaluationError")
            << error << " of " << fields;
    }
}

// What is recorded can be read again, so that a crash at any moment does no more harm than another.
TEST(Hostile, DeepDataSurvivesACrash) {
    const std::string input = repeated("[", kDeepestPayload) + repeated("]", kDeepestPayload);
    for (const char* state :
         {R"("Type": "Parallel", "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Pass",
             "End": true}}}])",
          R"("Type": "Map", "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Pass",
             "End": true}}})",
          R"("Type": "Pass")"}) {
        MachineRunner runner(one_state(state));
        runner.start(input);
        while (runner.resume_once()) {
        }
        EXPECT_NE(runner.rebuild()->status(), ExecutionStatus::Running) << state;
    }
}

TEST(Hostile, WhatManyBranchesRecordIsNotGatheredBeforeItIsWritten) {
    std::string branches;
    for (int i = 0; i < 100; ++i)
        branches += (i > 0 ? "," : "") +
                    std::string(R"({"StartAt": "B)" + std::to_string(i) + R"(", "States": {"B)" +
                                std::to_string(i) + R"(": {"Type": "Fail", "Error": "E"}}})");
    MachineRunner runner(one_state(R"("Type": "Parallel", "Branches": [)" + branches + "]"));
    runner.run("\"" + std::string(250'000, 'x') + "\"");
    EXPECT_GT(runner.journal.size(), 100U);
    EXPECT_LT(runner.largest_batch, std::size_t{8} << 20U);
}

TEST(Hostile, ManyBranchesWithMuchDataEndBeforeTheyFillTheMemory) {
    const std::string input = R"({"items": [0)" + repeated(",0", 500) + R"(], "much": ")" +
                              std::string(250'000, 'x') + "\"}";
    std::string branches;
    for (int i = 0; i < 300; ++i) {
        const std::string name = "\"b" + std::to_string(i) + "\"";
        branches += (i > 0 ? "," : "") + std::string(R"({"StartAt": )") + name +
                    R"(, "States": {)" + name + R"(: {"Type": "Pass", "End": true}}})";
    }
    EXPECT_EQ(error_of(one_state(R"("Type": "Parallel", "Branches": [)" + branches + "]"), input),
              "States.DataLimitExceeded");
    const std::string map = R"("Type": "Map", "ItemsPath": "$.items", "ItemProcessor": {
        "StartAt": "B", "States": {"B": {"Type": "Pass", "InputPath": "$$.Execution.Input",
        "End": true}}})";
    EXPECT_EQ(error_of(one_state(map), input), "States.DataLimitExceeded");
    // A Catch sees it, and goes on with what was held set free.
    EXPECT_EQ(
        error_of(R"({"StartAt": "A", "States": {"B2": {"Type": "Pass", "End": true}, "A": {)" +
                     map + R"(, "Next": "B2", "Catch": [{"ErrorEquals":
                           ["States.DataLimitExceeded"], "ResultPath": null, "Next": "B2"}]}}})",
                 input),
        "");
}

// Two hundred bytes that ask for a million children, or for children with much data.
TEST(Hostile, AMapRunEndsBeforeItsItemsAndInputsFillTheMemory) {
    const auto distributed = [](const std::string& fields) {
        return one_state(R"("Type": "Map", "QueryLanguage": "JSONata", )" + fields +
                         R"(, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED",
            "ExecutionType": "STANDARD"}, "StartAt": "B", "States": {"B": {"Type": "Pass",
            "End": true}}})");
    };
    EXPECT_EQ(error_of(distributed(R"("Items": "{% [1..1000000] %}")")),
              "States.DataLimitExceeded");
    EXPECT_EQ(error_of(distributed(R"("Items": "{% [1..30000] %}",
                                      "ItemSelector": "{% $states.input %}")"),
                       "\"" + std::string(200'000, 'x') + "\""),
              "States.DataLimitExceeded");
    EXPECT_EQ(error_of(distributed(R"("Items": "{% [1..1000] %}", "ItemBatcher": {
                                      "MaxItemsPerBatch": 1, "BatchInput": {
                                      "all": "{% $states.input %}"}})"),
                       "\"" + std::string(200'000, 'x') + "\""),
              "States.DataLimitExceeded");
    // Each for itself would be allowed.
    EXPECT_EQ(error_of(distributed(R"("Items": "{% [1..30000] %}",
                                      "ItemSelector": "{% $sum([1..400000]) %}")")),
              "States.QueryEvaluationError");
    EXPECT_EQ(error_of(distributed(R"("Items": "{% [1..5] %}",
                                      "ItemSelector": "{% $sum([1..400000]) %}")")),
              "");
}

// What is held is more than what was put out: inputs, variables, the branches themselves.
TEST(Hostile, BranchesThatPutOutNothingAreMeasuredToo) {
    const std::string map = R"("Type": "Map", "MaxConcurrency": 40, "ItemsPath": "$.items",
        "ItemSelector": {"much.$": "$$.Execution.Input.much", "items.$": "$.items"},
        "ItemProcessor": {"StartAt": )";
    const std::string held =
        one_state(map + R"("N", "States": {"N": {)" + map +
                  R"("W", "States": {"W": {"Type": "Wait", "Seconds": 5, "OutputPath": null,
           "End": true}}}, "End": true}}})");
    Json input = {{"items", Json::array()}, {"much", std::string(200'000, 'x')}};
    for (int i = 0; i < 40; ++i)
        input["items"].push_back(i);
    EXPECT_EQ(error_of(held, to_text(input)), "States.DataLimitExceeded");

    const auto parallel = [](int count, const std::string& fields) {
        std::string branches;
        for (int i = 0; i < count; ++i) {
            const std::string n = std::to_string(i);
            branches += (i > 0 ? "," : "") + std::string(R"({"StartAt": "a)") + n +
                        R"(", "States": {"a)" + n + "\": {" + fields + R"("Next": "w)" + n +
                        R"("}, "w)" + n + R"(": {"Type": "Wait", "Seconds": 5, "End": true}}})";
        }
        return R"("Type": "Parallel", "Branches": [)" + branches + "]";
    };
    EXPECT_EQ(error_of(one_state(parallel(300, R"("Type": "Pass", "OutputPath": null,
                  "Assign": {"v.$": "$$.Execution.Input"}, )")),
                       "\"" + std::string(200'000, 'x') + "\""),
              "States.DataLimitExceeded");
    // Few events, very many branches.
    EXPECT_EQ(error_of(one_state(R"("Type": "Map", "MaxConcurrency": 40, "ItemsPath": "$.items",
                  "ItemProcessor": {"StartAt": "P", "States": {"P": {)" +
                                 parallel(2000, R"("Type": "Pass", )") + R"(, "End": true}}})"),
                       to_text(input)),
              "States.DataLimitExceeded");
}

TEST(Hostile, VariablesHaveALimitTogether) {
    std::string states;
    for (int i = 0; i < 200; ++i) {
        const std::string n = std::to_string(i);
        states += "\"s" + n + R"(": {"Type": "Pass", "Assign": {"v)" + n +
                  R"(.$": "$"}, "Next": "s)" + std::to_string(i + 1) + "\"},";
    }
    EXPECT_EQ(
        error_of(R"({"StartAt": "s0", "States": {)" + states + R"("s200": {"Type": "Succeed"}}})",
                 "\"" + std::string(kLongestPayload - 2, 'x') + "\""),
        "States.DataLimitExceeded");
}

TEST(Hostile, PatternsOfChoicesDoNotGoBackAndForth) {
    const std::string text(250'000, 'a');
    EXPECT_FALSE(matches_wildcard(text, repeated("*a", 100'000) + "b"));
    EXPECT_FALSE(matches_wildcard(text, "*" + std::string(100'000, 'a') + "b*"));
    EXPECT_TRUE(matches_wildcard(text, repeated("*a", 100'000) + "*"));
    EXPECT_TRUE(matches_wildcard("a*b\\", "a\\*b\\"));
    EXPECT_FALSE(matches_wildcard("aba", "ab*ba"));
    EXPECT_TRUE(matches_wildcard("", "**"));
}

TEST(Hostile, ManyRulesOverALargeInputAreLookedThroughWithoutCopies) {
    std::string rules;
    for (int i = 0; i < 15'000; ++i)
        rules += R"({"Variable": "$", "IsNull": true, "Next": "B"},)";
    rules.pop_back();
    EXPECT_EQ(error_of(R"({"StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "B",
                  "Choices": [)" +
                           rules + R"(]}, "B": {"Type": "Succeed"}}})",
                       largest_input()),
              "");
}

TEST(Hostile, IntrinsicFunctionsRefuseWhatIsTooMuch) {
    const auto run = [](const std::string& call, const std::string& input = "{}") {
        return error_of(pass(R"("Parameters": {"x.$": ")" + call + "\"}"), input);
    };
    EXPECT_EQ(run("States.ArrayRange(1, 1001, 1)"), "States.IntrinsicFailure");
    EXPECT_EQ(run("States.ArrayRange(-9223372036854775808, 9223372036854775807, 1)"),
              "States.IntrinsicFailure");
    EXPECT_EQ(run("States.ArrayRange(1, 10, 0)"), "States.IntrinsicFailure");
    EXPECT_EQ(run("States.ArrayPartition($, 0)", "[1]"), "States.IntrinsicFailure");
    const std::string long_text = "\"" + repeated("ab", 60'000) + "\"";
    EXPECT_EQ(run("States.Base64Encode($)", long_text), "States.IntrinsicFailure");
    EXPECT_EQ(run("States.Hash($, 'MD5')", long_text), "States.IntrinsicFailure");
    // Split in linear time, however many separators there are; by characters, not bytes.
    const Json texts = {{"t", repeated("ab", 60'000)}, {"s", repeated("cd", 60'000)}};
    EXPECT_EQ(run("States.StringSplit($.t, $.s)", to_text(texts)), "");
    MachineRunner runner(pass(R"~("Parameters": {"x.$": "States.StringSplit($, 'é')"})~"));
    EXPECT_EQ((*runner
                    .run("\"aéb\xc3\xa8"
                         "c\"")
                    .output())["x"],
              Json({"a",
                    "b\xc3\xa8"
                    "c"}));
    EXPECT_EQ(run("States.StringToJson($)", to_text(Json(repeated("[", 100'000)))),
              "States.IntrinsicFailure");
    EXPECT_EQ(run("States.MathAdd(9223372036854775807, 1)"), "States.IntrinsicFailure");
}

}  // namespace
}  // namespace lifeboat::flow

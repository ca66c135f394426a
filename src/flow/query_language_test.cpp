#include "flow/query_language.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"
#include "flow/machine_parser.h"
#include "flow/testing/machine_runner.h"

namespace lifeboat::flow {
namespace {

using testing::MachineRunner;

std::string machine(const std::string& states) {
    return R"({"QueryLanguage": "JSONata", "StartAt": "A", "States": {)" + states + "}}";
}

// The output, or the error and cause.
std::string run(const std::string& states, const std::string& input = "{}",
                testing::ScriptedCloud::Answer answer = nullptr) {
    MachineRunner runner(machine(states));
    runner.cloud.answer = std::move(answer);
    const Execution& execution = runner.run(input);
    if (execution.output() != nullptr) return to_text(*execution.output());
    return execution.failure().error.value_or("") + ": " + execution.failure().cause.value_or("");
}

std::string problems(const std::string& definition) {
    const ParsedMachine parsed = parse_machine(definition);
    return parsed.machine != nullptr ? "" : describe(parsed.diagnostics);
}

void expect_problem(const std::string& state, const std::string& text) {
    const std::string found = problems(machine("\"A\": {" + state + "}"));
    EXPECT_NE(found.find(text), std::string::npos) << state << "\n" << found;
}

TEST(QueryLanguage, TasksTakeArgumentsAndGiveResultsToOutputAndAssign) {
    const std::string output = run(
        R"("A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem",
              "Arguments": {"TableName": "{% 't' & $states.input.n %}", "Key": {"k": {"S": "x"}}},
              "TimeoutSeconds": "{% $states.input.n + 1 %}",
              "Assign": {"name": "{% $states.result.Item.v.S %}"},
              "Output": {"got": "{% $states.result.Item.v.S %}", "n": "{% $states.input.n %}"},
              "Next": "B"},
           "B": {"Type": "Pass", "Output": "{% [$name, $states.input.n, $states.context.State.Name] %}", "End": true})",
        R"({"n": 4})", [](const auto&, const auto&, const Json& request) {
            EXPECT_EQ(request.at("TableName"), "t4");
            return Json::parse(R"({"Item": {"v": {"S": "w"}}})");
        });
    EXPECT_EQ(output, R"(["w",4,"B"])");
}

// Many expressions over one large input: it is converted, and charged, once.
TEST(QueryLanguage, ALargeInputMayBeLookedAtByManyExpressions) {
    std::string input = R"({"a": 7, "all": [0)";
    for (int i = 0; i < 120'000; ++i)
        input += ",0";
    input += "]}";
    std::string fields = R"("x": 0)", rules;
    for (int i = 0; i < 200; ++i) {
        fields += ",\"f" + std::to_string(i) + R"(": "{% $states.input.a %}")";
        rules += R"({"Condition": "{% $states.input.a = 8 %}", "Next": "B"},)";
    }
    rules.pop_back();
    EXPECT_EQ(run(R"("A": {"Type": "Choice", "Default": "B", "Choices": [)" + rules +
                      R"(]}, "B": {"Type": "Pass", "Output": {)" + fields + R"(}, "Next": "C"},
                  "C": {"Type": "Pass", "Output": "{% $states.input.f199 %}", "End": true})",
                  input),
              "7");
}

// What changes from item to item is not taken from the item before.
TEST(QueryLanguage, EveryItemOfAMapSeesItselfInTheContext) {
    const std::string selector = R"("ItemSelector": {"v": "{% $states.context.Map.Item.Value %}",
        "i": "{% $states.context.Map.Item.Index %}", "n": "{% $count($states.input) %}"},)";
    const std::string states = R"("StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}})";
    for (const char* mode : {"INLINE\"}", "DISTRIBUTED\", \"ExecutionType\": \"STANDARD\"}"})
        EXPECT_EQ(run(R"("A": {"Type": "Map", "End": true, )" + selector +
                          R"("ItemProcessor": {"ProcessorConfig": {"Mode": ")" + mode + "," +
                          states + "}",
                      R"(["p", "q"])"),
                  R"([{"v":"p","i":0,"n":2},{"v":"q","i":1,"n":2}])");
}

TEST(QueryLanguage, CatchersSeeTheErrorOutput) {
    const auto failing = [](const auto&, const auto&, const Json&) -> Json {
        throw Error(ErrorCategory::NotFound, "ResourceNotFoundException", "no table");
    };
    EXPECT_EQ(
        run(R"("A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem",
                "Arguments": {"TableName": "t", "Key": {}},
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B",
                           "Assign": {"e": "{% $states.errorOutput.Error %}"},
                           "Output": {"in": "{% $states.input.x %}", "e": "{% $states.errorOutput.Error %}"}}],
                "End": true},
                "B": {"Type": "Pass", "Output": "{% $merge([$states.input, {'v': $e}]) %}", "End": true})",
            R"({"x": 1})", failing),
        R"({"in":1,"e":"DynamoDb.ResourceNotFoundException","v":"DynamoDb.ResourceNotFoundException"})");
}

TEST(QueryLanguage, EvaluationFailuresAreNotedRetriedAndCaught) {
    MachineRunner runner(machine(
        R"("A": {"Type": "Parallel", "Arguments": "{% $nothing %}", "Branches": [{"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}],
            "Retry": [{"ErrorEquals": ["States.QueryEvaluationError"], "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["States.QueryEvaluationError"], "Next": "B"}], "End": true},
           "B": {"Type": "Succeed"})"));
    const Execution& execution = runner.run("{}");
    ASSERT_NE(execution.output(), nullptr);
    EXPECT_EQ(execution.output()->at("Error"), "States.QueryEvaluationError");
    EXPECT_EQ(std::ranges::count(runner.event_types(), "EvaluationFailed"), 2);
    for (const HistoryRecord& record : runner.journal)
        if (record.type == "EvaluationFailed") {
            EXPECT_EQ(record.details->at("location"), "Arguments");
            EXPECT_EQ(record.details->at("state"), "A");
        }
}

TEST(QueryLanguage, ResultsOfTheWrongTypeFailTheState) {
    const std::string where =
        "States.QueryEvaluationError: An error occurred while executing the "
        "state 'A' (entered at the event id #2). ";
    EXPECT_EQ(
        run(R"("A": {"Type": "Choice", "Choices": [{"Condition": "{% 1 %}", "Next": "B"}]}, "B": {"Type": "Succeed"})"),
        where +
            "The JSONata expression '1' specified for the field 'Choices[0]/Condition' "
            "returned an unexpected result type. Expected 'boolean', but was 'number' for "
            "value: 1");
    EXPECT_NE(run(R"("A": {"Type": "Wait", "Seconds": "{% 'x' %}", "End": true})")
                  .find("Expected 'number'"),
              std::string::npos);
    EXPECT_NE(run(R"("A": {"Type": "Wait", "Seconds": "{% -1 %}", "End": true})")
                  .find("no integer from 0"),
              std::string::npos);
    EXPECT_NE(run(R"("A": {"Type": "Fail", "Error": "{% 5 %}"})").find("Expected 'string'"),
              std::string::npos);
    EXPECT_EQ(
        run(R"("A": {"Type": "Choice", "Choices": [{"Condition": false, "Next": "B"}]}, "B": {"Type": "Succeed"})"),
        "States.NoChoiceMatched: An error occurred while executing the state 'A' (entered at "
        "the event id #2). Failed to transition out of the state. The state does not point to "
        "a next state.");
}

TEST(QueryLanguage, FieldsMayBeExpressions) {
    EXPECT_EQ(run(R"("A": {"Type": "Fail", "Error": "{% 'E' & 1 %}", "Cause": "plain"})"),
              "E1: plain");
    EXPECT_EQ(
        run(R"("A": {"Type": "Wait", "Timestamp": "{% $states.input.t %}", "Output": 1, "End": true})",
            R"({"t": "2016-03-14T01:59:00.000000000Z"})"),
        "1");
    EXPECT_EQ(run(R"("A": {"Type": "Map", "Items": "{% [1..3] %}", "MaxConcurrency": "{% 2 %}",
                "ItemSelector": "{% $states.context.Map.Item.Value * 10 + $states.context.Map.Item.Index %}",
                "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}},
                "Output": "{% $sum($states.result) %}", "End": true})"),
              "63");
}

TEST(QueryLanguage, DefinitionsAreRefusedWithThePlace) {
    expect_problem(R"("Type": "Pass", "InputPath": "$", "End": true)", "at /States/A/InputPath");
    expect_problem(R"("Type": "Pass", "Output": {"a": ["{% 1 + %}"]}, "End": true)",
                   "S0207: Unexpected end of expression");
    expect_problem(R"("Type": "Pass", "Output": {"a": ["{% $eval('1') %}"]}, "End": true)",
                   "The function $eval is not supported (position 5) at /States/A/Output/a[0]");
    expect_problem(R"("Type": "Pass", "Output": " {% 1 %}", "End": true)", "No blanks");
    expect_problem(R"("Type": "Pass", "Output": "{% 1", "End": true)", "ends with '%}'");
    expect_problem(R"("Type": "Pass", "Assign": {"states": 1}, "End": true)", "reserved");
    expect_problem(R"("Type": "Pass", "QueryLanguage": "JSONPath", "End": true)",
                   "Cannot downgrade");
    expect_problem(
        R"("Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "A"}])",
        "at /States/A/Choices[0]/Variable");
    expect_problem(R"("Type": "Map", "ToleratedFailureCount": "{% 1 %}", "End": true,
                       "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}})",
                   "at /States/A/ToleratedFailureCount");
    expect_problem(R"("Type": "Succeed", "Assign": {}, "Output": 1)",
                   "Field 'Assign' is not supported");
    EXPECT_NE(
        problems(R"({"StartAt": "A", "States": {"A": {"Type": "Pass", "Output": 1, "End": true}}})")
            .find("Field 'Output' is not supported"),
        std::string::npos);
}

TEST(QueryLanguage, StatesInsideAStateTakeTheLanguageOfTheMachineAndNotItsOwn) {
    const auto around = [](const std::string& inner) {
        return R"({"StartAt": "A", "States": {"A": {"Type": "Map", "QueryLanguage": "JSONata",
            "Items": "{% [1] %}", "End": true,
            "ItemProcessor": {"StartAt": "I", "States": {"I": )" +
               inner + "}}}}}";
    };
    EXPECT_EQ(problems(around(R"({"Type": "Pass", "InputPath": "$", "End": true})")), "");
    EXPECT_EQ(problems(around(
                  R"({"Type": "Pass", "QueryLanguage": "JSONata", "Output": 1, "End": true})")),
              "");
    EXPECT_NE(problems(around(R"({"Type": "Pass", "Output": 1, "End": true})"))
                  .find("/States/A/ItemProcessor/States/I"),
              std::string::npos);
}

}  // namespace
}  // namespace lifeboat::flow

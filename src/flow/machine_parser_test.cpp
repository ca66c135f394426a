#include "flow/machine_parser.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace lifeboat::flow {
namespace {

std::string problems(const std::string& definition) {
    const ParsedMachine parsed = parse_machine(definition);
    return parsed.machine != nullptr ? "" : describe(parsed.diagnostics);
}

// One state between the braces of "A".
std::string problems_of_state(const std::string& state) {
    return problems(R"({"StartAt": "A", "States": {"A": {)" + state + "}}}");
}

void expect_problem(const std::string& state, const std::string& text) {
    EXPECT_NE(problems_of_state(state).find(text), std::string::npos) << state << "\n"
                                                                      << problems_of_state(state);
}

TEST(MachineParser, AcceptsEveryTypeOfState) {
    EXPECT_EQ(problems(R"~({"Comment": "c", "Version": "1.0", "TimeoutSeconds": 5, "StartAt": "P",
        "States": {
          "P": {"Type": "Pass", "Result": {}, "ResultPath": "$.r", "Assign": {"v.$": "$.x"}, "Next": "C"},
          "C": {"Type": "Choice", "Choices": [{"Variable": "$v", "IsNull": true, "Next": "W"}],
                "Default": "T"},
          "W": {"Type": "Wait", "Seconds": 1, "Next": "F"},
          "F": {"Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.Format('{}', $.e)"},
          "T": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sts:getCallerIdentity",
                "Retry": [{"ErrorEquals": ["States.TaskFailed"], "JitterStrategy": "FULL",
                           "MaxDelaySeconds": 60, "BackoffRate": 1.5}],
                "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "F"}],
                "TimeoutSecondsPath": "$.t", "HeartbeatSeconds": 3, "Next": "M"},
          "M": {"Type": "Map", "ItemsPath": "$.i", "MaxConcurrency": 2, "Next": "L",
                "ItemProcessor": {"StartAt": "S", "States": {"S": {"Type": "Succeed"}}}},
          "L": {"Type": "Parallel", "End": true,
                "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}]}}})~"),
              "");
}

TEST(MachineParser, NamesThePlaceOfAMistake) {
    EXPECT_EQ(problems_of_state(R"("Type": "Pass")"),
              "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Exactly one of these "
              "fields must be present: ['Next', 'End'] at /States/A'");
    expect_problem(R"("Type": "Pass", "Next": "B")",
                   "MISSING_TRANSITION_TARGET: Missing transition target: B at /States/A/Next");
    EXPECT_NE(problems(R"({"StartAt": "A", "States": {"A": {"Type": "Succeed"},
                                                    "B": {"Type": "Succeed"}}})")
                  .find("State \"B\" is not reachable. at /States/B"),
              std::string::npos);
    expect_problem(R"("Type": "Nap", "End": true)", "The field 'Type' must be one of");
    expect_problem(
        R"("Type": "Wait", "Seconds": 1, "Timestamp": "2026-01-01T00:00:00Z", "End": true)",
        "Exactly one of these fields");
    expect_problem(R"("Type": "Pass", "Typo": 1, "End": true)", "Field 'Typo' is not supported");
    expect_problem(R"("Type": "Pass", "InputPath": "x", "End": true)", "at /States/A/InputPath");
    expect_problem(R"("Type": "Pass", "ResultPath": "$.a[*]", "End": true)",
                   "not a Reference Path");
    expect_problem(R"("Type": "Pass", "Parameters": {"a.$": "x"}, "End": true)",
                   "at /States/A/Parameters/a.$");
    expect_problem(R"("Type": "Choice", "Choices": [{"Variable": "$.a", "Next": "A"}])",
                   "at /States/A/Choices[0]");
    expect_problem(R"("Type": "Fail", "Cause": "c", "CausePath": "$.c")",
                   "Only one of these fields");
}

TEST(MachineParser, RefusesWhatIsNotOfferedAndNamesTheState) {
    const auto task = [](const std::string& resource) {
        return R"("Type": "Task", "End": true, "Resource": ")" + resource + "\"";
    };
    expect_problem(task("arn:aws:states:::dynamodb:getItem.waitForTaskToken"), "(state 'A')");
    expect_problem(task("arn:aws:states:::aws-sdk:sts:getCallerIdentity.sync"),
                   "'.sync' does not go with aws-sdk");
    expect_problem(task("arn:aws:states:::aws-sdk:sts:noSuchThing"),
                   "has no operation 'noSuchThing'");
    expect_problem(task("arn:aws:states:::aws-sdk:nosuch:thing"), "this cloud has no service");
    expect_problem(task("arn:aws:states:::glue:startJobRun.sync"), "no optimised integration");
    expect_problem(task("nonsense"), "the value is not an ARN");
    expect_problem(R"("Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig":
        {"Mode": "DISTRIBUTED"}, "StartAt": "S", "States": {"S": {"Type": "Succeed"}}})",
                   "ExecutionType must be STANDARD or EXPRESS");
    expect_problem(task("arn:aws:states:::aws-sdk:sts:getCallerIdentity") +
                       R"(, "Parameters": {"Nonsense": 1})",
                   "The field 'Nonsense' is not a parameter of GetCallerIdentity");
}

TEST(MachineParser, BoundsNestedExpressions) {
    std::string call = "$.x", filter = "$.x", path = "$";
    for (int i = 0; i < 20'000; ++i) {
        call = "States.Array(" + call + ")";
        path += "[0]";
    }
    for (int i = 0; i < 5'000; ++i)
        filter = "$.a[?(@.b == " + filter + ")]";
    EXPECT_NE(
        problems_of_state(R"("Type": "Pass", "End": true, "Parameters": {"a.$": ")" + call + "\"}"),
        "");
    EXPECT_NE(problems_of_state(R"("Type": "Pass", "End": true, "InputPath": ")" + filter + "\""),
              "");
    // Long, not deep: whether it is taken matters less than that nothing breaks.
    problems_of_state(R"("Type": "Pass", "End": true, "InputPath": ")" + path + "\"");
    std::string choice = R"({"Variable": "$", "IsNull": true})";
    for (int i = 0; i < 20'000; ++i)
        choice = R"({"Not": )" + choice + "}";
    choice.back() = ',';
    EXPECT_NE(problems_of_state(R"("Type": "Choice", "Choices": [)" + choice + R"("Next": "A"}])"),
              "");
}

TEST(MachineParser, BoundsHostileDefinitions) {
    EXPECT_NE(problems(std::string(kLongestDefinition + 1, ' ')), "");
    EXPECT_NE(problems(std::string(500'000, '[')), "");
    EXPECT_NE(problems("{}"), "");
    EXPECT_NE(problems("[]"), "");
    EXPECT_NE(problems(R"({"StartAt": 1, "States": {"": 1}})"), "");
    std::string nested = R"({"StartAt": "S", "States": {"S": {"Type": "Succeed"}}})";
    for (int i = 0; i < 40; ++i) {
        const std::string name = "\"P" + std::to_string(i) + "\"";
        nested = R"({"StartAt": )" + name + R"(, "States": {)" + name +
                 R"(: {"Type": "Parallel", "End": true, "Branches": [)" + nested + "]}}}";
    }
    EXPECT_NE(problems(nested).find("nested deeper than"), std::string::npos);
    std::string many = R"({"StartAt": "S", "States": {)";
    for (int i = 0; i < 5000; ++i)
        many += "\"s" + std::to_string(i) + "\": {\"Type\": \"X\"},";
    many += R"("S": {}}})";
    EXPECT_LE(parse_machine(many).diagnostics.size(), kMostDiagnostics);
    EXPECT_LT(problems(many).size(), 8'000U);
}

// The code of the first diagnostic and its place.
std::string first_code(const std::string& definition) {
    const ParsedMachine parsed = parse_machine(definition);
    if (parsed.diagnostics.empty()) return "";
    return parsed.diagnostics[0].code + " " + parsed.diagnostics[0].location;
}

TEST(MachineParser, CodesSayWhatKindOfProblemItIs) {
    const auto in_states = [](const std::string& states) {
        return first_code(R"({"StartAt": "A", "States": {)" + states + "}}");
    };
    EXPECT_EQ(first_code("  \n"), "MISSING_DESCRIPTION ");
    EXPECT_EQ(first_code("null"), "MISSING_DESCRIPTION ");
    EXPECT_EQ(first_code("{"), "INVALID_JSON_DESCRIPTION ");
    EXPECT_EQ(in_states(R"("A": {"Type": "Task", "Resource": "arn:aws:states:::nothing:x",
                                 "End": true})"),
              "INVALID_RESOURCE /States/A/Resource");
    EXPECT_EQ(
        in_states(R"("A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"})"),
        "MISSING_END_STATE /States");
    EXPECT_EQ(in_states(R"("A": {"Type": "Pass", "Next": "Z"}, "B": {"Type": "Succeed"})"),
              "MISSING_TRANSITION_TARGET /States/A/Next");
    EXPECT_EQ(in_states("\"A\": {\"Type\": \"Pass\", \"End\": true}, \"" + std::string(81, 'x') +
                        R"(": {"Type": "Succeed"})"),
              "INVALID_STATE_NAME /States/" + std::string(81, 'x'));
    std::string accents;
    for (int i = 0; i < 80; ++i)
        accents += "é";
    EXPECT_EQ(first_code(R"({"StartAt": ")" + accents + R"(", "States": {")" + accents +
                         R"(": {"Type": "Succeed"}}})"),
              "");
    EXPECT_EQ(in_states(R"("A": {"Type": "Parallel", "End": true, "Branches": [
                  {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}]})"),
              "DUPLICATE_STATE_NAME /States/A/Branches[0]/States/A");
    const auto map = [](const std::string& name, const std::string& label, const std::string& end) {
        return "\"" + name + R"(": {"Type": "Map", "Label": ")" + label + "\", " + end +
               R"(, "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "I)" +
               name + R"(", "States": {"I)" + name + R"(": {"Type": "Succeed"}}}})";
    };
    EXPECT_EQ(in_states(map("A", "no good", R"("End": true)")),
              "INVALID_LABEL_NAME /States/A/Label");
    EXPECT_EQ(in_states(map("A", "L", R"("Next": "B")") + "," + map("B", "L", R"("End": true)")),
              "DUPLICATE_LABEL_NAME /States/B/Label");
    std::string nested = R"({"StartAt": "S", "States": {"S": {"Type": "Succeed"}}})";
    for (int i = 0; i < 60; ++i)
        nested = R"({"StartAt": "N)" + std::to_string(i) + R"(", "States": {"N)" +
                 std::to_string(i) + R"(": {"Type": "Parallel", "End": true, "Branches": [)" +
                 nested + "]}}}";
    EXPECT_TRUE(first_code(nested).starts_with("TOO_DEEPLY_NESTED ")) << first_code(nested);
}

}  // namespace
}  // namespace lifeboat::flow

// A distributed Map whose settings are JSONata.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "flow/machine_parser.h"
#include "flow/testing/machine_runner.h"

namespace lifeboat::flow {
namespace {

using testing::MachineRunner;

// Children fail for items whose member `v` is "bad".
std::string machine(const std::string& fields) {
    return R"({"QueryLanguage": "JSONata", "StartAt": "M", "States": {"M": {"Type": "Map",
        "End": true, )" +
           fields + R"("Label": "All", "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "C", "States": {
            "C": {"Type": "Choice", "Default": "P", "Choices": [
                {"Condition": "{% $states.input.v = 'bad' %}", "Next": "F"}]},
            "F": {"Type": "Fail", "Error": "Bad", "Cause": "{% 'no ' & $states.input.v %}"},
            "P": {"Type": "Pass", "End": true}}}}}})";
}

std::string run(MachineRunner& runner, const std::string& input) {
    const Execution& execution = runner.run(input);
    if (execution.output() != nullptr) return to_text(*execution.output());
    return execution.failure().error.value_or("") + ": " + execution.failure().cause.value_or("");
}

std::string run(const std::string& fields, const std::string& input) {
    MachineRunner runner(machine(fields));
    return run(runner, input);
}

TEST(DistributedJsonata, ItemsAreChosenAndMadeByExpressions) {
    EXPECT_EQ(run(R"("Items": "{% $states.input.all[n > 1] %}", "ItemSelector": {
        "n": "{% $states.context.Map.Item.Value.n %}", "at": "{% $states.context.Map.Item.Index %}",
        "of": "{% $states.input.of %}"}, "Output": "{% $states.result[0] %}", )",
                  R"({"all": [{"n": 1}, {"n": 2}, {"n": 3}], "of": 7})"),
              R"({"n":2,"at":0,"of":7})");
    EXPECT_EQ(run(R"("Items": [{"v": 1}, {"v": "{% $states.input.x %}"}], )", R"({"x": 5})"),
              R"([{"v":1},{"v":5}])");
    EXPECT_EQ(run("", R"([{"v": 1}])"), R"([{"v":1}])");
    EXPECT_EQ(run(R"("Items": "{% $states.input %}", )", R"({"a": 1})"),
              R"([{"Key":"a","Value":1}])");
}

TEST(DistributedJsonata, BatchesAreBoundedByExpressions) {
    EXPECT_EQ(
        run(R"("Items": "{% $states.input.all %}", "ItemBatcher": {
        "MaxItemsPerBatch": "{% $states.input.most %}", "MaxInputBytesPerBatch": 1000,
        "BatchInput": {"of": "{% $states.input.most & '!' %}"}}, )",
            R"({"all": [1, 2, 3], "most": 2})"),
        R"([{"BatchInput":{"of":"2!"},"Items":[1,2]},{"BatchInput":{"of":"2!"},"Items":[3]}])");
}

TEST(DistributedJsonata, ToleranceAndConcurrencyAreExpressions) {
    const std::string fields =
        R"("MaxConcurrency": "{% $states.input.many %}", "Items": "{% $states.input.all %}",
           "ToleratedFailureCount": "{% $states.input.count %}",
           "ToleratedFailurePercentage": "{% $states.input.part %}", )";
    const std::string items = R"("all": [{"v": "bad"}, {"v": "good"}])";
    MachineRunner runner(machine(fields));
    EXPECT_EQ(run(runner, R"({"many": 3, "count": 1, "part": 50, )" + items + "}"),
              R"([{"Error":"Bad","Cause":"no bad"},{"v":"good"}])");
    EXPECT_EQ(runner.outside.plans.at(0).concurrency, 3);
    EXPECT_EQ(run(fields, R"({"many": 3, "count": 0, "part": 0, )" + items + "}"),
              "States.ExceedToleratedFailureThreshold: The specified tolerated failure threshold "
              "was exceeded");
    EXPECT_TRUE(run(fields, R"({"many": 3, "count": 0, "part": 101, )" + items + "}")
                    .starts_with("States.QueryEvaluationError: "));
    EXPECT_TRUE(run(fields, R"({"many": "x", "count": 0, "part": 0, )" + items + "}")
                    .starts_with("States.QueryEvaluationError: "));
}

TEST(DistributedJsonata, ReaderAndWriterTakeArguments) {
    MachineRunner runner(machine(
        R"("ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
             "ReaderConfig": {"InputType": "JSON", "MaxItems": "{% $states.input.most %}"},
             "Arguments": {"Bucket": "b", "Key": "{% $states.input.key & '.json' %}"}},
           "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject",
             "Arguments": {"Bucket": "{% $states.input.to %}", "Prefix": "out"}}, )"));
    std::vector<std::string> put;
    runner.cloud.answer = [&](const std::string&, const std::string& operation,
                              const Json& request) -> Json {
        EXPECT_EQ(request["Bucket"], operation == "GetObject" ? "b" : "w");
        if (operation == "PutObject") {
            put.push_back(*base64_decode(request["Body"].get<std::string>()));
            return Json::object();
        }
        EXPECT_EQ(request["Key"], "k.json");
        return {{"Body", base64_encode(R"([{"v": 1}, {"v": 2}, {"v": 3}])")}};
    };
    const Json output = Json::parse(run(runner, R"({"key": "k", "most": 2, "to": "w"})"));
    EXPECT_EQ(output["ResultWriterDetails"]["Bucket"], "w");
    ASSERT_EQ(put.size(), 2U);
    EXPECT_EQ(Json::parse(put[0]).size(), 2U);
    EXPECT_EQ(runner.outside.plans.at(0).inputs.size(), 2U);
}

TEST(DistributedJsonata, WhatCannotBeEvaluatedFailsTheStateAndIsNoted) {
    MachineRunner runner(machine(
        R"("ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
             "ReaderConfig": {"InputType": "JSON"},
             "Arguments": {"Bucket": "{% $states.input.nothing %}", "Key": "k"}}, )"));
    EXPECT_EQ(run(runner, "{}"),
              "States.QueryEvaluationError: An error occurred while executing the state 'M' "
              "(entered at the event id #2). The JSONata expression '$states.input.nothing' "
              "specified for the field 'ItemReader/Arguments/Bucket' returned nothing "
              "(undefined).");
    EXPECT_EQ(runner.event_types(),
              (std::vector<std::string>{"ExecutionStarted", "MapStateEntered", "MapStateStarted",
                                        "MapRunStarted", "EvaluationFailed", "MapRunFailed",
                                        "MapStateFailed", "ExecutionFailed"}));
}

std::string problems(const std::string& fields) {
    const ParsedMachine parsed = parse_machine(machine(fields));
    return parsed.machine != nullptr ? "" : describe(parsed.diagnostics);
}

TEST(DistributedJsonata, FieldsOfJsonPathAndWrongExpressionsAreRefusedByName) {
    const auto expect = [](const std::string& fields, const std::string& text) {
        const std::string found = problems(fields);
        EXPECT_NE(found.find(text), std::string::npos) << fields << "\n" << found;
    };
    expect(R"("ItemBatcher": {"MaxItemsPerBatchPath": "$.n"}, )", "MaxItemsPerBatchPath");
    expect(R"("ItemBatcher": {"MaxItemsPerBatch": "{% 1 + %}"}, )",
           "/States/M/ItemBatcher/MaxItemsPerBatch");
    expect(R"("ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
              "ReaderConfig": {"InputType": "JSON"}, "Parameters": {"Bucket": "b", "Key": "k"}}, )",
           "The field 'Parameters' is not supported when 'QueryLanguage' is JSONata");
    expect(R"("ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
              "ReaderConfig": {"InputType": "JSON"}}, )",
           "These fields are required: [Arguments]");
    expect(R"("ResultWriter": {"Resource": "arn:aws:states:::s3:putObject"}, )",
           "Resource and Arguments go together");
    expect(R"("Items": [1], "ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
              "ReaderConfig": {"InputType": "JSON"}, "Arguments": {"Bucket": "b", "Key": "k"}}, )",
           "['ItemReader', 'Items']");
    expect(R"("ItemBatcher": {}, )", "MaxItemsPerBatch or MaxInputBytesPerBatch is required");
}

}  // namespace
}  // namespace lifeboat::flow

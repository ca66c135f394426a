#include <gtest/gtest.h>

#include <map>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "flow/item_formats.h"
#include "flow/map_run_result.h"
#include "flow/testing/machine_runner.h"

namespace lifeboat::flow {
namespace {

using testing::MachineRunner;

// A machine of one distributed Map whose children fail for the items "bad".
std::string machine(const std::string& fields) {
    return R"({"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, )" + fields +
           R"("Label": "All", "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "C", "States": {
            "C": {"Type": "Choice", "Default": "P",
                  "Choices": [{"Variable": "$", "StringEquals": "bad", "Next": "F"}]},
            "F": {"Type": "Fail", "Error": "Bad", "Cause": "no"},
            "P": {"Type": "Pass", "End": true}}}}}})";
}

// S3 in memory: GetObject, PutObject, ListObjectsV2 with pages of two.
class MemoryS3 {
  public:
    explicit MemoryS3(MachineRunner& runner) {
        runner.cloud.answer = [this](const std::string& service, const std::string& operation,
                                     const Json& request) {
            EXPECT_EQ(service, "s3");
            return call(operation, request);
        };
    }

    std::map<std::string, std::string> objects;  // "bucket/key" -> bytes

  private:
    Json call(const std::string& operation, const Json& request) {
        const std::string bucket = request.at("Bucket");
        if (bucket == "gone")
            throw Error(ErrorCategory::NotFound, "NoSuchBucket",
                        "The specified bucket does not exist");
        if (operation == "PutObject") {
            objects[bucket + "/" + request.at("Key").get<std::string>()] =
                *base64_decode(request.at("Body").get<std::string>());
            return Json::object();
        }
        if (operation == "ListObjectsV2") return list(bucket, request);
        const auto found = objects.find(bucket + "/" + request.at("Key").get<std::string>());
        if (found == objects.end())
            throw Error(ErrorCategory::NotFound, "NoSuchKey", "The specified key does not exist.");
        return {{"Body", base64_encode(in_range(found->second, request))}};
    }

    // "bytes=0-N", the only form that is asked for.
    static std::string in_range(const std::string& bytes, const Json& request) {
        const auto range = find_string(request, "Range");
        if (!range) return bytes;
        if (bytes.empty())
            throw Error(ErrorCategory::InvalidInput, "InvalidRange",
                        "The requested range is not satisfiable");
        return bytes.substr(0, std::stoull(range->substr(range->find('-') + 1)) + 1);
    }

    Json list(const std::string& bucket, const Json& request) {
        Json page = {{"Contents", Json::array()}};
        const std::string after = string_or(request, "ContinuationToken", "");
        for (const auto& [name, bytes] : objects) {
            if (!name.starts_with(bucket + "/") || name <= after) continue;
            if (page["Contents"].size() == 2) {
                page["NextContinuationToken"] =
                    bucket + "/" + page["Contents"][1]["Key"].get<std::string>();
                break;
            }
            page["Contents"].push_back(
                {{"Key", name.substr(bucket.size() + 1)}, {"Size", bytes.size()}, {"ETag", "e"}});
        }
        return page;
    }
};

std::string reader(const std::string& config, const std::string& bucket = "b") {
    return R"("ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {)" +
           config + R"(}, "Parameters": {"Bucket": ")" + bucket + R"(", "Key.$": "$.key"}}, )";
}

TEST(DistributedMap, ItemsBecomeChildExecutionsAndTheirOutputsTheResult) {
    MachineRunner runner(machine(R"("ItemsPath": "$.items", "ItemSelector": {
        "value.$": "$$.Map.Item.Value", "index.$": "$$.Map.Item.Index", "of.$": "$.of"}, )"));
    const Execution& execution = runner.run(R"({"items": ["a", "b"], "of": 7})");
    EXPECT_EQ(*execution.output(), Json::parse(R"([{"value": "a", "index": 0, "of": 7},
                                                   {"value": "b", "index": 1, "of": 7}])"));
    EXPECT_EQ(runner.event_types(),
              (std::vector<std::string>{"ExecutionStarted", "MapStateEntered", "MapStateStarted",
                                        "MapRunStarted", "MapRunSucceeded", "MapStateSucceeded",
                                        "MapStateExited", "ExecutionSucceeded"}));
    ASSERT_EQ(runner.outside.plans.size(), 1U);
    EXPECT_EQ(runner.outside.plans[0].machine_name, "m/All");
    EXPECT_TRUE(runner.outside.plans[0].arn.starts_with(
        "arn:aws:states:us-east-1:000000000000:mapRun:m/All:"));
}

TEST(DistributedMap, FailuresAreToleratedUpToTheThreshold) {
    const std::string items = R"(["a", "bad", "c", "bad"])";
    EXPECT_EQ(MachineRunner(machine(R"("ToleratedFailureCount": 2, )")).run(items).status(),
              ExecutionStatus::Succeeded);
    EXPECT_EQ(MachineRunner(machine(R"("ToleratedFailurePercentage": 50, )")).run(items).status(),
              ExecutionStatus::Succeeded);
    for (const char* fields :
         {"", R"("ToleratedFailureCount": 1, )", R"("ToleratedFailurePercentage": 49, )"}) {
        MachineRunner runner(machine(fields));
        const Execution& execution = runner.run(items);
        EXPECT_EQ(execution.failure().error, "States.ExceedToleratedFailureThreshold") << fields;
        EXPECT_EQ(execution.failure().cause,
                  "The specified tolerated failure threshold was exceeded");
    }
    MachineRunner tolerant(machine(R"("ToleratedFailureCount": 9, )"));
    EXPECT_EQ(*tolerant.run(R"(["bad"])").output(),
              Json::parse(R"([{"Error": "Bad", "Cause": "no"}])"));
}

TEST(DistributedMap, ExactlyTheToleratedPercentageIsTolerated) {
    for (int failed = 0; failed <= 1000; ++failed) {
        const double percentage =
            std::stod(std::to_string(failed / 10) + "." + std::to_string(failed % 10));
        EXPECT_FALSE(threshold_exceeded(failed, 1000, std::nullopt, percentage)) << percentage;
        EXPECT_TRUE(threshold_exceeded(failed + 1, 1000, std::nullopt, percentage)) << percentage;
    }
    EXPECT_FALSE(threshold_exceeded(0, 0, std::nullopt, 0.0));
}

TEST(DistributedMap, WhatIsToleratedMayComeByAPath) {
    // Of a map over four items of which one fails: "" when that is tolerated, else the cause.
    const auto cause = [](const std::string& field, const std::string& value) {
        MachineRunner runner(machine(R"("ItemsPath": "$.items", ")" + field + R"(Path": "$.n", )"));
        const Execution& execution =
            runner.run(R"({"items": ["a", "bad", "c", "d"], "n": )" + value + "}");
        std::string text = execution.failure().cause.value_or("");
        if (const auto place = text.find("). "); place != std::string::npos)
            text.erase(0, place + 3);
        return text;
    };
    const std::string exceeded = "The specified tolerated failure threshold was exceeded";
    EXPECT_EQ(cause("ToleratedFailurePercentage", "25"), "");
    EXPECT_EQ(cause("ToleratedFailurePercentage", "25.5"), "");
    EXPECT_EQ(cause("ToleratedFailurePercentage", "24.9"), exceeded);
    EXPECT_EQ(cause("ToleratedFailurePercentage", "100.1"),
              "ToleratedFailurePercentage must be between 0 and 100.");
    EXPECT_EQ(cause("ToleratedFailurePercentage", "-1"),
              "ToleratedFailurePercentage must be between 0 and 100.");
    EXPECT_EQ(
        cause("ToleratedFailurePercentage", R"("NoNumber")"),
        "The ToleratedFailurePercentagePath field refers to value \"NoNumber\" which is not a "
        "valid float: $.n");
    EXPECT_EQ(cause("ToleratedFailureCount", "1"), "");
    EXPECT_EQ(cause("ToleratedFailureCount", "0"), exceeded);
    EXPECT_EQ(cause("ToleratedFailureCount", "-1"), "ToleratedFailureCount cannot be negative.");
    EXPECT_EQ(cause("MaxConcurrency", "-1"),
              "Expected non-negative integer for MaxConcurrency, got '-1' instead.");
    // As literals.
    EXPECT_EQ(MachineRunner(machine(R"("ToleratedFailurePercentage": 33.4, )"))
                  .run(R"(["a", "bad", "c"])")
                  .status(),
              ExecutionStatus::Succeeded);
}

TEST(DistributedMap, ItemsAreReadFromObjects) {
    const auto output = [](const std::string& config, const std::string& bytes) {
        MachineRunner runner(machine(reader(config)));
        MemoryS3 s3(runner);
        s3.objects["b/items"] = bytes;
        return *runner.run(R"({"key": "items"})").output();
    };
    EXPECT_EQ(output(R"("InputType": "JSON")", "[1, 2]"), Json::parse("[1, 2]"));
    EXPECT_EQ(output(R"("InputType": "JSON", "MaxItems": 1)", "[1, 2]"), Json::parse("[1]"));
    EXPECT_EQ(output(R"("InputType": "JSONL")", "{\"a\":1}\n\n[2]\r\n"),
              Json::parse(R"([{"a": 1}, [2]])"));
    EXPECT_EQ(output(R"("InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW")",
                     "x,y\r\n1,\"a \"\"b\"\",\nc\"\n2\n3,4,5\n"),
              Json::parse(R"([{"x": "1", "y": "a \"b\",\nc"}, {"x": "2", "y": ""},
                              {"x": "3", "y": "4"}])"));
    EXPECT_EQ(output(R"("InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["k"],
                        "CSVDelimiter": "PIPE")",
                     "1|2\n3|4"),
              Json::parse(R"([{"k": "1"}, {"k": "3"}])"));
}

TEST(DistributedMap, ItemsAreTheObjectsOfABucket) {
    MachineRunner runner(machine(
        R"("ItemReader": {"Resource": "arn:aws:states:::s3:listObjectsV2",
                          "Parameters": {"Bucket": "b"}}, )"));
    MemoryS3 s3(runner);
    for (const char* key : {"1", "2", "3"})
        s3.objects["b/" + std::string(key)] = "x";
    const Json output = *runner.run("{}").output();
    ASSERT_EQ(output.size(), 3U);
    EXPECT_EQ(output[2], Json::parse(R"({"Etag": "e", "Key": "3", "Size": 1})"));
}

TEST(DistributedMap, AnInventoryNamesFilesOfItems) {
    MachineRunner runner(machine(reader(R"("InputType": "MANIFEST")")));
    MemoryS3 s3(runner);
    s3.objects["b/items"] = R"({"destinationBucket": "arn:aws:s3:::d", "fileFormat": "CSV",
        "fileSchema": "Bucket, Key", "files": [{"key": "1.csv"}, {"key": "2.csv"}]})";
    s3.objects["d/1.csv"] = "\"a\",\"x\"\n";
    s3.objects["d/2.csv"] = "\"a\",\"y\"\n";
    EXPECT_EQ(*runner.run(R"({"key": "items"})").output(),
              Json::parse(R"([{"Bucket": "a", "Key": "x"}, {"Bucket": "a", "Key": "y"}])"));
}

TEST(DistributedMap, AReaderThatFailsCanBeCaughtByItsName) {
    for (const auto& [bucket, bytes, cause] :
         {std::tuple("gone", "[]",
                     "The specified bucket does not exist (Service: Amazon S3; Error "
                     "Code: NoSuchBucket)"),
          std::tuple("b", "7", "Attempting to map over non-iterable node.")}) {
        MachineRunner runner(machine(reader(R"("InputType": "JSON")", bucket)));
        MemoryS3 s3(runner);
        s3.objects["b/items"] = bytes;
        const Execution& execution = runner.run(R"({"key": "items"})");
        EXPECT_EQ(execution.failure().error, "States.ItemReaderFailed");
        EXPECT_EQ(execution.failure().cause, cause);
        EXPECT_EQ(runner.event_types(),
                  (std::vector<std::string>{"ExecutionStarted", "MapStateEntered",
                                            "MapStateStarted", "MapRunStarted", "MapRunFailed",
                                            "MapStateFailed", "ExecutionFailed"}));
    }
    EXPECT_THROW(items_of_csv("\"a", ',', {}, std::nullopt), Error);
    EXPECT_THROW(items_of_json_lines("{", std::nullopt), Error);
}

TEST(DistributedMap, AReaderRefusesWhatIsTooLarge) {
    const auto cause = [](const std::string& type, const std::string& bytes) {
        MachineRunner runner(machine(reader("\"InputType\": \"" + type + "\"")));
        MemoryS3 s3(runner);
        s3.objects["b/items"] = bytes;
        const Execution& execution = runner.run(R"({"key": "items"})");
        EXPECT_EQ(execution.failure().error, "States.ItemReaderFailed");
        EXPECT_TRUE(runner.outside.plans.empty());
        return execution.failure().cause.value_or("");
    };
    EXPECT_NE(cause("JSON", "[" + std::string(kMostMapData, ' ') + "]").find("s3://b/items"),
              std::string::npos);
    std::string many = "[0";
    for (std::size_t i = 0; i < kMostMapData / 64; ++i)
        many += ",0";
    EXPECT_NE(cause("JSON", many + "]").find("exceeding the maximum"), std::string::npos);
    // A long head of the table is repeated in every item.
    const std::string head = std::string(200'000, 'x') + "\n";
    std::string rows;
    for (int i = 0; i < 1000; ++i)
        rows += "1\n";
    EXPECT_NE(cause("CSV", head + rows).find("exceeding the maximum"), std::string::npos);
    EXPECT_NE(cause("CSV", std::string(300'000, ',') + "\n1\n").find("a row of more than"),
              std::string::npos);
}

TEST(DistributedMap, MaxItemsReadsOfWhatHasMoreThanMayBe) {
    std::string many;
    for (std::size_t i = 0; i < kMostMapData / 64; ++i)
        many += "0\n";
    MachineRunner runner(machine(reader(R"("InputType": "JSONL", "MaxItems": 3)")));
    MemoryS3 s3(runner);
    s3.objects["b/items"] = many;
    runner.run(R"({"key": "items"})");
    ASSERT_EQ(runner.outside.plans.size(), 1u);
    EXPECT_EQ(runner.outside.plans[0].inputs.size(), 3u);
}

TEST(DistributedMap, AnEmptyObjectHasNoItems) {
    MachineRunner runner(machine(reader(R"("InputType": "JSONL")")));
    MemoryS3 s3(runner);
    s3.objects["b/items"] = "";
    EXPECT_EQ(*runner.run(R"({"key": "items"})").output(), Json::array());
}

TEST(DistributedMap, BatchesKeepToBothBounds) {
    const auto inputs = [](const std::string& batcher) {
        MachineRunner runner(machine("\"ItemBatcher\": {" + batcher + "}, "));
        runner.run(R"([1, 2, 3, 4, 5])");
        Json batches = Json::array();
        for (const Value& input : runner.outside.plans.at(0).inputs)
            batches.push_back(*input);
        return batches;
    };
    EXPECT_EQ(inputs(R"("MaxItemsPerBatch": 2, "BatchInput": {"n.$": "$[0]"})"),
              Json::parse(R"([{"BatchInput": {"n": 1}, "Items": [1, 2]},
                              {"BatchInput": {"n": 1}, "Items": [3, 4]},
                              {"BatchInput": {"n": 1}, "Items": [5]}])"));
    EXPECT_EQ(inputs(R"("MaxInputBytesPerBatch": 19)").size(), 2U);
}

TEST(DistributedMap, ResultsAreWrittenWithAManifest) {
    MachineRunner runner(machine(
        R"("ToleratedFailureCount": 1, "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": "out", "Prefix": "p"}}, )"));
    MemoryS3 s3(runner);
    const Json output = *runner.run(R"(["a", "bad"])").output();
    EXPECT_EQ(output["MapRunArn"], runner.outside.plans.at(0).arn);
    EXPECT_EQ(output["ResultWriterDetails"]["Bucket"], "out");
    const Json manifest = Json::parse(
        s3.objects.at("out/" + output["ResultWriterDetails"]["Key"].get<std::string>()));
    EXPECT_EQ(manifest["DestinationBucket"], "out");
    EXPECT_TRUE(manifest["ResultFiles"]["PENDING"].empty());
    const Json& file = manifest["ResultFiles"]["FAILED"][0];
    const std::string text = s3.objects.at("out/" + file["Key"].get<std::string>());
    EXPECT_EQ(file["Size"], text.size());
    const Json failed = Json::parse(text);
    EXPECT_EQ(failed[0]["Status"], "FAILED");
    EXPECT_EQ(failed[0]["Error"], "Bad");
    EXPECT_EQ(failed[0]["Input"], "\"bad\"");
    EXPECT_EQ(failed[0]["StateMachineArn"],
              "arn:aws:states:us-east-1:000000000000:stateMachine:m/All");

    MachineRunner nowhere(machine(
        R"("ResultWriter": {"Resource": "arn:aws:states:::s3:putObject",
                            "Parameters": {"Bucket": "gone"}}, )"));
    MemoryS3 none(nowhere);
    EXPECT_EQ(nowhere.run(R"(["a"])").failure().error, "States.ResultWriterFailed");
}

TEST(DistributedMap, ResultsThatAreTooLargeForAStateFailItUnlessTheyAreWritten) {
    const std::string selector =
        R"("ItemsPath": "$.items", "ItemSelector": {"much.$": "$.much"}, )";
    Json input = {{"items", Json::array()}, {"much", std::string(200'000, 'x')}};
    for (int i = 0; i < 100; ++i)
        input["items"].push_back(i);
    MachineRunner runner(machine(selector));
    EXPECT_EQ(runner.run(to_text(input)).failure().error, "States.DataLimitExceeded");
    EXPECT_EQ(runner.event_types()[4], "MapRunFailed");

    MachineRunner written(machine(selector + R"("ResultWriter": {
        "Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "out"}}, )"));
    MemoryS3 s3(written);
    const Json output = *written.run(to_text(input)).output();
    const Json manifest = Json::parse(
        s3.objects.at("out/" + output["ResultWriterDetails"]["Key"].get<std::string>()));
    const Json& files = manifest["ResultFiles"]["SUCCEEDED"];
    ASSERT_EQ(files.size(), 2U);  // input and output of each child
    std::size_t results = 0;
    for (const Json& file : files) {
        EXPECT_LE(file["Size"], kMostResultObject);
        results += Json::parse(s3.objects.at("out/" + file["Key"].get<std::string>())).size();
    }
    EXPECT_TRUE(files[1]["Key"].get<std::string>().ends_with("/SUCCEEDED_1.json"));
    EXPECT_EQ(results, 100U);
}

TEST(DistributedMap, FlattenedResultsJoinTheArraysOfTheChildren) {
    MachineRunner runner(
        machine(R"("ResultWriter": {"WriterConfig": {"Transformation": "FLATTEN"}}, )"));
    EXPECT_EQ(*runner.run("[[1, 2], [3]]").output(), Json::parse("[1, 2, 3]"));
}

TEST(SdkTask, TheBodyOfAnObjectIsText) {
    MachineRunner runner(R"({"StartAt": "P", "States": {
        "P": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:putObject", "Next": "G",
              "Parameters": {"Bucket": "b", "Key": "k", "Body.$": "$"}},
        "G": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "End": true,
              "Parameters": {"Bucket": "b", "Key": "k"}, "OutputPath": "$.Body"}}})");
    MemoryS3 s3(runner);
    EXPECT_EQ(*runner.run(R"({"a": [1]})").output(), Json(R"({"a":[1]})"));
    EXPECT_EQ(s3.objects.at("b/k"), R"({"a":[1]})");
}

TEST(DistributedMap, ItsFieldsAreRefusedInline) {
    EXPECT_THROW(MachineRunner(R"({"StartAt": "M", "States": {"M": {"Type": "Map", "End": true,
        "ToleratedFailureCount": 1, "ItemProcessor": {"StartAt": "P",
        "States": {"P": {"Type": "Succeed"}}}}}})"),
                 Error);
}

}  // namespace
}  // namespace lifeboat::flow

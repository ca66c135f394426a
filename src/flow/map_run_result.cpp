#include "flow/map_run_result.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "flow/s3_failure.h"

namespace lifeboat::flow {
namespace {

Json described(const ChildResult& child, const std::string& machine_arn) {
    Json json = {{"ExecutionArn", child.arn},
                 {"Input", to_text(*child.input)},
                 {"InputDetails", {{"Included", true}}},
                 {"Name", child.name},
                 {"RedriveCount", 0},
                 {"StateMachineArn", machine_arn},
                 {"Status", child.status}};
    if (child.output != nullptr) {
        json["Output"] = to_text(*child.output);
        json["OutputDetails"] = {{"Included", true}};
    }
    if (child.error) json["Error"] = *child.error;
    if (child.cause) json["Cause"] = *child.cause;
    if (child.started) json["StartDate"] = to_iso8601_millis(*child.started);
    if (child.stopped) json["StopDate"] = to_iso8601_millis(*child.stopped);
    return json;
}

// A child's output, or its error.
Json outcome_of(const ChildResult& child) {
    if (child.output != nullptr) return *child.output;
    Json failure = Json::object();
    if (child.error) failure["Error"] = *child.error;
    if (child.cause) failure["Cause"] = *child.cause;
    return failure;
}

void add_transformed(Json& results, const ResultWriter& writer, const ChildResult& child,
                     const std::string& machine_arn) {
    using Transformation = ResultWriter::Transformation;
    if (writer.transformation == Transformation::None) {
        results.push_back(described(child, machine_arn));
        return;
    }
    Json outcome = outcome_of(child);
    if (writer.transformation == Transformation::Flatten && outcome.is_array())
        for (Json& part : outcome)
            results.push_back(std::move(part));
    else
        results.push_back(std::move(outcome));
}

std::string file_text(const Json& results, const ResultWriter& writer) {
    if (!writer.lines) return to_text(results);
    std::string text;
    for (const Json& result : results)
        text += to_text(result) + "\n";
    return text;
}

Json exported(const World& world, const ResultWriter& writer, const Json& parameters,
              const std::string& map_run_arn, const std::vector<ChildResult>& children) {
    const std::string bucket = require_string(parameters, "Bucket");
    std::string folder = string_or(parameters, "Prefix", "");
    if (!folder.empty() && !folder.ends_with('/')) folder += '/';
    folder += map_run_arn.substr(map_run_arn.rfind(':') + 1) + "/";
    std::string machine_arn = map_run_arn.substr(0, map_run_arn.rfind(':'));
    machine_arn.replace(machine_arn.find(":mapRun:"), 8, ":stateMachine:");

    const auto put = [&](const std::string& key, const std::string& text) {
        world.cloud.call("s3", "PutObject",
                         {{"Bucket", bucket},
                          {"Key", key},
                          {"Body", base64_encode(text)},
                          {"ContentType", "application/json"}});
    };
    Json files = {
        {"SUCCEEDED", Json::array()}, {"FAILED", Json::array()}, {"PENDING", Json::array()}};
    for (auto& [group, list] : files.items()) {
        Json results = Json::array();
        for (const ChildResult& child : children) {
            const bool pending = child.status == "PENDING";
            const char* belongs = child.status == "SUCCEEDED" ? "SUCCEEDED"
                                  : pending                   ? "PENDING"
                                                              : "FAILED";
            if (group == belongs) add_transformed(results, writer, child, machine_arn);
        }
        if (results.empty()) continue;
        const std::string text = file_text(results, writer);
        const std::string key = folder + group + "_0.json" + (writer.lines ? "l" : "");
        put(key, text);
        list.push_back({{"Key", key}, {"Size", text.size()}});
    }
    put(folder + "manifest.json",
        to_text(
            {{"DestinationBucket", bucket}, {"MapRunArn", map_run_arn}, {"ResultFiles", files}}));
    return {{"MapRunArn", map_run_arn},
            {"ResultWriterDetails", {{"Bucket", bucket}, {"Key", folder + "manifest.json"}}}};
}

}  // namespace

Json map_run_result(const World& world, const std::optional<ResultWriter>& writer,
                    const Json& parameters, const std::string& map_run_arn,
                    const std::vector<ChildResult>& children) {
    if (writer && writer->exported) {
        try {
            return exported(world, *writer, parameters, map_run_arn, children);
        } catch (const Error& error) {
            rename_s3_failure("States.ResultWriterFailed", error);
        }
    }
    ResultWriter plain;
    plain.transformation = ResultWriter::Transformation::Compact;
    std::string machine_arn = map_run_arn.substr(0, map_run_arn.rfind(':'));
    Json results = Json::array();
    for (const ChildResult& child : children)
        add_transformed(results, writer ? *writer : plain, child, machine_arn);
    return results;
}

}  // namespace lifeboat::flow

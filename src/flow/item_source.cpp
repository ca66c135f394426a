#include "flow/item_source.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "flow/item_formats.h"

namespace lifeboat::flow {
namespace {

// S3's failure in the words of a task's cause, under the name the Map state gives it.
[[noreturn]] void fail(const char* code, const Error& error) {
    if (error.category() == ErrorCategory::Cancelled) throw error;
    if (error.code() == code) throw error;
    throw Error(ErrorCategory::InvalidInput, code,
                error.message() + " (Service: Amazon S3; Error Code: " + error.code() + ")");
}

std::string object_bytes(const World& world, const std::string& bucket, const std::string& key) {
    const Json answer = world.cloud.call("s3", "GetObject", {{"Bucket", bucket}, {"Key", key}});
    const auto bytes = base64_decode(string_or(answer, "Body", ""));
    if (!bytes)
        throw Error(ErrorCategory::InvalidInput, "States.ItemReaderFailed",
                    "the body of s3://" + bucket + "/" + key + " is not base64");
    return *bytes;
}

bool enough(const std::vector<Value>& items, std::optional<std::int64_t> most) {
    return most && *most > 0 && static_cast<std::int64_t>(items.size()) >= *most;
}

std::vector<Value> listing(const World& world, Json request, std::optional<std::int64_t> most) {
    std::vector<Value> items;
    for (;;) {
        const Json page = world.cloud.call("s3", "ListObjectsV2", request);
        if (const Json* contents = find(page, "Contents"))
            for (const Json& object : *contents) {
                Json item = object;
                // Items spell it so, the API "ETag".
                if (item.contains("ETag")) {
                    item["Etag"] = item["ETag"];
                    item.erase("ETag");
                }
                items.push_back(make_value(std::move(item)));
                if (enough(items, most)) return items;
            }
        const auto next = find_string(page, "NextContinuationToken");
        if (!next) return items;
        request["ContinuationToken"] = *next;
    }
}

// An S3 inventory: a JSON document that names CSV files and their columns.
std::vector<Value> inventory(const World& world, const std::string& bytes,
                             std::optional<std::int64_t> most) {
    const Json manifest = parse_json(bytes, "the manifest");
    if (string_or(manifest, "fileFormat", "CSV") != "CSV")
        throw Error(ErrorCategory::InvalidInput, "States.ItemReaderFailed",
                    "Only inventories in the format CSV can be read");
    std::vector<std::string> headers;
    std::string schema = require_string(manifest, "fileSchema");
    for (std::size_t start = 0; start <= schema.size();) {
        const auto end = std::min(schema.find(',', start), schema.size());
        const auto first = schema.find_first_not_of(' ', start);
        headers.push_back(schema.substr(std::min(first, end), end - std::min(first, end)));
        start = end + 1;
    }
    std::string bucket = require_string(manifest, "destinationBucket");
    bucket = bucket.substr(bucket.rfind(':') + 1);
    std::vector<Value> items;
    for (const Json& file : require(manifest, "files")) {
        const std::string key = require_string(file, "key");
        if (key.ends_with(".gz"))
            throw Error(
                ErrorCategory::InvalidInput, "States.ItemReaderFailed",
                "The inventory's file " + key + " is compressed, which is not offered here");
        for (Value& item : items_of_csv(object_bytes(world, bucket, key), ',', headers)) {
            items.push_back(std::move(item));
            if (enough(items, most)) return items;
        }
    }
    return items;
}

std::vector<Value> read(const World& world, const ItemReader& reader, const Json& parameters,
                        std::optional<std::int64_t> most) {
    if (reader.format == ItemReader::Format::Listing) return listing(world, parameters, most);
    const std::string bytes = object_bytes(world, require_string(parameters, "Bucket"),
                                           require_string(parameters, "Key"));
    switch (reader.format) {
        case ItemReader::Format::JsonLines:
            return items_of_json_lines(bytes);
        case ItemReader::Format::Csv:
            return items_of_csv(bytes, reader.delimiter, reader.headers);
        case ItemReader::Format::Manifest:
            return inventory(world, bytes, most);
        default:
            return items_of_json(bytes, reader.pointer);
    }
}

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

std::vector<Value> read_items(const World& world, const ItemReader& reader, const Json& parameters,
                              std::optional<std::int64_t> most) {
    try {
        std::vector<Value> items = read(world, reader, parameters, most);
        if (enough(items, most)) items.resize(static_cast<std::size_t>(*most));
        return items;
    } catch (const Error& error) {
        fail("States.ItemReaderFailed", error);
    }
}

std::vector<Value> batched(const std::vector<Value>& items, std::optional<std::int64_t> most_items,
                           std::optional<std::int64_t> most_bytes, const Value& batch_input) {
    constexpr std::int64_t kEnvelope = 12;  // {"Items":[]}
    const std::int64_t beside =
        kEnvelope +
        (batch_input == nullptr ? 0 : static_cast<std::int64_t>(to_text(*batch_input).size()) + 14);
    std::vector<Value> batches;
    Json open = Json::array();
    std::int64_t bytes = beside;
    const auto close = [&] {
        Json batch = Json::object();
        if (batch_input != nullptr) batch["BatchInput"] = *batch_input;
        batch["Items"] = std::move(open);
        batches.push_back(make_value(std::move(batch)));
        open = Json::array();
        bytes = beside;
    };
    for (const Value& item : items) {
        const auto size = static_cast<std::int64_t>(to_text(*item).size()) + 1;
        const bool full = most_items && static_cast<std::int64_t>(open.size()) >= *most_items;
        if (!open.empty() && (full || (most_bytes && bytes + size > *most_bytes))) close();
        open.push_back(*item);
        bytes += size;
    }
    if (!open.empty()) close();
    return batches;
}

Json map_run_result(const World& world, const std::optional<ResultWriter>& writer,
                    const Json& parameters, const std::string& map_run_arn,
                    const std::vector<ChildResult>& children) {
    if (writer && writer->exported) {
        try {
            return exported(world, *writer, parameters, map_run_arn, children);
        } catch (const Error& error) {
            fail("States.ResultWriterFailed", error);
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

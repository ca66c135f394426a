#include "flow/item_source.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "flow/item_formats.h"
#include "flow/s3_failure.h"

namespace lifeboat::flow {
namespace {

std::string object_bytes(const World& world, const std::string& bucket, const std::string& key) {
    const std::string name = "s3://" + bucket + "/" + key;
    Json answer;
    try {
        // One byte more than may be, so that a larger object is noticed and not fetched.
        answer = world.cloud.call("s3", "GetObject",
                                  {{"Bucket", bucket},
                                   {"Key", key},
                                   {"Range", "bytes=0-" + std::to_string(kMostMapData)}});
    } catch (const Error& error) {
        if (error.code() == "InvalidRange") return "";  // the object is empty
        throw;
    }
    auto bytes = base64_decode(string_or(answer, "Body", ""));
    if (!bytes)
        throw Error(ErrorCategory::InvalidInput, "States.ItemReaderFailed",
                    "the body of " + name + " is not base64");
    if (bytes->size() > kMostMapData)
        throw Error(ErrorCategory::InvalidInput, "States.ItemReaderFailed",
                    "the object " + name + " has more than the " + std::to_string(kMostMapData) +
                        " bytes that items are read from; split it");
    return *std::move(bytes);
}

std::vector<Value> listing(const World& world, Json request, MostItems most) {
    ItemList items(most);
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
                items.add(std::move(item));
                if (items.is_full()) return items.take();
            }
        const auto next = find_string(page, "NextContinuationToken");
        if (!next) return items.take();
        request["ContinuationToken"] = *next;
    }
}

// An S3 inventory: a JSON document that names CSV files and their columns.
std::vector<Value> inventory(const World& world, const std::string& bytes, MostItems most) {
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
    ItemList items(most);
    for (const Json& file : require(manifest, "files")) {
        const std::string key = require_string(file, "key");
        if (key.ends_with(".gz"))
            throw Error(
                ErrorCategory::InvalidInput, "States.ItemReaderFailed",
                "The inventory's file " + key + " is compressed, which is not offered here");
        for (const Value& item :
             items_of_csv(object_bytes(world, bucket, key), ',', headers, most)) {
            items.add(*item);
            if (items.is_full()) return items.take();
        }
    }
    return items.take();
}

std::vector<Value> read(const World& world, const ItemReader& reader, const Json& parameters,
                        MostItems most) {
    if (reader.format == ItemReader::Format::Listing) return listing(world, parameters, most);
    const std::string bytes = object_bytes(world, require_string(parameters, "Bucket"),
                                           require_string(parameters, "Key"));
    switch (reader.format) {
        case ItemReader::Format::JsonLines:
            return items_of_json_lines(bytes, most);
        case ItemReader::Format::Csv:
            return items_of_csv(bytes, reader.delimiter, reader.headers, most);
        case ItemReader::Format::Manifest:
            return inventory(world, bytes, most);
        default:
            return items_of_json(bytes, reader.pointer, most);
    }
}

}  // namespace

std::vector<Value> read_items(const World& world, const ItemReader& reader, const Json& parameters,
                              std::optional<std::int64_t> most) {
    try {
        return read(world, reader, parameters, most);
    } catch (const Error& error) {
        rename_s3_failure("States.ItemReaderFailed", error);
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
    MapData data;
    const auto close = [&] {
        Json batch = Json::object();
        if (batch_input != nullptr) batch["BatchInput"] = *batch_input;
        batch["Items"] = std::move(open);
        if (!data.add(batch))
            throw Error(ErrorCategory::InvalidInput, "States.DataLimitExceeded",
                        "The batches of items have a size together exceeding the maximum of " +
                            std::to_string(kMostMapData) + " bytes.");
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

}  // namespace lifeboat::flow

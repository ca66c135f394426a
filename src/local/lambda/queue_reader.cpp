#include "local/lambda/queue_reader.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/log.h"
#include "local/lambda/event_filter.h"
#include "local/lambda/item_failures.h"

namespace lifeboat::local::lambda {
namespace {

constexpr std::size_t kMostPerCall = 10;  // ReceiveMessage, DeleteMessageBatch
// An event holds at most 6 MB; ten more messages must fit, 256 KB each and as much for the form.
constexpr std::size_t kMostBatchBytes = 2 * 1024 * 1024;

// From ReceiveMessage's form into Lambda's.
Json event_record(const Json& message, const Mapping& mapping, const std::string& region) {
    Json attributes = Json::object();
    if (const Json* given = find(message, "MessageAttributes"))
        for (const auto& [name, value] : given->items()) {
            Json attribute = {{"dataType", value.value("DataType", "String")},
                              {"stringListValues", Json::array()},
                              {"binaryListValues", Json::array()}};
            if (const Json* text = find(value, "StringValue")) attribute["stringValue"] = *text;
            if (const Json* bytes = find(value, "BinaryValue")) attribute["binaryValue"] = *bytes;
            attributes[name] = std::move(attribute);
        }
    return {{"messageId", message.at("MessageId")},
            {"receiptHandle", message.at("ReceiptHandle")},
            {"body", message.at("Body")},
            {"attributes", message.value("Attributes", Json::object())},
            {"messageAttributes", std::move(attributes)},
            {"md5OfBody", message.value("MD5OfBody", "")},
            {"eventSource", "aws:sqs"},
            {"eventSourceARN", mapping.source},
            {"awsRegion", region}};
}

}  // namespace

std::vector<Json> QueueReader::receive(const std::string& url) {
    std::vector<Json> records;
    std::size_t bytes = 0;
    const auto wanted = static_cast<std::size_t>(mapping_.settings.batch_size);
    while (records.size() < wanted && bytes < kMostBatchBytes) {
        const Json answer = site_.cloud.call(
            "sqs", "ReceiveMessage",
            {{"QueueUrl", url},
             {"MaxNumberOfMessages", std::min(kMostPerCall, wanted - records.size())},
             {"WaitTimeSeconds", 0},
             {"MessageSystemAttributeNames", {"All"}},
             {"MessageAttributeNames", {"All"}}});
        const Json* messages = find(answer, "Messages");
        if (messages == nullptr || messages->empty()) break;
        for (const Json& message : *messages) {
            records.push_back(event_record(message, mapping_, site_.place.region));
            bytes += message.at("Body").get_ref<const std::string&>().size();
        }
    }
    return records;
}

void QueueReader::remove(const std::string& url, const std::vector<Json>& records) {
    for (std::size_t from = 0; from < records.size(); from += kMostPerCall) {
        Json entries = Json::array();
        for (std::size_t i = from; i < std::min(records.size(), from + kMostPerCall); ++i)
            entries.push_back(
                {{"Id", std::to_string(i)}, {"ReceiptHandle", records[i].at("receiptHandle")}});
        const Json answer = site_.cloud.call("sqs", "DeleteMessageBatch",
                                             {{"QueueUrl", url}, {"Entries", std::move(entries)}});
        if (const Json* failed = find(answer, "Failed"); failed != nullptr && !failed->empty())
            log::warning("messages could not be deleted and will be delivered again",
                         {{"queue", mapping_.source}, {"failed", to_text(*failed)}});
    }
}

Time QueueReader::step() {
    const auto arn = cloud::parse_arn(mapping_.source);
    const Json queue = site_.cloud.call(
        "sqs", "GetQueueUrl",
        Json{{"QueueName", arn->resource}, {"QueueOwnerAWSAccountId", arn->account}});
    const std::string url = require_string(queue, "QueueUrl");
    const std::vector<Json> records = receive(url);
    if (records.empty())
        return site_.clock.now() +
               site_.settings.seconds("lambda.poll_seconds", std::chrono::seconds(1));

    const EventFilter filter(mapping_.settings.filters);
    std::vector<Json> passed;
    std::vector<Json> done;
    std::set<std::string> ids;
    for (const Json& record : records) {
        const bool passes = filter.passes_message(record);
        (passes ? passed : done).push_back(record);
        if (passes) ids.insert(require_string(record, "messageId"));
    }
    std::string result = "OK";
    if (!passed.empty()) {
        const Outcome outcome =
            invoker_.run(mapping_.function, {{"Records", passed}}, new_uuid(site_.random));
        std::optional<std::set<std::string>> failed = std::set<std::string>{};
        if (outcome.failed)
            failed.reset();
        else if (mapping_.settings.reports_items)
            failed = failed_items(outcome.payload, ids);
        if (!failed || !failed->empty()) {
            result = "PROBLEM: Function call failed";
            log::warning("a function failed for a batch of messages, which will come again",
                         {{"function", mapping_.function},
                          {"queue", mapping_.source},
                          {"messages", std::to_string(failed ? failed->size() : passed.size())},
                          {"answer", outcome.payload.substr(0, 1000)}});
        }
        if (failed)
            for (const Json& record : passed)
                if (!failed->contains(require_string(record, "messageId"))) done.push_back(record);
    }
    fault::reach("lambda.before-checkpoint");
    remove(url, done);
    mappings_.note(mapping_, result);
    return site_.clock.now();
}

}  // namespace lifeboat::local::lambda

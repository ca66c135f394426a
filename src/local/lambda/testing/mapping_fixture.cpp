#include "local/lambda/testing/mapping_fixture.h"

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::local::testing {

MappingTest::MappingTest() {
    functions["see"].timeout = std::chrono::seconds(30);
    functions["see"].run = [this](const Json& event, cloud::FunctionContext& context) {
        return see(event, context.cloud);
    };
    functions["other"].run = [](const Json&, cloud::FunctionContext&) { return Json(); };
    open({}, functions);
    stream =
        ok("dynamodb", "CreateTable",
           {{"TableName", "users"},
            {"BillingMode", "PAY_PER_REQUEST"},
            {"AttributeDefinitions", {{{"AttributeName", "id"}, {"AttributeType", "S"}}}},
            {"KeySchema", {{{"AttributeName", "id"}, {"KeyType", "HASH"}}}},
            {"StreamSpecification",
             {{"StreamEnabled", true},
              {"StreamViewType", "NEW_AND_OLD_IMAGES"}}}})["TableDescription"]["LatestStreamArn"];
    failures = ok("sqs", "CreateQueue", {{"QueueName", "failures"}})["QueueUrl"];
    work = ok("sqs", "CreateQueue", {{"QueueName", "work"}})["QueueUrl"];
}

Json MappingTest::see(const Json& event, cloud::Cloud&) {
    std::vector<std::string> ids;
    Json failed = Json::array();
    for (const Json& record : event.at("Records")) {
        ids.push_back(id_of(record));
        if (!bad.contains(ids.back())) continue;
        if (!reports) {
            batches.push_back(ids);
            throw Error(ErrorCategory::Internal, "Poison", "cannot stomach " + ids.back());
        }
        failed.push_back(
            {{"itemIdentifier", record.contains("body") ? record["messageId"]
                                                        : record["dynamodb"]["SequenceNumber"]}});
    }
    batches.push_back(ids);
    for (const std::string& id : ids)
        if (!bad.contains(id)) ++seen[id];
    last_event_ = to_text(event);
    return reports ? Json{{"batchItemFailures", failed}} : Json();
}

std::string MappingTest::map(const Json& more, const std::string& source) {
    Json request = {{"FunctionName", "see"}, {"EventSourceArn", source}};
    request.update(more);
    return ok("lambda", "CreateEventSourceMapping", request).value("UUID", "");
}

std::string MappingTest::map_stream() {
    return map_stream(Json::object());
}

std::string MappingTest::map_stream(const Json& more) {
    Json request = {{"StartingPosition", "TRIM_HORIZON"}};
    request.update(more);
    return map(request, stream);
}

std::string MappingTest::map_queue() {
    return map_queue(Json::object());
}

std::string MappingTest::map_queue(const Json& more) {
    return map(more, queue_arn("work"));
}

Json MappingTest::shown(const std::string& uuid) {
    return ok("lambda", "GetEventSourceMapping", {{"UUID", uuid}});
}

void MappingTest::put(const std::string& id) {
    ok("dynamodb", "PutItem", {{"TableName", "users"}, {"Item", {{"id", {{"S", id}}}}}});
}

void MappingTest::send(const std::string& body) {
    ok("sqs", "SendMessage", {{"QueueUrl", work}, {"MessageBody", body}});
}

void MappingTest::come_to_rest() {
    for (int i = 0; i < 30; ++i) {
        settle();
        clock.advance(std::chrono::minutes(1));
    }
    settle();
}

Json MappingTest::last_event() const {
    return parse_json(last_event_, "the function's last event");
}

std::vector<Json> MappingTest::reported() {
    std::vector<Json> records;
    while (true) {
        const Json answer =
            ok("sqs", "ReceiveMessage", {{"QueueUrl", failures}, {"MaxNumberOfMessages", 10}});
        if (!answer.contains("Messages") || answer["Messages"].empty()) return records;
        for (const Json& message : answer["Messages"])
            records.push_back(Json::parse(message["Body"].get<std::string>()));
    }
}

int MappingTest::in_work() {
    const Json answer =
        ok("sqs", "GetQueueAttributes", {{"QueueUrl", work}, {"AttributeNames", {"All"}}});
    const Json& attributes = answer["Attributes"];
    return std::stoi(attributes["ApproximateNumberOfMessages"].get<std::string>()) +
           std::stoi(attributes["ApproximateNumberOfMessagesNotVisible"].get<std::string>());
}

std::string MappingTest::queue_arn(const std::string& name) {
    return "arn:aws:sqs:us-east-1:000000000000:" + name;
}

Json MappingTest::on_failure() {
    return {{"DestinationConfig", {{"OnFailure", {{"Destination", queue_arn("failures")}}}}}};
}

std::string MappingTest::id_of(const Json& record) {
    return record.contains("body") ? record["body"].get<std::string>()
                                   : record["dynamodb"]["Keys"]["id"]["S"].get<std::string>();
}

}  // namespace lifeboat::local::testing

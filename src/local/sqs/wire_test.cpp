// Clients from before SQS's JSON protocol send forms and read XML; names there are others.
#include <gtest/gtest.h>

#include "base/json.h"
#include "cloud/codec.h"
#include "cloud/model.h"

namespace lifeboat::local::sqs {
namespace {

const cloud::Codec& form() {
    return cloud::codec(cloud::Protocol::Query);
}

Json decoded(const std::string& operation, const std::string& body) {
    const cloud::ServiceModel& model = cloud::service_model("sqs");
    cloud::HttpRequest request{
        "POST", "/", {}, "Version=2012-11-05&Action=" + operation + "&" + body};
    request.headers.set("content-type", "application/x-www-form-urlencoded");
    return form().decode_request(model, model.operation(operation), request);
}

std::string encoded(const std::string& operation, const Json& response) {
    const cloud::ServiceModel& model = cloud::service_model("sqs");
    return form().encode_response(model, model.operation(operation), response, "r").body;
}

TEST(SqsWire, ReadsTheFormsOfOlderClients) {
    EXPECT_EQ(
        decoded("CreateQueue",
                "QueueName=q&Attribute.1.Name=DelaySeconds&Attribute.1.Value=5"
                "&Tag.1.Key=k&Tag.1.Value=v"),
        (Json{
            {"QueueName", "q"}, {"Attributes", {{"DelaySeconds", "5"}}}, {"tags", {{"k", "v"}}}}));
    EXPECT_EQ(
        decoded("SendMessageBatch",
                "QueueUrl=u&SendMessageBatchRequestEntry.1.Id=a"
                "&SendMessageBatchRequestEntry.1.MessageBody=b"
                "&SendMessageBatchRequestEntry.1.MessageAttribute.1.Name=n"
                "&SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType=String"
                "&SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringValue=s"),
        (Json{
            {"QueueUrl", "u"},
            {"Entries",
             {{{"Id", "a"},
               {"MessageBody", "b"},
               {"MessageAttributes", {{"n", {{"DataType", "String"}, {"StringValue", "s"}}}}}}}}}));
    EXPECT_EQ(decoded("ReceiveMessage",
                      "QueueUrl=u&AttributeName.1=All&MessageAttributeName.1=All"
                      "&MaxNumberOfMessages=3"),
              (Json{{"QueueUrl", "u"},
                    {"AttributeNames", {"All"}},
                    {"MessageAttributeNames", {"All"}},
                    {"MaxNumberOfMessages", 3}}));
}

TEST(SqsWire, WritesTheXmlOfOlderClients) {
    const std::string received = encoded(
        "ReceiveMessage", {{"Messages", {{{"Body", "b"}, {"Attributes", {{"SenderId", "s"}}}}}}});
    for (const char* part : {"<Message>", "<Body>b</Body>",
                             "<Attribute><Name>SenderId</Name><Value>s</Value></Attribute>"})
        EXPECT_NE(received.find(part), std::string::npos) << received;
    const std::string listed = encoded("ListQueues", {{"QueueUrls", {"http://a", "http://b"}}});
    EXPECT_NE(listed.find("<QueueUrl>http://a</QueueUrl><QueueUrl>http://b</QueueUrl>"),
              std::string::npos)
        << listed;
    const std::string attributes =
        encoded("GetQueueAttributes", {{"Attributes", {{"DelaySeconds", "0"}}}});
    EXPECT_NE(attributes.find("<Attribute><Name>DelaySeconds</Name><Value>0</Value></Attribute>"),
              std::string::npos)
        << attributes;
}

}  // namespace
}  // namespace lifeboat::local::sqs

#include "local/sqs/testing/sqs_fixture.h"

#include "base/json.h"

namespace lifeboat::local::testing {

Json SqsTest::sqs(std::string_view operation, const Json& request) {
    return ok("sqs", operation, request);
}

std::string SqsTest::refused(std::string_view operation, const Json& request) {
    return code_of("sqs", operation, request);
}

std::string SqsTest::make(const std::string& name) {
    return make(name, Json::object());
}

std::string SqsTest::make(const std::string& name, const Json& attributes) {
    return sqs("CreateQueue", {{"QueueName", name}, {"Attributes", attributes}})["QueueUrl"];
}

Json SqsTest::send(const std::string& url, const std::string& body) {
    return send(url, body, Json::object());
}

Json SqsTest::send(const std::string& url, const std::string& body, const Json& more) {
    Json request = {{"QueueUrl", url}, {"MessageBody", body}};
    request.update(more);
    return sqs("SendMessage", request);
}

Json SqsTest::receive(const std::string& url) {
    return receive(url, Json::object());
}

Json SqsTest::receive(const std::string& url, const Json& more) {
    Json request = {{"QueueUrl", url}, {"MaxNumberOfMessages", 10}};
    request.update(more);
    const Json answer = sqs("ReceiveMessage", request);
    return answer.contains("Messages") ? answer["Messages"] : Json::array();
}

std::vector<std::string> SqsTest::bodies(const Json& messages) {
    std::vector<std::string> all;
    for (const Json& message : messages)
        all.push_back(message["Body"]);
    return all;
}

void SqsTest::remove(const std::string& url, const Json& message) {
    sqs("DeleteMessage", {{"QueueUrl", url}, {"ReceiptHandle", message["ReceiptHandle"]}});
}

std::string SqsTest::attribute(const std::string& url, const std::string& name) {
    return sqs("GetQueueAttributes",
               {{"QueueUrl", url}, {"AttributeNames", {name}}})["Attributes"][name];
}

std::string SqsTest::counts(const std::string& url) {
    return attribute(url, "ApproximateNumberOfMessages") + " " +
           attribute(url, "ApproximateNumberOfMessagesNotVisible") + " " +
           attribute(url, "ApproximateNumberOfMessagesDelayed");
}

std::string SqsTest::arn(const std::string& name) {
    return "arn:aws:sqs:us-east-1:000000000000:" + name;
}

Json SqsTest::redrive_to(const std::string& name, int most) {
    return {{"RedrivePolicy", "{\"deadLetterTargetArn\":\"" + arn(name) +
                                  "\",\"maxReceiveCount\":" + std::to_string(most) + "}"}};
}

}  // namespace lifeboat::local::testing

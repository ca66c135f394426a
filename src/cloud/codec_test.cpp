#include "cloud/codec.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "cloud/query_form.h"

namespace lifeboat::cloud {
namespace {

constexpr std::string_view kQueue = R"({
  "id": "SQS", "protocol": "json-1.0", "version": "2012-11-05", "endpoint": "sqs",
  "target": "AmazonSQS", "query_compatible": true,
  "shapes": {
    "Attributes": {"type": "map", "of": "string", "key": "Name", "value": "Value"},
    "Entry": {"type": "structure", "members": {"Id": "string!", "MessageBody": "string",
              "MessageAttributes": {"is": "{string}", "query": "MessageAttribute"}}},
    "Entries": {"type": "list", "of": "Entry"}
  },
  "operations": {
    "CreateQueue": {"in": {"QueueName": "string!", "Attributes": {"is": "Attributes", "query": "Attribute"}},
                    "out": {"QueueUrl": "string"}},
    "SendMessageBatch": {"in": {"Entries": {"is": "Entries", "query": "SendMessageBatchRequestEntry"}},
                         "out": {"Successful": {"is": "Entries", "query": "SendMessageBatchResultEntry"}}}
  },
  "errors": {"QueueDoesNotExist": {"code": "AWS.SimpleQueueService.NonExistentQueue"}}
})";

constexpr std::string_view kFiles = R"({
  "id": "EFS", "protocol": "rest-json", "version": "2015-02-01", "endpoint": "elasticfilesystem",
  "operations": {
    "Describe": {"method": "GET", "uri": "/fs", "in": {"Id": {"is": "string", "in": "query", "as": "id"}},
                 "out": {"When": "timestamp"}},
    "DescribeOne": {"method": "GET", "uri": "/fs/{Id}", "in": {"Id": {"is": "string!", "in": "uri"}}},
    "DescribePolicy": {"method": "GET", "uri": "/fs/policy", "in": {}},
    "Tag": {"method": "POST", "uri": "/tags/{Arn+}", "in": {"Arn": {"is": "string!", "in": "uri"}, "Key": "string"}},
    "Put": {"method": "PUT", "uri": "/fs/{Id}/groups?force", "http": 204, "in": {"Id": {"is": "string!", "in": "uri"}}}
  },
  "errors": {"FileSystemNotFound": {"http": 404}}
})";

std::string matched(const ServiceModel& model, std::string_view method, std::string_view target) {
    const OperationModel* operation = match_operation(model, method, target);
    return operation == nullptr ? "" : operation->name;
}

TEST(Codec, FindsTheMostLiteralOperationOfAPath) {
    const ServiceModel model("efs", kFiles);
    EXPECT_EQ(matched(model, "GET", "/fs?id=a"), "Describe");
    EXPECT_EQ(matched(model, "GET", "/fs/"), "Describe");
    EXPECT_EQ(matched(model, "GET", "/fs/fs-1"), "DescribeOne");
    EXPECT_EQ(matched(model, "GET", "/fs/policy"), "DescribePolicy");
    EXPECT_EQ(matched(model, "POST", "/fs/fs-1"), "");
    EXPECT_EQ(matched(model, "GET", "/fs/fs-1/x"), "");
    EXPECT_EQ(matched(model, "POST", "/tags/a/b/c"), "Tag");
    EXPECT_EQ(matched(model, "PUT", "/fs/a/groups"), "");
    EXPECT_EQ(matched(model, "PUT", "/fs/a/groups?force"), "Put");
    for (const char* odd : {"", "/", "//", "?", "/fs//", "/fs/%", "/tags/", "/%2F"})
        matched(model, "GET", odd);
}

TEST(Codec, PathMembersCannotBeGivenInTheBody) {
    const ServiceModel model("efs", kFiles);
    HttpRequest request{"POST", "/tags/arn%3Aaws%3Aefs/x", {}, R"({"Arn":"other","Key":"k"})"};
    const Json read =
        codec(Protocol::RestJson).decode_request(model, model.operation("Tag"), request);
    EXPECT_EQ(read, (Json{{"Arn", "arn:aws:efs/x"}, {"Key", "k"}}));
}

TEST(Codec, EmptyPathMemberIsRefusedBeforeItIsSent) {
    const ServiceModel model("efs", kFiles);
    EXPECT_THROW(codec(Protocol::RestJson)
                     .encode_request(model, model.operation("DescribeOne"), Json{{"Id", ""}}),
                 Error);
}

TEST(Codec, ErrorsKeepTheirModelledNameWhateverTheWireSays) {
    const ServiceModel sqs("sqs", kQueue);
    const Error error(ErrorCategory::NotFound, "QueueDoesNotExist", "no such queue");
    const HttpResponse json = codec(Protocol::Json10).encode_error(&sqs, error, "r");
    EXPECT_EQ(json.status, 400);
    EXPECT_EQ(json.headers.get("x-amzn-query-error"),
              "AWS.SimpleQueueService.NonExistentQueue;Sender");
    EXPECT_EQ(parse_json(json.body, "")["__type"], "QueueDoesNotExist");
    EXPECT_EQ(codec(Protocol::Json10).decode_error(sqs, json).code(), "QueueDoesNotExist");

    const HttpResponse xml = codec(Protocol::Query).encode_error(&sqs, error, "r");
    EXPECT_NE(xml.body.find("<Code>AWS.SimpleQueueService.NonExistentQueue</Code>"),
              std::string::npos);
    EXPECT_EQ(codec(Protocol::Query).decode_error(sqs, xml).code(), "QueueDoesNotExist");

    const ServiceModel efs("efs", kFiles);
    const HttpResponse rest = codec(Protocol::RestJson)
                                  .encode_error(&efs,
                                                Error(ErrorCategory::NotFound, "FileSystemNotFound",
                                                      "gone", Json{{"ErrorCode", "X"}}),
                                                "r");
    EXPECT_EQ(rest.status, 404);
    const Error back = codec(Protocol::RestJson).decode_error(efs, rest);
    EXPECT_EQ(back.code(), "FileSystemNotFound");
    EXPECT_EQ(back.category(), ErrorCategory::NotFound);
    EXPECT_EQ(back.members(), (Json{{"ErrorCode", "X"}}));
}

TEST(Codec, SharedErrorsSpeakEachProtocolsLanguage) {
    const Error error(ErrorCategory::PermissionDenied, "UnrecognizedClientException", "who?");
    const HttpResponse json = codec(Protocol::Json11).encode_error(nullptr, error, "r");
    EXPECT_EQ(json.status, 400);
    const HttpResponse rest = codec(Protocol::RestJson).encode_error(nullptr, error, "r");
    EXPECT_EQ(rest.status, 403);
    const HttpResponse query = codec(Protocol::Query).encode_error(nullptr, error, "r");
    EXPECT_EQ(query.status, 403);
    EXPECT_NE(query.body.find("<Code>InvalidClientTokenId</Code>"), std::string::npos);
    const HttpResponse ec2 = codec(Protocol::Ec2).encode_error(nullptr, error, "r");
    EXPECT_EQ(ec2.status, 401);
    EXPECT_NE(ec2.body.find("<Code>AuthFailure</Code>"), std::string::npos);
}

TEST(Codec, UnreadableErrorsStillCarryTheirStatus) {
    const ServiceModel sqs("sqs", kQueue);
    for (const Protocol protocol : {Protocol::Json10, Protocol::Query})
        for (const char* body : {"", "<html>", "{", "[1]", "null", "{\"__type\":3}"}) {
            const Error error = codec(protocol).decode_error(sqs, {502, {}, body});
            EXPECT_EQ(error.code(), "HTTP502");
            EXPECT_EQ(error.category(), ErrorCategory::Unavailable);
        }
}

TEST(Codec, QueryCompatibleServiceStillSpeaksQuery) {
    const ServiceModel sqs("sqs", kQueue);
    const Codec& query = codec(Protocol::Query);
    HttpRequest request;
    request.body =
        "Action=CreateQueue&Version=2012-11-05&QueueName=a+b&Attribute.1.Name=X&"
        "Attribute.1.Value=1&Attribute.2.Name=Y&Attribute.2.Value=2";
    EXPECT_EQ(query.decode_request(sqs, sqs.operation("CreateQueue"), request),
              (Json{{"QueueName", "a b"}, {"Attributes", {{"X", "1"}, {"Y", "2"}}}}));
    request.body =
        "Action=SendMessageBatch&SendMessageBatchRequestEntry.2.Id=b&"
        "SendMessageBatchRequestEntry.1.Id=a";
    const OperationModel& batch = sqs.operation("SendMessageBatch");
    EXPECT_EQ(query.decode_request(sqs, batch, request),
              (Json{{"Entries", {Json{{"Id", "a"}}, Json{{"Id", "b"}}}}}));
    const HttpResponse answer = query.encode_response(
        sqs, batch, Json{{"Successful", {Json{{"Id", "a"}}, Json{{"Id", "b"}}}}}, "r");
    EXPECT_NE(answer.body.find("<SendMessageBatchResult><SendMessageBatchResultEntry><Id>a</Id>"),
              std::string::npos)
        << answer.body;
}

TEST(Codec, HostileFormsAreBounded) {
    const ServiceModel sqs("sqs", kQueue);
    HttpRequest request;
    std::string deep = "SendMessageBatchRequestEntry";
    for (int i = 0; i < 100; ++i)
        deep += ".1";
    request.body = deep + "=x";
    const auto read = [&] {
        return codec(Protocol::Query)
            .decode_request(sqs, sqs.operation("SendMessageBatch"), request);
    };
    EXPECT_THROW(read(), Error);
    request.body.clear();
    for (int i = 0; i < 20000; ++i)
        request.body += "a=b&";
    EXPECT_THROW(read(), Error);
    request.body =
        "SendMessageBatchRequestEntry.99999999999.Id=a&SendMessageBatchRequestEntry.x.Id=b&"
        "&&==&%&%zz=%&SendMessageBatchRequestEntry=3&.=.&..=";
    EXPECT_EQ(read(), (Json{{"Entries", Json::array()}}));
}

TEST(Codec, NullMembersCountAsAbsent) {
    const ServiceModel sqs("sqs", kQueue);
    HttpRequest request;
    request.body = R"({"QueueName":"a","Attributes":null})";
    EXPECT_EQ(codec(Protocol::Json10).decode_request(sqs, sqs.operation("CreateQueue"), request),
              (Json{{"QueueName", "a"}}));
    for (const char* body : {"[]", "3", "\"x\"", "{", "nul"}) {
        request.body = body;
        try {
            codec(Protocol::Json10).decode_request(sqs, sqs.operation("CreateQueue"), request);
            ADD_FAILURE() << body;
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), "SerializationException") << body;
        }
    }
}

}  // namespace
}  // namespace lifeboat::cloud

// Every operation of every built-in model, from aws::Cloud through its wire protocol to the
// endpoint and back: what a caller says is what the service hears, and what it answers is what the
// caller gets.
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"
#include "base/testing/manual_clock.h"
#include "cloud/aws_cloud.h"
#include "server/aws_endpoint.h"

namespace lifeboat::server {
namespace {

using cloud::Location;
using cloud::Member;
using cloud::Shape;
using cloud::ShapeKind;

constexpr int kDeepest = 4;

Json sample(const Shape& shape, int depth);

Json sample_members(const Shape& shape, int depth) {
    Json value = Json::object();
    for (const Member& member : shape.members) {
        if (depth >= kDeepest && member.shape->kind >= ShapeKind::Structure) continue;
        if (member.location == Location::Status)
            value[member.name] = 202;
        else if (member.location == Location::Header && member.shape->kind == ShapeKind::String)
            value[member.name] = "plain";
        else
            value[member.name] = sample(*member.shape, depth + 1);
    }
    return value;
}

// A value of the shape with every member there is.
Json sample(const Shape& shape, int depth) {
    switch (shape.kind) {
        case ShapeKind::String:
            return "a <&> \"b\"/\xc3\xa9=+%";
        case ShapeKind::Blob:
            return "AP/+";
        case ShapeKind::Boolean:
            return true;
        case ShapeKind::Integer:
            return -7;
        case ShapeKind::Long:
            return 1234567890123;
        case ShapeKind::Double:
            return 1.5;
        case ShapeKind::Timestamp:
            return 1767345504.25;
        case ShapeKind::Document:
            return Json{{"any", {1, nullptr, "x"}}};
        case ShapeKind::Structure:
            return sample_members(shape, depth);
        case ShapeKind::List:
            return Json::array(
                {sample(*shape.element, depth + 1), sample(*shape.element, depth + 1)});
        case ShapeKind::Map:
            return Json{{"key 1", sample(*shape.element, depth + 1)}};
    }
    return nullptr;
}

class DirectTransport final : public cloud::HttpTransport {
  public:
    explicit DirectTransport(AwsEndpoint& endpoint) : endpoint_(endpoint) {}
    cloud::HttpResponse send(const cloud::Url&, const cloud::HttpRequest& request) override {
        return endpoint_.answer(request, {"127.0.0.1", true});
    }

  private:
    AwsEndpoint& endpoint_;
};

class Wire : public ::testing::Test {
  protected:
    Wire()
        : endpoint(
              [this](const local::Caller&, const std::string& service, const std::string& operation,
                     const Json& request, const cloud::CallOptions&) {
                  heard = {service, operation, request};
                  if (failure) throw *failure;
                  return answer;
              },
              [this](const std::string&) -> std::optional<Identity> {
                  return Identity{*credentials.find(), {}};
              },
              metrics, clock, random),
          transport(endpoint),
          client({}, credentials, transport, clock, random) {}

    struct Heard {
        std::string service;
        std::string operation;
        Json request;
    };
    testing::ManualClock clock{*parse_iso8601("2026-01-02T09:18:24Z")};
    SeededRandom random{1};
    cloud::FixedCredentials credentials{{"LIFEBOATKEY", "secret", "", {}}};
    Metrics metrics;
    Heard heard;
    Json answer;
    std::optional<Error> failure;
    AwsEndpoint endpoint;
    DirectTransport transport;
    aws::Cloud client;
};

TEST_F(Wire, CarriesEveryMemberOfEveryOperation) {
    int operations = 0;
    for (const auto& [service, model] : cloud::service_models()) {
        if (model->protocol() == cloud::Protocol::RestXml) continue;
        for (const auto& [name, operation] : model->operations()) {
            SCOPED_TRACE(service + ":" + name);
            const Json request = sample_members(*operation.input, 0);
            answer = sample_members(*operation.output, 0);
            if (operation.http_code == 204) answer = Json::object();
            try {
                const Json got = client.call(service, name, request);
                EXPECT_EQ(heard.service, service);
                EXPECT_EQ(heard.operation, name);
                EXPECT_EQ(heard.request, request) << heard.request.dump() << "\n" << request.dump();
                EXPECT_EQ(got, answer) << got.dump() << "\n" << answer.dump();
            } catch (const Error& e) {
                ADD_FAILURE() << e.what();
            }
            ++operations;
        }
    }
    EXPECT_GT(operations, 0);
    std::cout << operations << " operations\n";
}

TEST_F(Wire, CarriesErrorsWithTheirCode) {
    for (const auto& [service, model] : cloud::service_models()) {
        if (model->protocol() == cloud::Protocol::RestXml) continue;
        const auto& [name, operation] = *model->operations().begin();
        for (const char* code :
             {"ResourceNotFoundException", "QueueDoesNotExist", "Some.Odd.Code"}) {
            SCOPED_TRACE(service + ":" + name + " " + code);
            failure = Error(ErrorCategory::NotFound, code, "a <&> \xc3\xa9 message");
            try {
                client.call(service, name, sample_members(*operation.input, 0));
                ADD_FAILURE();
            } catch (const Error& e) {
                EXPECT_EQ(e.code(), code);
                EXPECT_EQ(e.message(), failure->message());
            }
        }
    }
}

}  // namespace
}  // namespace lifeboat::server

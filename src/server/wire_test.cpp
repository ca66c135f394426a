// Every operation of every built-in model, from aws::Cloud through its wire protocol to the
// endpoint and back: what a caller says is what the service hears, and what it answers is what the
// caller gets.
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"
#include "base/testing/manual_clock.h"
#include "cloud/aws_cloud.h"
#include "cloud/codec.h"
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
        else if (member.location == Location::Header && member.shape->kind == ShapeKind::Timestamp)
            value[member.name] = 1767345504.0;  // headers have whole seconds
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
            // The endpoint takes signed requests alone.
            if (operation.is_unsigned) continue;
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

// Requests that are correctly signed and otherwise damaged: each gets an answer, and an error is
// one its protocol can read.
TEST_F(Wire, DamagedRequestsAreAnswered) {
    constexpr std::uint64_t kSeed = 20261121;
    SCOPED_TRACE("seed " + std::to_string(kSeed));
    SeededRandom dice(kSeed);
    const auto damage = [&](std::string text) {
        static constexpr std::string_view kPieces[] = {"{",
                                                       "}",
                                                       "[",
                                                       "]",
                                                       "\"",
                                                       "\\u",
                                                       "null",
                                                       "&",
                                                       "=",
                                                       ".",
                                                       ".1",
                                                       "%",
                                                       "/",
                                                       "?",
                                                       "<",
                                                       ">",
                                                       "member",
                                                       "-1",
                                                       "9e999",
                                                       "\xff",
                                                       std::string_view("\0", 1),
                                                       "1.1.1.1.1.1.1.1"};
        for (std::uint64_t count = dice.next() % 4 + 1; count > 0; --count) {
            const std::size_t at = text.empty() ? 0 : dice.next() % text.size();
            const std::string_view piece = kPieces[dice.next() % std::size(kPieces)];
            switch (dice.next() % 4) {
                case 0:
                    text.insert(at, piece);
                    break;
                case 1:
                    text.erase(at, dice.next() % 8);
                    break;
                case 2:
                    text.replace(at, dice.next() % 8, piece);
                    break;
                default:
                    text.insert(at, text.substr(at, dice.next() % 64));
                    break;
            }
        }
        return text;
    };
    cloud::SigningKeys keys;
    int answers = 0;
    for (const auto& [service, model] : cloud::service_models()) {
        if (model->protocol() == cloud::Protocol::RestXml) continue;
        for (const auto& [name, operation] : model->operations()) {
            answer = Json::object();
            const cloud::HttpRequest whole =
                cloud::codec(model->protocol())
                    .encode_request(*model, operation, sample_members(*operation.input, 0));
            for (int i = 0; i < 20; ++i) {
                cloud::HttpRequest request = whole;
                if (dice.next() % 2) request.body = damage(request.body);
                if (dice.next() % 2) request.target = "/" + damage(request.target.substr(1));
                if (dice.next() % 8 == 0)
                    request.headers.set("X-Amz-Target",
                                        damage(request.headers.get("X-Amz-Target")));
                request.headers.set("Host", "localhost");
                cloud::sign(request, *credentials.find(),
                            {"us-east-1", model->signing_name(), clock.now(),
                             cloud::signing_rules(model->signing_name())},
                            keys);
                const cloud::HttpResponse response = endpoint.answer(request, {"127.0.0.1", true});
                EXPECT_NE(response.status, 500)
                    << service << ":" << name << " " << request.target << "\n"
                    << request.body << "\n"
                    << response.body;
                if (response.status / 100 != 2)
                    EXPECT_EQ(cloud::codec(model->protocol())
                                  .decode_error(*model, response)
                                  .code()
                                  .find("HTTP"),
                              std::string::npos)
                        << response.body;
                ++answers;
            }
        }
    }
    EXPECT_GT(answers, 1000);
}

}  // namespace
}  // namespace lifeboat::server

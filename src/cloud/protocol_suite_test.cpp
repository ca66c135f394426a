// AWS's own protocol suites, through the codecs in both directions.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <vector>

#include <pugixml.hpp>

#include "base/json.h"
#include "cloud/codec.h"
#include "cloud/testing/suite_model.h"
#include "os/file.h"

namespace lifeboat::cloud {
namespace {

namespace fs = std::filesystem;

// What is not expected to pass, and why: testing/protocol_exceptions.json alone.
const Json& expectations() {
    static const Json read =
        parse_json(os::read_file(LIFEBOAT_SOURCE_DIR "/src/cloud/testing/protocol_exceptions.json"),
                   "protocol_exceptions.json");
    return read;
}

// What a codec does not decide.
bool is_of_another_layer(const Json& group, const Json& test) {
    for (const auto& [member, reason] : expectations()["another_layer"].items())
        if (group.contains(member) || test["given"].contains(member)) return true;
    return false;
}

struct Case {
    Case(const Json& group, const Json& given_test)
        : test(given_test),
          model("suite", testing::suite_model_text(group, given_test)),
          operation(model.operation(given_test["given"]["name"].get<std::string>())),
          codec(cloud::codec(model.protocol())) {}
    const Json& test;
    ServiceModel model;
    const OperationModel& operation;
    const Codec& codec;
};

bool is_rest(Protocol protocol) {
    return protocol == Protocol::RestJson || protocol == Protocol::RestXml;
}

// Elements and attributes in an order of their own, blank text between elements left out.
std::string canonical(const pugi::xml_node& node) {
    std::vector<std::string> parts;
    for (const pugi::xml_attribute& one : node.attributes())
        parts.push_back(std::string("@") + one.name() + "=" + one.value());
    bool has_elements = false;
    for (const pugi::xml_node& child : node.children())
        if (child.type() == pugi::node_element) {
            has_elements = true;
            parts.push_back(canonical(child));
        }
    std::sort(parts.begin(), parts.end());
    std::string out = std::string("<") + node.name() + ">";
    for (const std::string& part : parts)
        out += part;
    if (!has_elements) out += node.text().get();
    return out + "</>";
}

bool same_xml(const std::string& expected, const std::string& got) {
    pugi::xml_document a;
    pugi::xml_document b;
    return a.load_string(expected.c_str()) && b.load_string(got.c_str()) &&
           canonical(a.document_element()) == canonical(b.document_element());
}

// Key order and number spelling aside.
bool same_body(Protocol protocol, const std::string& expected, const std::string& got) {
    if (expected == got) return true;
    if (protocol == Protocol::Query || protocol == Protocol::Ec2) {
        QueryParameters a = parse_query(expected, Plus::Space);
        QueryParameters b = parse_query(got, Plus::Space);
        std::sort(a.begin(), a.end());
        std::sort(b.begin(), b.end());
        return a == b;
    }
    if (protocol == Protocol::RestXml) return same_xml(expected, got);
    const Json a = Json::parse(expected, nullptr, false);
    const Json b = Json::parse(got, nullptr, false);
    return !a.is_discarded() && a == b;
}

std::string request_problem(const Json& group, const Json& test) {
    const Case c(group, test);
    Json params = testing::with_encoded_blobs(*c.operation.input, test["params"]);
    for (const Member& member : c.operation.input->members)
        if (member.idempotency_token && !params.contains(member.name))
            params[member.name] = "00000000-0000-4000-8000-000000000000";
    const HttpRequest request = c.codec.encode_request(c.model, c.operation, params);
    const Json& want = test["serialized"];
    if (request.method != want["method"]) return "method " + request.method;
    if (path_of(request.target) != path_of(want["uri"].get<std::string>()))
        return "path " + request.target;
    QueryParameters expected = parse_query(query_of(want["uri"].get<std::string>()), Plus::Literal);
    QueryParameters got = parse_query(query_of(request.target), Plus::Literal);
    std::sort(expected.begin(), expected.end());
    std::sort(got.begin(), got.end());
    if (expected != got) return "query " + request.target;
    if (const Json* headers = find(want, "headers"))
        for (const auto& [name, value] : headers->items()) {
            const std::string* found = request.headers.find(name);
            if (found == nullptr) return "no header " + name;
            if (!found->starts_with(value.get<std::string>())) return name + ": " + *found;
        }
    if (const Json* headers = find(want, "forbidHeaders"))
        for (const Json& name : *headers)
            if (request.headers.find(name.get<std::string>()))
                return "header " + name.get<std::string>();
    if (const auto body = find_string(want, "body"))
        if (!same_body(c.model.protocol(), *body, request.body)) return "body " + request.body;

    // And back: the endpoint must understand what a client sends.
    if (is_rest(c.model.protocol()) &&
        match_operation(c.model, request.method, request.target, request.headers) != &c.operation)
        return "the endpoint does not find the operation of " + request.target;
    const Json read = c.codec.decode_request(c.model, c.operation, request);
    const HttpRequest again = c.codec.encode_request(c.model, c.operation, read);
    if (again.target != request.target || again.body != request.body)
        return "read back: " + read.dump();
    return "";
}

std::string answer_problem(const Json& group, const Json& test) {
    const Case c(group, test);
    HttpResponse response;
    response.status = test["response"]["status_code"];
    if (const Json* headers = find(test["response"], "headers"))
        for (const auto& [name, value] : headers->items())
            response.headers.add(name, value.get<std::string>());
    response.body = string_or(test["response"], "body", "");
    if (const auto code = find_string(test, "errorCode")) {
        const Error error = c.codec.decode_error(c.model, response);
        if (error.code() != *code && !c.model.query_compatible()) return "code " + error.code();
        if (const auto message = find_string(test, "errorMessage"))
            if (error.message() != *message) return "message " + error.message();
        return "";
    }
    const Json want = testing::with_encoded_blobs(*c.operation.output, test["result"]);
    const Json got = c.codec.decode_response(c.model, c.operation, response);
    if (got != want) return "result " + got.dump();

    // Where every header is a member, the ones the endpoint adds would be too.
    for (const Member& member : c.operation.output->members)
        if (member.location == Location::Header && member.shape->kind == ShapeKind::Map &&
            member.location_name.empty())
            return "";
    const HttpResponse written = c.codec.encode_response(c.model, c.operation, want, "id");
    const Json read = c.codec.decode_response(c.model, c.operation, written);
    if (read != want) return "written " + written.body + " and read back " + read.dump();
    return "";
}

class ProtocolSuite : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(ProtocolSuite, EveryCasePasses) {
    const auto& [direction, name] = GetParam();
    const fs::path file =
        fs::path(LIFEBOAT_CONFORMANCE_DIR) / "protocols" / direction / (name + ".json");
    if (!fs::exists(file)) GTEST_SKIP() << "the protocol suite is absent: " << file.string();
    const Json suite = parse_json(os::read_file(file), "the suite");
    int passed = 0;
    int elsewhere = 0;
    int excepted = 0;
    for (const Json& group : suite)
        for (const Json& test : group["cases"]) {
            const std::string id = test["id"];
            if (is_of_another_layer(group, test)) {
                ++elsewhere;
                continue;
            }
            std::string problem;
            try {
                problem = direction == "input" ? request_problem(group, test)
                                               : answer_problem(group, test);
            } catch (const std::exception& e) {
                problem = std::string("threw ") + e.what();
            }
            if (expectations()["exceptions"].contains(direction + "/" + id)) {
                ++excepted;
                EXPECT_NE(problem, "") << id << " passes now: it is no exception any more";
                continue;
            }
            EXPECT_EQ(problem, "") << id << "\n  want "
                                   << (direction == "input" ? test["serialized"] : test["result"]);
            passed += problem.empty();
        }
    std::cout << direction << " " << name << ": " << passed << " passed, " << excepted
              << " exceptions, " << elsewhere << " of another layer\n";
}

INSTANTIATE_TEST_SUITE_P(Aws, ProtocolSuite,
                         ::testing::Combine(::testing::Values("input", "output"),
                                            ::testing::Values("json", "json_1_0",
                                                              "json_1_0-query-compatible", "query",
                                                              "ec2", "rest-json", "rest-xml")),
                         [](const auto& chosen) {
                             std::string name =
                                 std::get<0>(chosen.param) + "_" + std::get<1>(chosen.param);
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

}  // namespace
}  // namespace lifeboat::cloud

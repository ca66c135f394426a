#include "cloud/model.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::cloud {
namespace {

constexpr std::string_view kText = R"({
  "id": "Test", "protocol": "rest-json", "version": "2026-01-01", "endpoint": "test",
  "shapes": {
    "Name": {"type": "string", "max": 5, "pattern": "[a-z]+"},
    "Mode": {"type": "string", "enum": ["A", "B"]},
    "Count": {"type": "integer", "min": 1, "max": 100},
    "Node": {"type": "structure", "members": {"Children": "[Node]", "Name": "Name!"}}
  },
  "operations": {
    "Make": {"method": "PUT", "uri": "/things/{Name}", "http": 201,
      "in": {"Name": {"is": "Name!", "in": "uri"}, "Mode": "Mode", "Count": "Count",
             "Tree": "Node", "Tags": "{string}"}},
    "List": {"out": {"Things": "[string]"}, "pages": ["Next", "Next", "Max", "Things"]}
  },
  "errors": {"NotThere": {"http": 404}}
})";

std::string problem(const Json& request) {
    const ServiceModel model("test", kText);
    try {
        validate(model.operation("Make"), request);
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), "ValidationException");
        return e.message();
    }
    return "";
}

TEST(Model, ReadsShapesThatReferToThemselves) {
    const ServiceModel model("test", kText);
    const OperationModel& make = model.operation("Make");
    EXPECT_EQ(make.http_code, 201);
    EXPECT_EQ(make.input->member("Name")->location, Location::Uri);
    const Shape* node = make.input->member("Tree")->shape;
    EXPECT_EQ(node->member("Children")->shape->element, node);
    EXPECT_EQ(model.error("NotThere").http_code, 404);
    EXPECT_EQ(model.operation("List").pages->limit, "Max");
}

TEST(Model, UnknownOperationIsNamed) {
    const ServiceModel model("test", kText);
    try {
        model.operation("Break");
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), "UnknownOperationException");
        EXPECT_NE(e.message().find("Break"), std::string::npos);
    }
}

TEST(Model, AcceptsWhatTheModelAllowsAndIgnoresUnknownMembers) {
    EXPECT_EQ(problem({{"Name", "abc"}, {"Mode", "A"}, {"Count", 7}, {"Other", 1}}), "");
}

TEST(Model, RefusesInTheWordsOfAws) {
    EXPECT_EQ(
        problem(Json::object()),
        "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member "
        "must not be null");
    EXPECT_EQ(
        problem({{"Name", "a_b"}}),
        "1 validation error detected: Value 'a_b' at 'name' failed to satisfy constraint: Member "
        "must satisfy regular expression pattern: [a-z]+");
    EXPECT_EQ(problem({{"Name", "abcdef"}}),
              "1 validation error detected: Value 'abcdef' at 'name' failed to satisfy constraint: "
              "Member must have length less than or equal to 5");
    EXPECT_EQ(
        problem({{"Name", "a"}, {"Mode", "C"}}),
        "1 validation error detected: Value 'C' at 'mode' failed to satisfy constraint: Member "
        "must satisfy enum value set: [A, B]");
    EXPECT_EQ(
        problem({{"Name", "a"}, {"Count", 0}}),
        "1 validation error detected: Value '0' at 'count' failed to satisfy constraint: Member "
        "must have value greater than or equal to 1");
}

TEST(Model, NamesThePlaceOfAWrongTypeInside) {
    const std::string text = problem(
        {{"Name", "a"}, {"Tree", {{"Name", "a"}, {"Children", Json::array({Json{{"Name", 3}}})}}}});
    EXPECT_NE(text.find("'tree.children.1.member.name'"), std::string::npos) << text;
}

TEST(Model, EveryBuiltInModelLoads) {
    for (const auto& [name, model] : service_models()) {
        EXPECT_FALSE(model->operations().empty()) << name;
        if (model->protocol() == Protocol::Json10 || model->protocol() == Protocol::Json11)
            EXPECT_FALSE(model->target_prefix().empty()) << name;
    }
}

}  // namespace
}  // namespace lifeboat::cloud

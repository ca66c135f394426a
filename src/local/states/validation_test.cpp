// ValidateStateMachineDefinition through the API.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html
#include <gtest/gtest.h>

#include "base/json.h"
#include "local/states/testing/states_fixture.h"

namespace lifeboat::local::states {
namespace {

class ValidationTest : public testing::StatesFixture {
  protected:
    Json validate(const std::string& definition, const Json& more = Json::object()) {
        Json request = {{"definition", definition}};
        request.update(more);
        return ok("states", "ValidateStateMachineDefinition", request);
    }
    static std::string machine(const std::string& states) {
        return R"({"StartAt": "A", "States": {)" + states + "}}";
    }
};

TEST_F(ValidationTest, AGoodDefinitionHasNoDiagnostics) {
    const Json found = validate(machine(R"("A": {"Type": "Succeed"})"));
    EXPECT_EQ(found,
              (Json{{"result", "OK"}, {"diagnostics", Json::array()}, {"truncated", false}}));
}

TEST_F(ValidationTest, EveryProblemHasSeverityCodeMessageAndPlace) {
    const Json found = validate(machine(
        R"("A": {"Type": "Pass", "Typo": 1, "Next": "B"}, "B": {"Type": "Task", "Next": "None",
           "Resource": "arn:aws:states:::nothing:here"})"));
    EXPECT_EQ(found["result"], "FAIL");
    const Json& diagnostics = found["diagnostics"];
    ASSERT_EQ(diagnostics.size(), 3U) << found;
    EXPECT_EQ(diagnostics[0], (Json{{"severity", "ERROR"},
                                    {"code", "SCHEMA_VALIDATION_FAILED"},
                                    {"message", "Field 'Typo' is not supported"},
                                    {"location", "/States/A"}}));
    EXPECT_EQ(diagnostics[1]["code"], "INVALID_RESOURCE");
    EXPECT_EQ(diagnostics[1]["location"], "/States/B/Resource");
    EXPECT_EQ(diagnostics[2], (Json{{"severity", "ERROR"},
                                    {"code", "MISSING_TRANSITION_TARGET"},
                                    {"message", "Missing transition target: None"},
                                    {"location", "/States/B/Next"}}));
}

TEST_F(ValidationTest, WarningsAreShownWhenAskedForAndDoNotFail) {
    const std::string definition = machine(
        R"("A": {"Type": "Pass", "Result": {"x": "$.y"}, "Next": "B"},
           "B": {"Type": "Pass", "Parameters": {"x": "$.y", "z.$": "$.z"}, "Next": "C"},
           "C": {"Type": "Fail", "Error": "$.e"})");
    EXPECT_TRUE(validate(definition)["diagnostics"].empty());
    const Json found = validate(definition, {{"severity", "WARNING"}});
    EXPECT_EQ(found["result"], "OK");
    ASSERT_EQ(found["diagnostics"].size(), 3U) << found;
    const std::pair<const char*, const char*> expected[] = {
        {"PASS_RESULT_IS_STATIC", "/States/A/Result/x"},
        {"NO_DOLLAR", "/States/B/Parameters/x"},
        {"NO_PATH", "/States/C/Error"}};
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(found["diagnostics"][i]["severity"], "WARNING");
        EXPECT_EQ(found["diagnostics"][i]["code"], expected[i].first);
        EXPECT_EQ(found["diagnostics"][i]["location"], expected[i].second);
    }
}

TEST_F(ValidationTest, ShowsAsManyAsAskedForAndSaysWhenThereAreMore) {
    const auto wrong = [](int states) {
        std::string text = R"("A": {"Type": "Succeed"})";
        for (int i = 0; i < states; ++i)
            text += ",\"s" + std::to_string(i) + R"(": {"Type": "Nap"})";
        return machine(text);
    };
    const Json three = validate(wrong(5), {{"maxResults", 3}});
    EXPECT_EQ(three["diagnostics"].size(), 3U);
    EXPECT_EQ(three["truncated"], true);
    const Json all = validate(wrong(5), {{"maxResults", 100}});
    EXPECT_EQ(all["truncated"], false);
    EXPECT_GE(all["diagnostics"].size(), 5U);
    const Json most = validate(wrong(500), {{"maxResults", 0}});  // 0: as many as there may be
    EXPECT_EQ(most["diagnostics"].size(), 100U);
    EXPECT_EQ(most["truncated"], true);
    EXPECT_EQ(code_of("states", "ValidateStateMachineDefinition",
                      {{"definition", wrong(1)}, {"maxResults", 101}}),
              "ValidationException");
    // Errors come before warnings.
    const Json both =
        validate(machine(R"("A": {"Type": "Pass", "Result": "$.x", "Typo": 1, "End": true})"),
                 {{"severity", "WARNING"}, {"maxResults", 1}});
    EXPECT_EQ(both["diagnostics"][0]["severity"], "ERROR");
    EXPECT_EQ(both["truncated"], true);
}

TEST_F(ValidationTest, ExpressMachinesMayNotHaveEverything) {
    const std::string definition = machine(
        R"("A": {"Type": "Task", "End": true, "Resource":
            "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"}})");
    EXPECT_EQ(validate(definition)["result"], "OK");
    EXPECT_EQ(validate(definition, {{"type", "STANDARD"}})["result"], "OK");
    EXPECT_EQ(validate(definition, {{"type", "EXPRESS"}})["result"], "FAIL");
}

TEST_F(ValidationTest, MistakesInExpressionsAreFoundWithTheirPlace) {
    const Json found = validate(R"({"QueryLanguage": "JSONata", "StartAt": "A", "States": {
        "A": {"Type": "Pass", "Output": {"list": [1, "{% $eval('1') %}"]}, "Next": "B"},
        "B": {"Type": "Pass", "Output": "{% 1 + %}", "End": true}}})");
    ASSERT_EQ(found["diagnostics"].size(), 2U) << found;
    EXPECT_EQ(found["diagnostics"][0]["location"], "/States/A/Output/list[1]");
    EXPECT_NE(found["diagnostics"][0]["message"].get<std::string>().find("$eval"),
              std::string::npos);
    EXPECT_EQ(found["diagnostics"][1]["location"], "/States/B/Output");
    EXPECT_NE(found["diagnostics"][1]["message"].get<std::string>().find("position"),
              std::string::npos);
}

}  // namespace
}  // namespace lifeboat::local::states

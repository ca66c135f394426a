#include "flow/definition_warnings.h"

#include <gtest/gtest.h>

namespace lifeboat::flow {
namespace {

std::string found(const std::string& states, const std::string& language = "JSONPath") {
    std::string text;
    for (const Diagnostic& warning :
         definition_warnings(R"({"QueryLanguage": ")" + language +
                             R"(", "StartAt": "A", "States": {)" + states + "}}"))
        text += warning.code + " " + warning.location + "\n";
    return text;
}

TEST(DefinitionWarnings, TellPathsWhereNoneIsRead) {
    EXPECT_EQ(found(R"~("A": {"Type": "Pass", "End": true, "Parameters": {
                        "a": "$.x", "b": ["$", {"c": "States.UUID()"}], "d.$": "$.x"}})~"),
              "NO_DOLLAR /States/A/Parameters/a\n"
              "NO_DOLLAR /States/A/Parameters/b[1]/c\n");
    EXPECT_EQ(found(R"("A": {"Type": "Fail", "Error": "$.e", "Cause": "costs $5"})"),
              "NO_PATH /States/A/Error\n");
    EXPECT_EQ(found(R"("A": {"Type": "Pass", "Result": {"x": ["$.y", "y"]}, "End": true})"),
              "PASS_RESULT_IS_STATIC /States/A/Result/x[0]\n");
}

TEST(DefinitionWarnings, LookInsideAndLeaveJsonataAlone) {
    const std::string inner =
        R"({"StartAt": "I", "States": {"I": {"Type": "Fail", "Cause": "$.c"}}})";
    EXPECT_EQ(found(R"("A": {"Type": "Parallel", "Branches": [)" + inner + "]}"),
              "NO_PATH /States/A/Branches[0]/States/I/Cause\n");
    EXPECT_EQ(found(R"("A": {"Type": "Map", "ItemProcessor": )" + inner + "}"),
              "NO_PATH /States/A/ItemProcessor/States/I/Cause\n");
    EXPECT_EQ(found(R"("A": {"Type": "Fail", "Cause": "$.c"})", "JSONata"), "");
}

TEST(DefinitionWarnings, HaveNothingToSayOfWhatIsNoDefinition) {
    for (const char* text : {"", "{", "[]", "null", R"({"States": 7})", R"({"States": {"A": 7}})"})
        EXPECT_TRUE(definition_warnings(text).empty()) << text;
}

}  // namespace
}  // namespace lifeboat::flow

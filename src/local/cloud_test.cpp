#include "local/cloud.h"

#include <filesystem>

#include "base/error.h"
#include "base/json.h"
#include "cloud/model.h"
#include "local/testing/fixture.h"
#include "local/trail.h"

namespace lifeboat::local {
namespace {

using testing::LocalCloudTest;

TEST_F(LocalCloudTest, AnswersAsTheRootOfItsAccount) {
    const Json answer = ok("sts", "GetCallerIdentity", Json::object());
    EXPECT_EQ(answer["Account"], "000000000000");
    EXPECT_EQ(answer["Arn"], "arn:aws:iam::000000000000:root");
}

TEST_F(LocalCloudTest, UnknownServicesAndOperationsAreNamed) {
    EXPECT_EQ(code_of("sts", "Nothing", Json::object()), "UnknownOperationException");
    EXPECT_NE(last_message.find("Nothing"), std::string::npos);
    EXPECT_EQ(code_of("nowhere", "Nothing", Json::object()), "UnknownServiceException");
}

TEST_F(LocalCloudTest, TwoProcessesCannotOpenOneDirectory) {
    open();
    CloudOptions options;
    options.data = directory.path() / "data";
    try {
        Cloud second(options, {}, clock, random);
        FAIL() << "opened twice";
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), "DataDirectoryInUse");
    }
    close();
    Cloud third(options, {}, clock, random);
}

TEST_F(LocalCloudTest, NobodyElseMayReadTheDatabase) {
    open();
    ok("sts", "GetCallerIdentity", Json::object());
    for (const auto& entry : std::filesystem::directory_iterator(directory.path() / "data")) {
        if (entry.is_directory()) continue;
        EXPECT_EQ(entry.status().permissions() & std::filesystem::perms(077),
                  std::filesystem::perms::none)
            << entry.path();
    }
}

TEST_F(LocalCloudTest, EveryServiceHasAModelForEveryOperation) {
    for (const std::string& name : cloud().operation_names()) {
        const auto colon = name.find(':');
        EXPECT_TRUE(cloud::service_model(name.substr(0, colon)).has(name.substr(colon + 1)))
            << name;
    }
}

TEST(Trail, LowersTheFirstLetterOfEveryMemberName) {
    EXPECT_EQ(with_lower_first_names({{"UserSettings", {{"ExecutionRole", "R"}}},
                                      {"Tags", Json::array({Json{{"Key", "K"}}})},
                                      {"ARN", 1}}),
              (Json{{"userSettings", {{"executionRole", "R"}}},
                    {"tags", Json::array({Json{{"key", "K"}}})},
                    {"aRN", 1}}));
}

}  // namespace
}  // namespace lifeboat::local

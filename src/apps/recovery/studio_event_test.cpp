#include "apps/recovery/studio_event.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::recovery {
namespace {

Json creation() {
    return parse_json(R"({"id":"e-1","time":"2026-01-02T09:18:24Z","detail":{
        "eventName":"CreateUserProfile","eventTime":"2026-01-02T09:18:23Z",
        "requestParameters":{"domainId":"d-1","userProfileName":"User1"},
        "responseElements":{"userProfileArn":"arn:aws:sagemaker:us-east-1:1:user-profile/d-1/user1"}}})",
                      "event");
}

std::string refusal(const Json& event) {
    try {
        parse_studio_event(event);
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), "MalformedEvent");
        return e.message();
    }
    return "";
}

TEST(StudioEvent, NeedsNoUserSettings) {
    const StudioEvent event = parse_studio_event(creation());
    EXPECT_EQ(event.domain_id, "d-1");
    EXPECT_EQ(event.profile->name, "User1");
    EXPECT_EQ(event.time, "2026-01-02T09:18:23Z");
}

TEST(StudioEvent, TakesTheNameFromTheArnWhenRequestParametersAreNull) {
    Json event = creation();
    event["detail"]["requestParameters"] = nullptr;
    EXPECT_EQ(parse_studio_event(event).domain_id, "d-1");
    EXPECT_EQ(parse_studio_event(event).profile->name, "user1");
}

TEST(StudioEvent, AFailedCallNeedsNothingElse) {
    Json event = creation();
    event["detail"]["requestParameters"] = nullptr;
    event["detail"]["responseElements"] = nullptr;
    event["detail"]["errorCode"] = "ResourceInUse";
    EXPECT_EQ(parse_studio_event(event).error_code, "ResourceInUse");
}

TEST(StudioEvent, SaysWhatIsMissing) {
    EXPECT_NE(refusal(Json::object()).find("no detail"), std::string::npos);
    EXPECT_NE(refusal({{"detail", 3}}).find("no detail"), std::string::npos);
    EXPECT_NE(refusal({{"detail", Json::object()}}).find("eventName"), std::string::npos);
    Json event = creation();
    event["detail"]["responseElements"] = nullptr;
    event["detail"]["requestParameters"] = {{"domainId", "d-1"}};
    EXPECT_NE(refusal(event).find("d-1"), std::string::npos);
    event["detail"]["requestParameters"] = {{"userProfileName", "user1"}};
    EXPECT_NE(refusal(event).find("user1"), std::string::npos);
    event["detail"]["requestParameters"] = "text";
    EXPECT_NE(refusal(event), "");
}

TEST(StudioEvent, ReadsTheRetentionPolicyOfADeletedDomain) {
    Json event = {{"detail",
                   {{"eventName", "DeleteDomain"},
                    {"requestParameters",
                     {{"domainId", "d-1"}, {"retentionPolicy", {{"homeEfsFileSystem", "Delete"}}}}},
                    {"responseElements", nullptr}}}};
    EXPECT_FALSE(parse_studio_event(event).keeps_file_system);
    event["detail"]["requestParameters"].erase("retentionPolicy");
    EXPECT_TRUE(parse_studio_event(event).keeps_file_system);
}

TEST(StudioEvent, ReadsTheIdOfACreatedDomainFromTheAnswer) {
    const Json event = {
        {"detail",
         {{"eventName", "CreateDomain"},
          {"requestParameters", {{"domainName", "studio"}}},
          {"responseElements", {{"domainArn", "arn:aws:sagemaker:us-east-1:1:domain/d-7"}}}}}};
    EXPECT_EQ(parse_studio_event(event).domain_id, "d-7");
}

}  // namespace
}  // namespace lifeboat::recovery

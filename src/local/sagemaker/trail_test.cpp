// The events Studio's calls leave on the bus are what recovery lives on: their form, exactly.
#include "local/trail.h"

#include <map>

#include "base/error.h"
#include "base/json.h"
#include "cloud/model.h"
#include "local/sagemaker/testing/studio_fixture.h"

namespace lifeboat::local {
namespace {

using testing::StudioTest;

class StudioTrail : public StudioTest {
  protected:
    Json event_of(const std::string& operation, const Json& request, const Json* response,
                  const Error* error = nullptr) {
        const cloud::ServiceModel& model = cloud::service_model("sagemaker");
        return trail_event({model, model.operation(operation), request, response, error},
                           cloud().root_caller(), cloud().place(), clock.now(), random);
    }
};

TEST_F(StudioTrail, OfACreationNamesWhatWasAskedAndAnswered) {
    const std::string id = make_domain();
    const Json request = {{"DomainId", id},
                          {"UserProfileName", "user1"},
                          {"UserSettings",
                           {{"ExecutionRole", "arn:aws:iam::000000000000:role/service-role/x"},
                            {"SecurityGroups", {"sg-1"}}}},
                          {"Tags", Json::array({{{"Key", "k"}, {"Value", "v"}}})}};
    const Json response = ok("sagemaker", "CreateUserProfile", request);
    const Json event = event_of("CreateUserProfile", request, &response);
    EXPECT_EQ(event["version"], "0");
    EXPECT_EQ(event["detail-type"], "AWS API Call via CloudTrail");
    EXPECT_EQ(event["source"], "aws.sagemaker");
    EXPECT_EQ(event["time"], "2026-01-02T09:18:24Z");
    EXPECT_EQ(event["resources"], Json::array());
    const Json& detail = event["detail"];
    EXPECT_EQ(detail["eventSource"], "sagemaker.amazonaws.com");
    EXPECT_EQ(detail["eventName"], "CreateUserProfile");
    EXPECT_EQ(detail["eventVersion"], "1.11");
    EXPECT_EQ(detail["readOnly"], false);
    EXPECT_EQ(detail["managementEvent"], true);
    EXPECT_EQ(detail["eventType"], "AwsApiCall");
    EXPECT_EQ(detail["eventCategory"], "Management");
    EXPECT_EQ(detail["requestParameters"],
              (Json{{"domainId", id},
                    {"userProfileName", "user1"},
                    {"userSettings",
                     {{"executionRole", "arn:aws:iam::000000000000:role/service-role/x"},
                      {"securityGroups", {"sg-1"}}}},
                    {"tags", Json::array({{{"key", "k"}, {"value", "v"}}})}}));
    EXPECT_EQ(detail["responseElements"],
              (Json{{"userProfileArn",
                     "arn:aws:sagemaker:us-east-1:000000000000:user-profile/" + id + "/user1"}}));
    EXPECT_FALSE(detail.contains("errorCode"));
}

TEST_F(StudioTrail, OfADeletionHasNoResponse) {
    const std::string id = make_domain();
    create_user(id, "user1");
    const Json request = {{"DomainId", id}, {"UserProfileName", "user1"}};
    const Json response = ok("sagemaker", "DeleteUserProfile", request);
    const Json event = event_of("DeleteUserProfile", request, &response);
    EXPECT_TRUE(event["detail"]["responseElements"].is_null());
    EXPECT_EQ(event["detail"]["requestParameters"]["userProfileName"], "user1");
}

TEST_F(StudioTrail, OfAFailureSaysWhy) {
    const Json request = {{"DomainId", "d-nowhere"}, {"UserProfileName", "user1"}};
    try {
        cloud().call("sagemaker", "CreateUserProfile", request);
        FAIL() << "succeeded";
    } catch (const Error& error) {
        const Json detail = event_of("CreateUserProfile", request, nullptr, &error)["detail"];
        EXPECT_EQ(detail["errorCode"], "ResourceNotFound");
        EXPECT_EQ(detail["errorMessage"], "Domain [d-nowhere] does not exist.");
        EXPECT_TRUE(detail["responseElements"].is_null());
    }
}

TEST_F(StudioTrail, ReachesTheBusAlsoWhenTheCallFails) {
    const std::string queue = ok("sqs", "CreateQueue", {{"QueueName", "trail"}})["QueueUrl"];
    ok("events", "PutRule",
       {{"Name", "studio"},
        {"EventPattern",
         R"({"source":["aws.sagemaker"],"detail":{"eventName":["CreateUserProfile"]}})"}});
    ok("events", "PutTargets",
       {{"Rule", "studio"},
        {"Targets",
         Json::array({Json{{"Id", "1"}, {"Arn", "arn:aws:sqs:us-east-1:000000000000:trail"}}})}});
    const std::string id = make_domain();
    create_user(id, "user1");
    const Json again = {{"DomainId", id}, {"UserProfileName", "USER1"}};
    EXPECT_EQ(code_of("sagemaker", "CreateUserProfile", again), "ResourceInUse");
    settle();
    std::map<std::string, Json> details;  // by the error's code
    const Json received =
        ok("sqs", "ReceiveMessage", {{"QueueUrl", queue}, {"MaxNumberOfMessages", 10}});
    for (const Json& message : received["Messages"]) {
        const Json event = parse_json(message["Body"].get<std::string>(), "an event");
        details[string_or(event["detail"], "errorCode", "")] = event["detail"];
    }
    ASSERT_EQ(details.size(), 2U);
    EXPECT_EQ(details[""]["responseElements"]["userProfileArn"],
              describe_user(id, "user1")["UserProfileArn"]);
    EXPECT_EQ(details["ResourceInUse"]["requestParameters"]["userProfileName"], "USER1");
    EXPECT_TRUE(details["ResourceInUse"]["responseElements"].is_null());
}

TEST_F(StudioTrail, CoversEveryChangeAndNoLook) {
    for (const auto& [name, operation] : cloud::service_model("sagemaker").operations())
        EXPECT_EQ(operation.read_only, name.starts_with("Describe") || name.starts_with("List"))
            << name;
}

}  // namespace
}  // namespace lifeboat::local

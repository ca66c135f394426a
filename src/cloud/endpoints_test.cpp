#include "cloud/endpoints.h"

#include <gtest/gtest.h>

#include "os/file.h"
#include "os/testing/temporary_directory.h"

namespace lifeboat::aws {
namespace {

std::string where(const Endpoints& endpoints, const char* service,
                  const std::string& region = "us-east-1") {
    return endpoints.of(cloud::service_model(service), region).text();
}

TEST(Endpoints, ComeFromTheMostSpecificSource) {
    const os::testing::TemporaryDirectory home;
    std::filesystem::create_directory(home.path() / ".aws");
    os::publish_file(home.path() / ".aws/config",
                     "[default]\nendpoint_url = http://profile\nservices = near\n"
                     "[services near]\ndynamodb_streams =\n  endpoint_url = http://section:3\n");
    os::Environment environment = {{"HOME", home.path().string()}};
    const auto url = [&](const char* service) {
        return where(Endpoints::from(environment, cloud::load_profile(environment)), service);
    };
    EXPECT_EQ(url("sts"), "http://profile");
    EXPECT_EQ(url("dynamodbstreams"), "http://section:3");
    environment["AWS_ENDPOINT_URL"] = "http://every:1";
    EXPECT_EQ(url("sts"), "http://every:1");
    EXPECT_EQ(url("dynamodbstreams"), "http://every:1");
    environment["AWS_ENDPOINT_URL_DYNAMODB_STREAMS"] = "http://own:2";
    EXPECT_EQ(url("dynamodbstreams"), "http://own:2");
    EXPECT_EQ(url("dynamodb"), "http://every:1");
    environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
    EXPECT_EQ(url("dynamodbstreams"), "https://streams.dynamodb.us-east-1.amazonaws.com");
}

TEST(Endpoints, FollowThePartition) {
    const Endpoints usual;
    EXPECT_EQ(where(usual, "sts", "cn-north-1"), "https://sts.cn-north-1.amazonaws.com.cn");
    EXPECT_EQ(where(usual, "sqs", "us-gov-west-1"), "https://sqs.us-gov-west-1.amazonaws.com");
    EXPECT_EQ(where(usual, "s3", "eu-west-1"), "https://s3.eu-west-1.amazonaws.com");
    EXPECT_EQ(partition_of("us-gov-east-1"), "aws-us-gov");
    EXPECT_EQ(partition_of("cn-northwest-1"), "aws-cn");
    EXPECT_EQ(partition_of("eu-west-1"), "aws");
}

TEST(Endpoints, FipsAndDualStackAreHostsOfTheirOwn) {
    Endpoints fips;
    fips.fips = true;
    EXPECT_EQ(where(fips, "states"), "https://states-fips.us-east-1.amazonaws.com");
    EXPECT_EQ(where(fips, "sagemaker"), "https://api-fips.sagemaker.us-east-1.amazonaws.com");
    EXPECT_EQ(where(fips, "states", "us-gov-west-1"), "https://states.us-gov-west-1.amazonaws.com");
    EXPECT_EQ(where(fips, "dynamodb", "us-gov-west-1"),
              "https://dynamodb-fips.us-gov-west-1.amazonaws.com");
    EXPECT_EQ(where(fips, "datazone"), "https://datazone-fips.us-east-1.api.aws");
    EXPECT_EQ(where({}, "datazone", "eu-west-1"), "https://datazone.eu-west-1.api.aws");
    Endpoints both = fips;
    both.dual_stack = true;
    EXPECT_EQ(where(both, "sagemaker"), "https://api.sagemaker-fips.us-east-1.api.aws");
    EXPECT_EQ(where(both, "s3"), "https://s3-fips.dualstack.us-east-1.amazonaws.com");
    Endpoints dual;
    dual.dual_stack = true;
    EXPECT_EQ(where(dual, "ec2", "cn-north-1"),
              "https://ec2.cn-north-1.api.amazonwebservices.com.cn");
    const Endpoints asked =
        Endpoints::from({{"AWS_USE_FIPS_ENDPOINT", "true"}},
                        cloud::Profile{"p", {{"use_dualstack_endpoint", "TRUE"}}, {}});
    EXPECT_TRUE(asked.fips && asked.dual_stack);
}

}  // namespace
}  // namespace lifeboat::aws

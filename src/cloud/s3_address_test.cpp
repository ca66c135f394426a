#include "cloud/s3_address.h"

#include <gtest/gtest.h>

namespace lifeboat::cloud {
namespace {

struct Addressed {
    std::string host;
    std::string target;
    bool operator==(const Addressed&) const = default;
};

Addressed addressed(const std::string& bucket, const std::string& target) {
    Url server = parse_url("https://s3.eu-west-1.amazonaws.com");
    HttpRequest request;
    request.target = target;
    address_bucket_by_host(bucket, server, request);
    return {server.host, request.target};
}

TEST(S3Address, MovesTheBucketFromThePathToTheHost) {
    const std::string host = "homes.s3.eu-west-1.amazonaws.com";
    EXPECT_EQ(addressed("homes", "/homes/a/b?versionId=1"), (Addressed{host, "/a/b?versionId=1"}));
    EXPECT_EQ(addressed("homes", "/homes?list-type=2"), (Addressed{host, "/?list-type=2"}));
    EXPECT_EQ(addressed("homes", "/homes"), (Addressed{host, "/"}));
    EXPECT_EQ(addressed("homes", "/homes//a"), (Addressed{host, "//a"}));
}

TEST(S3Address, LeavesNamesThatFitNoCertificateInThePath) {
    const std::string host = "s3.eu-west-1.amazonaws.com";
    for (const std::string bucket : {"with.dots", "Upper", "ab", "-a-b", "a_b_c"})
        EXPECT_EQ(addressed(bucket, "/" + bucket + "/k"), (Addressed{host, "/" + bucket + "/k"}));
    EXPECT_EQ(addressed("homes", "/"), (Addressed{host, "/"}));
}

}  // namespace
}  // namespace lifeboat::cloud

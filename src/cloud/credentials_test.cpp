#include "cloud/credentials.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "base/error.h"
#include "os/file.h"
#include "os/testing/temporary_directory.h"

namespace lifeboat::cloud {
namespace {

TEST(SharedConfig, ReadsProfilesOfBothFiles) {
    const os::testing::TemporaryDirectory home;
    os::publish_file(home.path() / "config",
                     "# comment\n[default]\nregion = eu-west-1 # here\n"
                     "[profile  work]\r\nregion=us-east-2\r\nrole_arn = arn\n"
                     "s3 =\n  max_bandwidth = 10MB/s\nendpoint_url = http://x\nstray line\n"
                     "aws_access_key_id = shadowed\n[unclosed\nlost = 1\n");
    os::publish_file(home.path() / "credentials",
                     "[work]\nAWS_ACCESS_KEY_ID = A\naws_secret_access_key = s=#;x\n");
    const os::Environment environment = {
        {"AWS_CONFIG_FILE", (home.path() / "config").string()},
        {"AWS_SHARED_CREDENTIALS_FILE", (home.path() / "credentials").string()}};
    const Profile work = load_profile(environment, "work");
    EXPECT_EQ(work.get("region"), "us-east-2");
    EXPECT_EQ(work.get("aws_access_key_id"), "A");
    EXPECT_EQ(work.get("aws_secret_access_key"), "s=#;x");
    EXPECT_EQ(work.get("s3.max_bandwidth"), "10MB/s");
    EXPECT_EQ(work.get("endpoint_url"), "http://x");
    EXPECT_EQ(work.get("lost"), "");
    EXPECT_EQ(load_profile(environment).get("region"), "eu-west-1");
    EXPECT_THROW(load_profile(environment, "none"), Error);

    EXPECT_EQ(keys_of(work)->secret_access_key, "s=#;x");
    EXPECT_FALSE(keys_of(load_profile(environment)));
}

TEST(LocalCredentials, AreMadeOnceForTheOwnerAlone) {
    const os::testing::TemporaryDirectory data;
    EXPECT_FALSE(read_local_credentials(data.path()));
    SystemRandom random;
    const Credentials first = ensure_local_credentials(data.path(), random);
    EXPECT_EQ(first.access_key_id.size(), 20U);
    EXPECT_EQ(first.secret_access_key.size(), 40U);
    struct stat status {};
    ASSERT_EQ(::stat((data.path() / "credentials").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600U);
    EXPECT_EQ(ensure_local_credentials(data.path(), random).secret_access_key,
              first.secret_access_key);
    EXPECT_EQ(read_local_credentials(data.path())->access_key_id, first.access_key_id);
}

TEST(LocalCredentials, RacingStartsAgree) {
    const os::testing::TemporaryDirectory data;
    SystemRandom random;
    std::vector<std::string> secrets(8);
    {
        std::vector<std::jthread> threads;
        for (std::string& secret : secrets)
            threads.emplace_back(
                [&] { secret = ensure_local_credentials(data.path(), random).secret_access_key; });
    }
    for (const std::string& secret : secrets)
        EXPECT_EQ(secret, secrets[0]);
}

TEST(LocalCredentials, DamagedFileIsNeverReplaced) {
    const os::testing::TemporaryDirectory data;
    os::publish_file(data.path() / "credentials", "garbage");
    SystemRandom random;
    EXPECT_THROW(ensure_local_credentials(data.path(), random), Error);
    EXPECT_EQ(os::read_file(data.path() / "credentials"), "garbage");
}

}  // namespace
}  // namespace lifeboat::cloud

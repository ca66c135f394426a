#include "cli/config.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "os/file.h"
#include "os/testing/temporary_directory.h"

namespace lifeboat::cli {
namespace {

class ConfigTest : public ::testing::Test {
  protected:
    Config load(std::string_view text) {
        os::publish_file(directory.path() / "lifeboat.toml", text);
        return load_config(std::nullopt, directory.path());
    }
    std::string problem(std::string_view text) {
        try {
            load(text);
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), "InvalidConfiguration");
            return e.message();
        }
        return "";
    }
    os::testing::TemporaryDirectory directory;
};

TEST_F(ConfigTest, AbsentFileMeansDefaults) {
    EXPECT_EQ(load_config(std::nullopt, directory.path()).listen, "127.0.0.1:7411");
    EXPECT_THROW(load_config(directory.path() / "none.toml", directory.path()), Error);
}

TEST_F(ConfigTest, SettingsOfServicesAreFlattened) {
    const Config config = load(
        "region = 'eu-west-1'\n[log]\nlevel='debug'\n[local.datasync]\ntask_quota = 7\n"
        "[local.sagemaker]\npending_seconds = 0.5\n");
    EXPECT_EQ(config.place.region, "eu-west-1");
    EXPECT_EQ(config.log_level, "debug");
    EXPECT_EQ(config.settings.integer("datasync.task_quota", 100), 7);
    EXPECT_EQ(config.settings.seconds("sagemaker.pending_seconds", Duration(0)),
              std::chrono::milliseconds(500));
}

TEST_F(ConfigTest, SaysWhatIsDeployedAndWhichCloudServesWhat) {
    const Config config = load(
        "[deploy]\nstack = 'mine'\nbucket = 'b'\n[services]\ndynamodb = 'aws'\n"
        "sqs = 'http://127.0.0.1:5000'\n");
    EXPECT_EQ(config.deploy.at("stack"), "mine");
    EXPECT_EQ(config.services.at("dynamodb"), "aws");
    EXPECT_EQ(config.services.at("dynamodbstreams"), "aws");
    EXPECT_EQ(config.services.at("sqs"), "http://127.0.0.1:5000");
}

TEST_F(ConfigTest, SettingsOfRecoveryAreKnownOnes) {
    const Config config = load("[recovery]\ncopy_engine = 'worker'\nmap_owner = false\n");
    EXPECT_EQ(config.recovery.at("copy_engine"), "worker");
    EXPECT_EQ(config.recovery.at("map_owner"), "false");
    EXPECT_NE(problem("[recovery]\ncopy = 'x'").find("unknown key 'recovery.copy'"),
              std::string::npos);
    const std::string wrong = problem("[recovery]\nmap_owner = true\ncopy_engine = 'Worker'");
    EXPECT_NE(wrong.find("lifeboat.toml:3: in [recovery]: the setting copy_engine is 'Worker', not "
                         "datasync or worker"),
              std::string::npos)
        << wrong;
    for (const char* line : {"overwrite_mode = 'newer'", "map_owner = 'yes'", "target_ready = ''",
                             "poll_seconds = 1.5", "copy_slots = -1"})
        EXPECT_NE(problem(std::string("[recovery]\n") + line).find("lifeboat.toml:2: "),
                  std::string::npos)
            << line;
}

TEST_F(ConfigTest, MistakesAreNamedWithFileAndLine) {
    EXPECT_NE(problem("\nregoin = 'x'").find("lifeboat.toml:2: unknown key 'regoin'"),
              std::string::npos);
    EXPECT_NE(problem("region = 3").find("'region' must be a string"), std::string::npos);
    EXPECT_NE(problem("region = ").find("lifeboat.toml:1"), std::string::npos);
    EXPECT_NE(problem("[deploy]\nstak = 'x'").find("unknown key 'deploy.stak'"), std::string::npos);
    const std::string moon = problem("[services]\ndynamodb = 'aws'\nsqs = 'moon'");
    EXPECT_NE(moon.find("lifeboat.toml:3: 'services.sqs' is aws, local or the URL"),
              std::string::npos)
        << moon;
    EXPECT_NE(problem("[services]\nsqs = 'http://'").find("no host"), std::string::npos);
    EXPECT_NE(problem("[services]\ndynamo = 'aws'").find("unknown key 'services.dynamo'"),
              std::string::npos);
    EXPECT_NE(problem("[local.x]\ny = [1]").find("'local.x.y'"), std::string::npos);
}

}  // namespace
}  // namespace lifeboat::cli

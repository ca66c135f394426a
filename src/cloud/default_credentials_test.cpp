#include "cloud/default_credentials.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/testing/manual_clock.h"
#include "cloud/testing/scripted_server.h"
#include "os/file.h"
#include "os/testing/temporary_directory.h"

namespace lifeboat::cloud {
namespace {

using testing::http_answer;
using testing::ScriptedServer;
using Kind = testing::Step::Kind;

std::string sts_answer(const std::string& operation, const std::string& key) {
    return http_answer(
        200, "<" + operation + "Response><" + operation + "Result><Credentials><AccessKeyId>" +
                 key + "</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t-" + key +
                 "</SessionToken><Expiration>2026-01-02T10:18:24Z</Expiration></Credentials></" +
                 operation + "Result></" + operation + "Response>");
}

std::string document(const std::string& key, const std::string& token_member) {
    return R"({"Version":1,"Code":"Success","AccessKeyId":")" + key +
           R"(","SecretAccessKey":"s",")" + token_member +
           R"(":"tok","Expiration":"2026-01-02T10:18:24Z"})";
}

class DefaultCredentials : public ::testing::Test {
  protected:
    void write(const std::string& config, const std::string& keys = "") {
        std::filesystem::create_directories(home.path() / ".aws");
        os::publish_file(home.path() / ".aws/config", config);
        os::publish_file(home.path() / ".aws/credentials", keys);
    }
    Credentials find(const std::string& profile = "") {
        const CredentialsWorld world{environment, clock, random, http, http};
        return require_credentials(*default_credentials(world, profile));
    }
    Error failure(const std::string& profile = "") {
        try {
            find(profile);
        } catch (const Error& e) {
            return e;
        }
        return Error(ErrorCategory::Internal, "none", "");
    }

    const os::testing::TemporaryDirectory home;
    os::Environment environment = {{"HOME", home.path().string()},
                                   {"PATH", "/usr/bin:/bin"},
                                   {"AWS_EC2_METADATA_DISABLED", "true"}};
    lifeboat::testing::ManualClock clock{*parse_iso8601("2026-01-02T09:18:24Z")};
    SystemClock real;
    SeededRandom random{1};
    HttpClient http{HttpClientOptions{}, real};
};

TEST_F(DefaultCredentials, EnvironmentComesBeforeTheDefaultProfileAndAfterANamedOne) {
    write("",
          "[default]\naws_access_key_id=D\naws_secret_access_key=d\n"
          "[other]\naws_access_key_id=O\naws_secret_access_key=o\n");
    EXPECT_EQ(find().access_key_id, "D");
    environment["AWS_ACCESS_KEY_ID"] = "E";
    EXPECT_EQ(failure().code(), "PartialCredentials");
    environment["AWS_SECRET_ACCESS_KEY"] = "e";
    environment["AWS_SESSION_TOKEN"] = "t";
    EXPECT_EQ(find().session_token, "t");
    EXPECT_EQ(find("other").access_key_id, "O");
}

TEST_F(DefaultCredentials, AbsenceSaysWhereToPutThem) {
    const Error error = failure();
    EXPECT_EQ(error.code(), "NoCredentials");
    EXPECT_NE(error.message().find("AWS_ACCESS_KEY_ID"), std::string::npos);
}

TEST_F(DefaultCredentials, RolesAreTakenOneAfterAnother) {
    ScriptedServer sts({{Kind::Answer, sts_answer("AssumeRole", "MIDDLE")},
                        {Kind::Answer, sts_answer("AssumeRole", "LAST")}});
    environment["AWS_ENDPOINT_URL_STS"] = sts.url();
    write(
        "[profile last]\nrole_arn = arn:aws:iam::222222222222:role/last\n"
        "source_profile = middle\nexternal_id = x=1\nduration_seconds = 1800\n"
        "role_session_name = me\n"
        "[profile middle]\nrole_arn = arn:aws:iam::111111111111:role/middle\n"
        "source_profile = base\n",
        "[base]\naws_access_key_id=BASE\naws_secret_access_key=b\n");
    const Credentials credentials = find("last");
    EXPECT_EQ(credentials.access_key_id, "LAST");
    EXPECT_EQ(credentials.session_token, "t-LAST");
    EXPECT_EQ(credentials.expiration, parse_iso8601("2026-01-02T10:18:24Z"));
    const auto seen = sts.requests();
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_NE(seen[0].find("Credential=BASE/"), std::string::npos);
    EXPECT_NE(seen[0].find("role%2Fmiddle"), std::string::npos);
    EXPECT_NE(seen[0].find("RoleSessionName=lifeboat-"), std::string::npos);
    EXPECT_NE(seen[1].find("Credential=MIDDLE/"), std::string::npos);
    EXPECT_NE(seen[1].find("X-Amz-Security-Token: t-MIDDLE"), std::string::npos) << seen[1];
    EXPECT_NE(seen[1].find("ExternalId=x%3D1"), std::string::npos);
    EXPECT_NE(seen[1].find("DurationSeconds=1800"), std::string::npos);
    EXPECT_NE(seen[1].find("RoleSessionName=me"), std::string::npos);
}

TEST_F(DefaultCredentials, ProfileMayTakeItsRoleWithItsOwnKeys) {
    ScriptedServer sts({{Kind::Answer, sts_answer("AssumeRole", "OWN")}});
    environment["AWS_ENDPOINT_URL_STS"] = sts.url();
    write("[profile p]\nrole_arn = arn:aws:iam::111111111111:role/r\nsource_profile = p\n",
          "[p]\naws_access_key_id=P\naws_secret_access_key=p\n");
    EXPECT_EQ(find("p").access_key_id, "OWN");
}

TEST_F(DefaultCredentials, WebIdentityIsNotSigned) {
    ScriptedServer sts({{Kind::Answer, sts_answer("AssumeRoleWithWebIdentity", "WEB")}});
    environment["AWS_ENDPOINT_URL_STS"] = sts.url();
    os::publish_file(home.path() / "token", "jwt\n");
    environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = (home.path() / "token").string();
    environment["AWS_ROLE_ARN"] = "arn:aws:iam::111111111111:role/pod";
    EXPECT_EQ(find().access_key_id, "WEB");
    const std::string seen = sts.requests()[0];
    EXPECT_EQ(seen.find("Authorization"), std::string::npos);
    EXPECT_TRUE(seen.ends_with("&WebIdentityToken=jwt")) << seen;
}

TEST_F(DefaultCredentials, ContainerShowsItsToken) {
    ScriptedServer agent({{Kind::Reset, ""},
                          {Kind::Close, http_answer(500, "")},
                          {Kind::Answer, http_answer(200, document("POD", "Token"))}});
    environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = agent.url() + "/v1/credentials?x=1";
    environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "not this";
    os::publish_file(home.path() / "token", "secret\n");
    environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = (home.path() / "token").string();
    EXPECT_EQ(find().access_key_id, "POD");
    const std::string seen = agent.requests().back();
    EXPECT_TRUE(seen.starts_with("GET /v1/credentials?x=1 HTTP/1.1")) << seen;
    EXPECT_NE(seen.find("Authorization: secret\r\n"), std::string::npos);
}

TEST_F(DefaultCredentials, ContainersTokenNeverTravelsOpenlyToStrangers) {
    environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://192.0.2.1/credentials";
    EXPECT_EQ(failure().code(), "InvalidCredentialsUri");
}

TEST_F(DefaultCredentials, InstanceAnswersOnlyToItsSessionToken) {
    ScriptedServer metadata({{Kind::Answer, http_answer(200, "session")},
                             {Kind::Answer, http_answer(200, "the role\n")},
                             {Kind::Answer, http_answer(200, document("EC2", "Token"))}});
    environment.erase("AWS_EC2_METADATA_DISABLED");
    environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = metadata.url();
    EXPECT_EQ(find().access_key_id, "EC2");
    const auto seen = metadata.requests();
    EXPECT_TRUE(seen[0].starts_with("PUT /latest/api/token ")) << seen[0];
    EXPECT_TRUE(
        seen[2].starts_with("GET /latest/meta-data/iam/security-credentials/the%20role HTTP"))
        << seen[2];
    EXPECT_NE(seen[2].find("X-aws-ec2-metadata-token: session"), std::string::npos);
}

TEST_F(DefaultCredentials, ProcessPrintsThem) {
    write("[profile p]\ncredential_process = echo '" + document("PROC", "SessionToken") +
          "'\n[profile q]\ncredential_process = echo hush-hush; exit 1\n");
    EXPECT_EQ(find("p").access_key_id, "PROC");
    const Error error = failure("q");
    EXPECT_EQ(error.code(), "CredentialProcessFailed");
    EXPECT_EQ(std::string(error.what()).find("hush"), std::string::npos) << error.what();
}

TEST_F(DefaultCredentials, ContradictionsAreNamed) {
    write(
        "[profile loop]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = pool\n"
        "[profile pool]\nrole_arn = arn:aws:iam::1:role/b\nsource_profile = loop\n"
        "[profile none]\nrole_arn = arn:aws:iam::1:role/b\n"
        "[profile both]\nrole_arn = a\nsource_profile = loop\ncredential_source = Environment\n"
        "[profile odd]\nrole_arn = a\ncredential_source = Moon\n"
        "[profile long]\nrole_arn = a\ncredential_source = Environment\nduration_seconds = 9h\n"
        "[profile mfa]\nrole_arn = a\ncredential_source = Environment\nmfa_serial = m\n"
        "[profile sso]\nsso_session = s\n"
        "[profile dry]\nrole_arn = a\nsource_profile = empty\n[profile empty]\nregion = x\n");
    for (const char* profile : {"loop", "none", "both", "odd", "long", "mfa", "sso", "dry"}) {
        const Error error = failure(profile);
        EXPECT_EQ(error.code(), "InvalidProfile") << profile;
        EXPECT_NE(error.message().find(std::string("'")), std::string::npos);
    }
}

}  // namespace
}  // namespace lifeboat::cloud

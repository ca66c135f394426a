#include "apps/recovery/profile.h"

#include <gtest/gtest.h>

#include "apps/recovery/row.h"
#include "base/error.h"
#include "base/json.h"

namespace lifeboat::recovery {
namespace {

TEST(Profile, NamesCompareWithoutCase) {
    EXPECT_TRUE(same_profile({Kind::User, "Alice"}, {Kind::User, "aLICE"}));
    EXPECT_EQ((Profile{Kind::User, "Alice"}.key()), "alice");
}

TEST(Profile, UserAndSpaceOfOneNameHaveDifferentKeys) {
    EXPECT_FALSE(same_profile({Kind::User, "team"}, {Kind::Space, "team"}));
    EXPECT_EQ((Profile{Kind::Space, "Team"}.key()), "space:team");
}

TEST(Home, EmptyUidIsNoHome) {
    EXPECT_FALSE((Home{"fs-1", ""}.known()));
    EXPECT_FALSE((Home{"", "200000"}.known()));
    EXPECT_TRUE((Home{"fs-1", "200000"}.known()));
    for (const char* text : {"", "/", "..", "2000x0", "-5", "12345678901"})
        EXPECT_FALSE(is_uid(text)) << text;
}

TEST(DomainKey, QualifiedKeyKeepsThePlainName) {
    EXPECT_EQ(plain_domain_name(qualified_domain_key("studio", "d-abc")), "studio");
    EXPECT_EQ(plain_domain_name("studio"), "studio");
}

Json seed_row() {
    return {{"profile_name", "User1"}, {"domain_name", "studio"},
            {"replication", true},     {"role_name", "x"},
            {"domain_id", "d-1"},      {"user_profile_name", "User1"},
            {"space_name", nullptr},   {"efs_sys_id", "fs-1"},
            {"efs_uid", "200000"},     {"replication_status", "SUCCESS"},
            {"bytes_written", "42"}};
}

TEST(Row, ReadsARowOfTheAwsSample) {
    const Row row = row_from(seed_row());
    EXPECT_EQ(row.profile.kind, Kind::User);
    EXPECT_EQ(row.profile.key(), "user1");
    EXPECT_EQ(row.home, (Home{"fs-1", "200000"}));
    EXPECT_TRUE(row.is_live());
    EXPECT_EQ(row.revision, 0);
}

TEST(Row, ASpaceIsRecognisedUnderABareKey) {
    Json plain = seed_row();
    plain["user_profile_name"] = "";
    plain["space_name"] = "User1";
    EXPECT_EQ(row_from(plain).profile.kind, Kind::Space);
}

TEST(Row, CountersWithoutAProfileAreNoRow) {
    EXPECT_THROW(
        row_from({{"profile_name", "space1"}, {"domain_name", "studio"}, {"bytes_written", "1"}}),
        Error);
    EXPECT_THROW(row_from({{"domain_name", "studio"}}), Error);
}

TEST(ExecutionName, IsTheSameForTheSameHomeAndAttemptOnly) {
    Row row = row_from(seed_row());
    const std::string name = execution_name(row);
    row.profile.name = "uSER1";
    EXPECT_EQ(execution_name(row), name);
    row.attempt = 1;
    EXPECT_EQ(execution_name(row), name + "-r1");
    row.attempt = 0;
    row.home.uid = "200005";
    EXPECT_NE(execution_name(row), name);
    row.home.uid = "200000";
    row.profile.kind = Kind::Space;
    EXPECT_NE(execution_name(row), name);
}

TEST(ExecutionName, FitsStepFunctions) {
    Row row = row_from(seed_row());
    row.profile.name = std::string(63, 'a');
    row.home = {"fs-0123456789abcdef0", "4294967295"};
    row.attempt = 1'000'000;
    EXPECT_LE(execution_name(row).size(), 80u);
}

}  // namespace
}  // namespace lifeboat::recovery

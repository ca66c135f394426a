#include "vault/area_token.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"
#include "os/file.h"
#include "os/testing/temporary_directory.h"
#include "vault/area.h"
#include "vault/audit_log.h"

namespace lifeboat::vault {
namespace {

class AnArea : public testing::Test {
  protected:
    AnArea() { areas_.create("user1"); }

    os::testing::TemporaryDirectory folder_;
    SystemClock clock_;
    SystemRandom random_;
    Areas areas_{folder_.path() / "vault"};
    AreaTokens tokens_{areas_.folder("user1")};
};

TEST_F(AnArea, IsMadeOnceAndNamedLikeASegment) {
    EXPECT_THROW(areas_.create("user1"), Error);
    for (const char* wrong : {"", ".", "..", "a/b", ".a", "-a", "a%2f", "a b", "\xc3\xa4"})
        EXPECT_THROW(areas_.create(wrong), Error) << wrong;
    areas_.create("A.b_c-9");
    EXPECT_EQ(areas_.list(), (std::vector<std::string>{"A.b_c-9", "user1"}));
}

TEST_F(AnArea, IsSweptOfUploadsThatEndedLongAgo) {
    const auto folder = areas_.repository("user1") / "tmp";
    std::filesystem::create_directory(folder);
    os::publish_file(folder / "left", "x");
    const Time now = clock_.now();
    EXPECT_EQ(areas_.sweep(now), 0U);
    EXPECT_EQ(areas_.sweep(now + std::chrono::hours(25)), 1U);
    EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST_F(AnArea, LetsInWhoHasTheSecretOfAValidToken) {
    const auto made =
        tokens_.create(Right::Append, "laptop", std::chrono::hours(1), clock_, random_);
    const Time now = clock_.now();
    const auto verified = tokens_.verify(made.token.id, made.secret, now);
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->right, Right::Append);
    EXPECT_EQ(verified->label, "laptop");
    const std::string file = os::read_file(areas_.folder("user1") / "tokens.json");
    EXPECT_EQ(file.find(made.secret), std::string::npos);

    EXPECT_FALSE(tokens_.verify(made.token.id, made.secret + "x", now));
    EXPECT_FALSE(tokens_.verify(made.token.id, made.token.digest, now));
    EXPECT_FALSE(tokens_.verify("", "", now));
    EXPECT_FALSE(tokens_.verify("unknown", made.secret, now));
    EXPECT_FALSE(tokens_.verify(made.token.id, made.secret, now + std::chrono::hours(1)));
    areas_.create("user2");
    EXPECT_FALSE(AreaTokens(areas_.folder("user2")).verify(made.token.id, made.secret, now));
    tokens_.revoke(made.token.id, clock_);
    EXPECT_FALSE(tokens_.verify(made.token.id, made.secret, now));
    EXPECT_THROW(tokens_.revoke("unknown", clock_), Error);
}

TEST_F(AnArea, LetsNobodyInByAListItCannotRead) {
    const auto made = tokens_.create(Right::Admin, "", std::nullopt, clock_, random_);
    const auto file = areas_.folder("user1") / "tokens.json";
    Json kept = parse_json(os::read_file(file), "tokens");
    kept["Tokens"][0]["Expires"] = "when it suits me";
    os::publish_file(file, to_text(kept));
    EXPECT_THROW(tokens_.verify(made.token.id, made.secret, clock_.now()), Error);
    os::publish_file(file, "{");
    EXPECT_THROW(tokens_.verify(made.token.id, made.secret, clock_.now()), Error);
}

TEST(Rights, AreWhatTheyAreCalled) {
    for (const auto action : {AreaAction::List, AreaAction::Read})
        for (const auto right : {Right::Read, Right::Append, Right::Admin})
            EXPECT_TRUE(may(right, action, FileKind::Data));
    EXPECT_FALSE(may(Right::Read, AreaAction::Add, FileKind::Lock));
    EXPECT_TRUE(may(Right::Append, AreaAction::Add, FileKind::Data));
    for (const auto kind :
         {FileKind::Config, FileKind::Data, FileKind::Index, FileKind::Key, FileKind::Snapshot}) {
        EXPECT_FALSE(may(Right::Append, AreaAction::Delete, kind));
        EXPECT_TRUE(may(Right::Admin, AreaAction::Delete, kind));
    }
    EXPECT_TRUE(may(Right::Append, AreaAction::Delete, FileKind::Lock));
}

TEST(AnAuditLog, KeepsTheNewestAndStaysBounded) {
    os::testing::TemporaryDirectory folder;
    const auto file = folder.path() / "audit.jsonl";
    const Time now = SystemClock().now();
    {
        AuditLog log(file, 2000);
        for (int i = 0; i < 500; ++i)
            log.add({i % 2 ? "odd" : "even", std::string(500, 'x'), "127.0.0.1", "read",
                     std::to_string(i) + "\n\xff", "done", "", 0},
                    now);
    }
    std::uintmax_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
        bytes += entry.file_size();
    EXPECT_LE(bytes, 2000U * (AuditLog::kKept + 1));
    AuditLog(file).add({"odd", "", "", "read", "last", "refused", "why", 7}, now);
    const auto found = AuditLog::read(file, "odd", 3);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[2]["File"], "last");
    EXPECT_EQ(found[1]["File"], "3439390aff");  // no text, so hexadecimal
    EXPECT_EQ(found[0]["Area"], "odd");
}

}  // namespace
}  // namespace lifeboat::vault

#include "vault/rest_store.h"

#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "base/encoding.h"
#include "base/error.h"
#include "vault/id.h"
#include "vault/retrying_store.h"

namespace lifeboat::vault {
namespace {

// Answers what it is told to, in order; remembers what it was asked.
class Script final : public cloud::HttpTransport {
  public:
    cloud::HttpResponse send(const cloud::Url&, const cloud::HttpRequest& request) override {
        asked.push_back(request);
        if (answers.empty())
            throw Error(ErrorCategory::Unavailable, "ConnectionFailed", "nobody is there");
        cloud::HttpResponse answer = answers.front();
        answers.pop_front();
        return answer;
    }
    std::deque<cloud::HttpResponse> answers;
    std::vector<cloud::HttpRequest> asked;
};

class ARestStore : public testing::Test {
  protected:
    std::shared_ptr<Script> script_ = std::make_shared<Script>();
    RestStore store_{parse_rest_location("rest:http://me:s%2Fe@host:8000/below/"), script_};
    const std::string name_ = Id::of("content").hex();
};

TEST(ARestLocation, HasAServerAndAPassword) {
    const RestLocation found = parse_rest_location("rest:https://me:s%2Fe@host/a/b/");
    EXPECT_TRUE(found.server.tls);
    EXPECT_EQ(found.server.path, "/a/b");
    EXPECT_EQ(found.authorization, "Basic " + base64_encode("me:s/e"));
    EXPECT_EQ(parse_rest_location("rest:http://host:1").authorization, "");
    EXPECT_EQ(parse_rest_location("rest:http://host/a@b/").server.path, "/a@b");
    EXPECT_EQ(without_password("rest:http://me:secret@host/a"), "rest:http://me:***@host/a");
    EXPECT_EQ(without_password("rest:http://host/a:b@c"), "rest:http://host/a:b@c");
    EXPECT_EQ(without_password("/a/directory"), "/a/directory");
    try {
        parse_rest_location("rest:ftp://me:secret@host/");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.message().find("secret"), std::string::npos);
    }
}

TEST_F(ARestStore, AsksForVersionTwoAndUnderstandsOne) {
    script_->answers = {{200,
                         {{"Content-Type", "application/vnd.x.restic.rest.v1"}},
                         "[\"" + name_ + "\", \"stranger\"]"},
                        {200, {{"Content-Length", "7"}}, ""},
                        {200, {}, "null"}};
    std::vector<std::uint64_t> sizes;
    const auto visit = [&](const std::string&, std::uint64_t size) { sizes.push_back(size); };
    store_.each(FileKind::Index, visit);
    store_.each(FileKind::Index, visit);
    EXPECT_EQ(sizes, std::vector<std::uint64_t>{7});
    EXPECT_EQ(script_->asked[0].target, "/below/index/");
    EXPECT_EQ(script_->asked[0].headers.get("accept"), "application/vnd.x.restic.rest.v2");
    EXPECT_EQ(script_->asked[1].method + " " + script_->asked[1].target,
              "HEAD /below/index/" + name_);
}

TEST_F(ARestStore, TakesAListThatFailedForNoEmptyOne) {
    std::vector<std::string> names;
    const auto visit = [&](const std::string& name, std::uint64_t) { names.push_back(name); };
    const cloud::HttpResponse none{404, {}, ""};
    const cloud::HttpResponse rclone{404, {{"Server", "rclone/v1.60.1"}}, ""};
    const std::string listed = R"([{"name": ")" + name_ + R"(", "size": 7}])";
    const cloud::HttpResponse whole{
        200, {{"Content-Type", "application/vnd.x.restic.rest.v2"}}, listed};
    // No folder; nothing in it any more.
    script_->answers = {none, none, none, {200, {}, "[]"}, none, {200, {}, "null"}};
    for (int i = 0; i < 3; ++i)
        store_.each(FileKind::Snapshot, visit);
    EXPECT_TRUE(script_->answers.empty());
    EXPECT_EQ(script_->asked[1].target, "/below/snapshots/");
    EXPECT_EQ(script_->asked[1].headers.find("accept"), nullptr) << "names without sizes";
    // A file of it went while it was listed, or the server failed otherwise.
    for (const auto& answers : {std::deque{none, {200, {}, "[\"" + name_ + "\"]"}},
                                std::deque{none, {500, {}, ""}}, std::deque{rclone}}) {
        script_->answers = answers;
        try {
            store_.each(FileKind::Snapshot, visit);
            ADD_FAILURE() << "taken for an empty list";
        } catch (const Error& error) {
            EXPECT_TRUE(is_retryable(error)) << error.what();
        }
        EXPECT_TRUE(script_->answers.empty());
    }
    EXPECT_TRUE(names.empty());
    script_->answers = {whole};
    store_.each(FileKind::Snapshot, visit);
    EXPECT_EQ(names, std::vector<std::string>{name_});
}

TEST_F(ARestStore, TakesTheRangeOutOfAWholeFile) {
    script_->answers = {{200, {}, "content"}, {206, {}, "nte"}, {206, {}, "nt"}, {416, {}, ""}};
    std::string part(3, '\0');
    store_.load(FileKind::Data, name_, 2, part.data(), 3);
    EXPECT_EQ(part, "nte");
    EXPECT_EQ(script_->asked[0].headers.get("range"), "bytes=2-4");
    part = "...";
    store_.load(FileKind::Data, name_, 2, part.data(), 3);
    EXPECT_EQ(part, "nte");
    EXPECT_THROW(store_.load(FileKind::Data, name_, 2, part.data(), 3), Error);
    EXPECT_THROW(store_.load(FileKind::Data, name_, 9, part.data(), 3), Error);
}

TEST_F(ARestStore, TellsARefusalFromAFileThatIsThere) {
    const auto code = [&](FileKind kind) -> std::string {
        try {
            store_.save(kind, kind == FileKind::Config ? "config" : name_, "content");
        } catch (const Error& error) {
            return error.code();
        }
        return "saved";
    };
    const cloud::HttpResponse no{403, {}, ""};
    const cloud::HttpResponse none{404, {}, ""};
    const auto there = [](const char* size) {
        return cloud::HttpResponse{200, {{"Content-Length", size}}, ""};
    };
    script_->answers = {no,   there("7"), no,         there("6"),    no,
                        none, no,         there("7"), {507, {}, ""}, {401, {}, ""}};
    EXPECT_EQ(code(FileKind::Data), "saved");
    EXPECT_EQ(code(FileKind::Data), "WrongContent");
    EXPECT_EQ(code(FileKind::Data), "NotAllowed");
    EXPECT_EQ(code(FileKind::Config), "RepositoryExists");
    EXPECT_EQ(code(FileKind::Data), "ServerFull");
    EXPECT_EQ(code(FileKind::Data), "NotAuthenticated");
}

TEST(ARetryingStore, RepeatsWhatMayPassAndNothingElse) {
    const auto script = std::make_shared<Script>();
    SystemClock clock;
    SeededRandom random(1);
    RetryingStore store(
        std::make_unique<RestStore>(parse_rest_location("rest:http://host/"), script),
        {3, {std::chrono::milliseconds(1), 1.0, std::chrono::milliseconds(1)}}, clock, random);
    const std::string name = Id::of("x").hex();
    script->answers = {{503, {}, ""}, {500, {}, ""}, {200, {}, "x"}};
    EXPECT_EQ(store.load(FileKind::Data, name), "x");
    EXPECT_EQ(script->asked.size(), 3U);
    script->answers = {{404, {}, ""}, {200, {}, "x"}};
    EXPECT_THROW(store.load(FileKind::Data, name), Error);
    EXPECT_EQ(script->asked.size(), 4U);
    script->answers.clear();
    EXPECT_THROW(store.load(FileKind::Data, name), Error);
    EXPECT_EQ(script->asked.size(), 7U);
    // The first try was taken, but its answer was lost.
    script->answers = {
        {502, {}, ""}, {403, {}, ""}, {200, {{"Content-Length", "1"}}, ""}, {200, {}, "x"}};
    store.save(FileKind::Config, "config", "x");
    script->answers = {
        {502, {}, ""}, {403, {}, ""}, {200, {{"Content-Length", "1"}}, ""}, {200, {}, "y"}};
    EXPECT_THROW(store.save(FileKind::Config, "config", "x"), Error);
}

}  // namespace
}  // namespace lifeboat::vault

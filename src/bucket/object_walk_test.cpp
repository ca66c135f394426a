#include "bucket/object_walk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>

#include "base/json.h"
#include "bucket/testing/copy_fixture.h"

namespace lifeboat::bucket {
namespace {

namespace fs = std::filesystem;
using mover::testing::write_file;

class ObjectWalkTest : public testing::CopyFixture {
  protected:
    void put(const std::string& key) {
        Bucket(s3_, place_.bucket, "a/b/", "").put("a/b/" + key, key, Json::object());
    }
};

TEST_F(ObjectWalkTest, AsksForEachFolderOnceAndForManyAtATime) {
    for (int i = 0; i < 20; ++i) {
        fs::create_directory(source_ / ("folder" + std::to_string(i)));
        write_file(source_ / ("folder" + std::to_string(i)) / "file", "x");
    }
    expect_success(up());
    put("none/below/file");
    std::mutex mutex;
    std::condition_variable came;
    std::map<std::string, int> asked;
    int now = 0;
    int most = 0;
    s3_.change_answers([&](std::string_view operation, const Json& request, Json&) {
        const std::string key = request.value("Key", "");
        if (operation != "HeadObject" || !key.ends_with('/')) return;
        std::unique_lock lock(mutex);
        ++asked[key];
        most = std::max(most, ++now);
        came.notify_all();
        came.wait_for(lock, std::chrono::milliseconds(100), [&] { return most > 1; });
        --now;
    });
    options_.verify_mode = mover::VerifyMode::None;
    mover::Surroundings around = surroundings();
    around.estimate = mover::Estimate::None;
    expect_success(down(around));
    s3_.change_answers({});
    EXPECT_GT(most, 1);
    EXPECT_EQ(asked.size(), 21U) << "the root, and none that has no object";
    for (const auto& [key, times] : asked)
        EXPECT_EQ(times, 1) << key;
    EXPECT_TRUE(fs::exists(destination_ / "none" / "below" / "file"));
}

TEST_F(ObjectWalkTest, KnowsAFolderThatHasTheNameOfAFile) {
    for (const char* key : {"a", "a b", "a-", "a-/x", "a-b/x", "a.", "a/x", "ab", "ab/x", "b/x"})
        put(key);
    const mover::Report report = down();
    std::map<std::string, std::string> failures;
    for (const mover::Failure& failure : report.failures) {
        failures[failure.path] = failure.code;
        EXPECT_NE(failure.message.find("delete one of them"), std::string::npos);
    }
    EXPECT_EQ(failures, (std::map<std::string, std::string>{
                            {"a", "NameTwice"}, {"a-", "NameTwice"}, {"ab", "NameTwice"}}));
    for (const char* path : {"a", "a b", "a-", "a-b/x", "a.", "ab", "b/x"})
        EXPECT_TRUE(fs::is_regular_file(destination_ / path)) << path;
}

TEST(NamesBefore, HoldsWhatALaterNameMayBeginWith) {
    NamesBefore names;
    for (const char* name : {"a", "a-", "a.", "a.b"})
        names.add(name);
    EXPECT_TRUE(names.holds("a"));
    EXPECT_FALSE(names.holds("a.b")) << "it is behind";
    EXPECT_FALSE(names.holds("b"));
}

}  // namespace
}  // namespace lifeboat::bucket

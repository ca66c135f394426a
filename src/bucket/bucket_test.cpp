#include "bucket/bucket.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "bucket/testing/memory_s3.h"

namespace lifeboat::bucket {
namespace {

class BucketTest : public ::testing::Test {
  protected:
    BucketTest() {
        for (char c = 'a'; c <= 'z'; ++c)
            bucket_.put(std::string("p/") + c, "x", Json::object());
    }
    std::string refused_listing() {
        try {
            bucket_.each("p/", [&](const Listed& listed) {
                listed_.push_back(listed.key);
                return true;
            });
        } catch (const Error& error) {
            return error.code();
        }
        return "";
    }

    // The ETag, or the code of the error.
    std::string put_large() {
        try {
            return bucket_.put_parts("p/large", Json::object(), [](Bucket::Parts& parts) {
                parts.add(1, "two");
                parts.add(0, "one");
            });
        } catch (const Error& error) {
            return error.code();
        }
    }

    testing::MemoryS3 s3_;
    Bucket bucket_{s3_, "bucket", "p/", ""};
    std::vector<std::string> listed_;
};

TEST_F(BucketTest, ListsPageByPageInOrder) {
    EXPECT_EQ(refused_listing(), "");
    EXPECT_EQ(listed_.size(), 26U);
    EXPECT_TRUE(std::is_sorted(listed_.begin(), listed_.end()));
}

TEST_F(BucketTest, TakesNothingOfAPageThatIsOutOfOrder) {
    s3_.change_answers([](std::string_view, const Json&, Json& page) {
        std::reverse(page["Contents"].begin(), page["Contents"].end());
    });
    EXPECT_EQ(refused_listing(), "InvalidResponse");
    EXPECT_TRUE(listed_.empty());
}

TEST_F(BucketTest, RefusesAPageThatComesAgain) {
    const Json first = s3_.call("s3", "ListObjectsV2", Json{{"Bucket", "bucket"}, {"Prefix", "p/"}},
                                cloud::CallOptions{});
    s3_.change_answers([&](std::string_view, const Json&, Json& page) { page = first; });
    EXPECT_EQ(refused_listing(), "InvalidResponse");
    EXPECT_EQ(listed_.size(), first["Contents"].size());
    EXPECT_THROW(bucket_.each_name("p/", [](const std::string&) {}), Error);
}

TEST_F(BucketTest, RefusesEmptyPagesWithoutEnd) {
    s3_.change_answers([&](std::string_view, const Json&, Json& page) {
        page = {{"IsTruncated", true}, {"NextContinuationToken", "again"}};
    });
    EXPECT_EQ(refused_listing(), "InvalidResponse");
    EXPECT_THROW(bucket_.has_any("p/"), Error);
}

TEST_F(BucketTest, HasWhatComesBehindAnEmptyPage) {
    s3_.change_answers([&](std::string_view, const Json& request, Json& page) {
        if (!request.contains("ContinuationToken"))
            page = {{"IsTruncated", true}, {"NextContinuationToken", "p/m"}};
    });
    EXPECT_TRUE(bucket_.has_any("p/"));
}

TEST_F(BucketTest, EndsUploadsThatWereLeft) {
    s3_.call("s3", "CreateMultipartUpload", {{"Key", "p/large"}, {"Metadata", Json::object()}});
    put_large();
    EXPECT_EQ(s3_.uploads(), 0U);
}

TEST_F(BucketTest, SendsPartsWhereItMayNotListUploads) {
    s3_.change_answers([](std::string_view operation, const Json&, Json&) {
        if (operation == "ListMultipartUploads")
            throw Error(ErrorCategory::PermissionDenied, "AccessDenied", "not allowed");
    });
    EXPECT_EQ(put_large(), etag_of_parts({md5("one"), md5("two")}));
}

TEST_F(BucketTest, SaysThatSomebodyEndedItsUpload) {
    s3_.change_answers([](std::string_view operation, const Json&, Json&) {
        if (operation == "UploadPart")
            throw Error(ErrorCategory::NotFound, "NoSuchUpload", "no such upload");
    });
    EXPECT_EQ(put_large(), "UploadEnded");
}

TEST_F(BucketTest, TakesTheObjectForItsOwnOnlyWhenItIs) {
    const auto lose_answer = [](std::string_view operation, const Json&, Json&) {
        if (operation == "CompleteMultipartUpload")
            throw Error(ErrorCategory::NotFound, "NoSuchUpload", "no such upload");
    };
    s3_.change_answers(lose_answer);
    EXPECT_EQ(put_large(), etag_of_parts({md5("one"), md5("two")}));
    // Another object of as many parts is what was there before.
    s3_.change_answers([&](std::string_view operation, const Json& request, Json& answer) {
        lose_answer(operation, request, answer);
        if (operation == "HeadObject") answer["ETag"] = etag_of_parts({md5("old"), md5("two")});
    });
    EXPECT_EQ(put_large(), "UploadEnded");
}

}  // namespace
}  // namespace lifeboat::bucket

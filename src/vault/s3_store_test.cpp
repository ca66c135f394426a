#include "vault/s3_store.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "vault/id.h"

namespace lifeboat::vault {
namespace {

// A bucket in memory that fails on cue, and remembers which operations it was asked for.
class Bucket final : public cloud::Cloud {
  public:
    Json call(std::string_view, std::string_view operation, const Json& request,
              const cloud::CallOptions&) override {
        asked.emplace_back(operation);
        if (fails_at == operation) {
            if (lasts_then_fails) answer(operation, request);
            throw failure;
        }
        return answer(operation, request);
    }
    Json answer(std::string_view operation, const Json& request) {
        const std::string key = string_or(request, "Key", "");
        if (operation == "HeadObject") {
            if (!objects.contains(key)) throw Error(ErrorCategory::NotFound, "NotFound", "none");
            return {{"ContentLength", objects[key].size()}};
        }
        if (operation == "PutObject") {
            if (request.contains("IfNoneMatch") && objects.contains(key))
                throw Error(ErrorCategory::InvalidInput, "PreconditionFailed", "there");
            objects[key] = *base64_decode(require_string(request, "Body"));
            classes[key] = string_or(request, "StorageClass", "");
        }
        if (operation == "CreateMultipartUpload") {
            classes[key] = string_or(request, "StorageClass", "");
            return {{"UploadId", "upload"}};
        }
        if (operation == "UploadPart") {
            parts.push_back(*base64_decode(require_string(request, "Body")));
            return {{"ETag", "tag"}};
        }
        if (operation == "CompleteMultipartUpload")
            for (std::string& part : parts)
                objects[key] += std::exchange(part, "");
        return Json::object();
    }

    std::map<std::string, std::string> objects;
    std::map<std::string, std::string> classes;
    std::vector<std::string> parts;
    std::vector<std::string> asked;
    std::string fails_at;
    bool lasts_then_fails = false;
    Error failure{ErrorCategory::Unavailable, "InternalError", "on cue"};
};

class AnS3Store : public testing::Test {
  protected:
    const std::shared_ptr<Bucket> bucket_ = std::make_shared<Bucket>();
    S3Store store_{"bucket", "a/b", bucket_, {"GLACIER_IR", 10, 25}};
    const std::string large_ = "a file that goes up in four parts..";
    const std::string name_ = Id::of(large_).hex();
    const std::string key_ = "a/b/data/" + name_.substr(0, 2) + "/" + name_;
};

TEST(AnS3Location, IsInAnyOfRestics) {
    const auto text = [](const char* location) {
        const S3Location found = parse_s3_location(location);
        return found.endpoint + "|" + found.region + "|" + found.bucket + "|" + found.prefix;
    };
    EXPECT_EQ(text("s3:http://127.0.0.1:7411/bucket/a/b/"), "http://127.0.0.1:7411||bucket|a/b");
    EXPECT_EQ(text("s3:https://host/bucket"), "https://host||bucket|");
    EXPECT_EQ(text("s3:host:9000/bucket/a"), "https://host:9000||bucket|a");
    EXPECT_EQ(text("s3://host/bucket/a"), "https://host||bucket|a");
    EXPECT_EQ(text("s3:s3.amazonaws.com/bucket//a"), "||bucket|a");
    EXPECT_EQ(text("s3:s3.eu-west-1.amazonaws.com/bucket"), "|eu-west-1|bucket|");
    for (const char* wrong : {"s3:", "s3:http://host", "s3:http://host/", "s3:///bucket"})
        EXPECT_THROW(parse_s3_location(wrong), Error) << wrong;
}

TEST_F(AnS3Store, SendsLargeFilesInParts) {
    store_.save(FileKind::Data, name_, large_);
    EXPECT_EQ(bucket_->objects[key_], large_);
    EXPECT_EQ(bucket_->parts.size(), 4U);
    EXPECT_EQ(bucket_->classes[key_], "GLACIER_IR");
    store_.save(FileKind::Data, name_, large_);
    EXPECT_EQ(bucket_->asked.back(), "HeadObject");
    EXPECT_EQ(bucket_->parts.size(), 4U);
}

TEST_F(AnS3Store, KeepsAllButPacksInTheBucketsOwnClass) {
    for (const FileKind kind : {FileKind::Index, FileKind::Snapshot, FileKind::Key})
        store_.save(kind, name_, "small");
    store_.save(FileKind::Config, "config", "small");
    for (const auto& [key, storage_class] : bucket_->classes)
        EXPECT_EQ(storage_class, "") << key;
    EXPECT_EQ(bucket_->objects.size(), 4U);
    EXPECT_TRUE(bucket_->objects.contains("a/b/config"));
    EXPECT_THROW(store_.save(FileKind::Config, "config", "other"), Error);
}

TEST_F(AnS3Store, AbortsWhatFails) {
    for (const char* operation : {"UploadPart", "CompleteMultipartUpload"}) {
        bucket_->fails_at = operation;
        EXPECT_THROW(store_.save(FileKind::Data, name_, large_), Error);
        EXPECT_EQ(bucket_->asked.back(), "AbortMultipartUpload") << operation;
        EXPECT_TRUE(bucket_->objects.empty());
        bucket_->parts.clear();
    }
}

TEST_F(AnS3Store, TakesAnUploadThatEndedUnheard) {
    bucket_->fails_at = "CompleteMultipartUpload";
    bucket_->lasts_then_fails = true;
    bucket_->failure = Error(ErrorCategory::NotFound, "NoSuchUpload", "it ended");
    store_.save(FileKind::Data, name_, large_);
    EXPECT_EQ(bucket_->objects[key_], large_);
}

TEST_F(AnS3Store, AsksForPatienceWhereOthersWorkInTheSamePlace) {
    for (const char* code : {"ConditionalRequestConflict", "ExistingObjectIsDirectory"})
        for (const char* operation : {"PutObject", "CompleteMultipartUpload"}) {
            bucket_->fails_at = operation;
            bucket_->failure = Error(ErrorCategory::InvalidInput, code, "on cue");
            const std::string content = operation == std::string("PutObject") ? "small" : large_;
            try {
                store_.save(FileKind::Data, Id::of(content).hex(), content);
                ADD_FAILURE() << operation << " " << code;
            } catch (const Error& error) {
                EXPECT_TRUE(is_retryable(error)) << operation << " " << error.what();
                EXPECT_EQ(error.code(), code);
            }
            bucket_->parts.clear();
        }
    bucket_->failure = Error(ErrorCategory::InvalidInput, "InvalidRequest", "on cue");
    try {
        store_.save(FileKind::Data, name_, large_);
        ADD_FAILURE() << "it was to fail";
    } catch (const Error& error) {
        EXPECT_FALSE(is_retryable(error));
    }
}

TEST_F(AnS3Store, NoticesWhatIsThereAndDamaged) {
    bucket_->objects[key_] = "short";
    EXPECT_THROW(store_.save(FileKind::Data, name_, large_), Error);
    EXPECT_EQ(bucket_->objects[key_], "short");
}

}  // namespace
}  // namespace lifeboat::vault

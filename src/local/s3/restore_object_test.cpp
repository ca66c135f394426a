#include "local/s3/restore_object.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "local/database.h"
#include "local/testing/fixture.h"

namespace lifeboat::local {
namespace {

using namespace std::chrono_literals;
using testing::LocalCloudTest;

// The clock of the fixture stands at 2026-01-02T09:18:24Z, a Friday.
class ArchiveTest : public LocalCloudTest {
  protected:
    void SetUp() override {
        open_with_delay("0");
        ok("s3", "CreateBucket", {{"Bucket", "cold"}});
    }
    void TearDown() override { fault::install(""); }

    void open_with_delay(const std::string& seconds) {
        open(Settings({{"s3.restore_seconds", seconds}}));
    }
    static Json of(const std::string& key, Json more = Json::object()) {
        more.update({{"Bucket", "cold"}, {"Key", key}});
        return more;
    }
    Json put(const std::string& key, const std::string& storage_class, Json more = Json::object()) {
        more.update({{"Body", base64_encode("text")}, {"StorageClass", storage_class}});
        return ok("s3", "PutObject", of(key, std::move(more)));
    }
    static Json request(const std::string& key, Json wanted) {
        return of(key, {{"RestoreRequest", std::move(wanted)}});
    }
    // The HTTP status, or the error's code.
    std::string restore(const std::string& key, Json wanted, Json more = Json::object()) {
        more.update(request(key, std::move(wanted)));
        try {
            return to_text(cloud().call("s3", "RestoreObject", more).at("StatusCode"));
        } catch (const Error& error) {
            last_message = error.message();
            last_members = error.members();
            return error.code();
        }
    }
    // The content, or the error's code.
    std::string read(const std::string& key, Json more = Json::object()) {
        try {
            const Json answer = cloud().call("s3", "GetObject", of(key, std::move(more)));
            return base64_decode(string_or(answer, "Body", "")).value_or("?");
        } catch (const Error& error) {
            last_message = error.message();
            last_members = error.members();
            return error.code();
        }
    }
    // The member Restore; "" when there is none.
    std::string told(const std::string& key, Json more = Json::object()) {
        return string_or(ok("s3", "HeadObject", of(key, std::move(more))), "Restore", "");
    }
    std::string copy(const std::string& from, const std::string& to, Json more = Json::object()) {
        more["CopySource"] = "cold/" + from;
        return code_of("s3", "CopyObject", of(to, std::move(more)));
    }

    Json last_members;
    const Json two_days = {{"Days", 2}};
    const std::string until_monday =
        R"(ongoing-request="false", expiry-date="Mon, 05 Jan 2026 00:00:00 GMT")";
};

TEST_F(ArchiveTest, AnArchivedObjectIsDescribedAndListedButNotRead) {
    for (const std::string storage_class : {"GLACIER", "DEEP_ARCHIVE"}) {
        put("a", storage_class);
        EXPECT_EQ(read("a"), "InvalidObjectState");
        EXPECT_EQ(last_message, "The operation is not valid for the object's storage class");
        EXPECT_EQ(last_members, (Json{{"StorageClass", storage_class}}));
        EXPECT_EQ(read("a", {{"Range", "bytes=0-0"}}), "InvalidObjectState");
        const Json head = ok("s3", "HeadObject", of("a"));
        EXPECT_EQ(head["StorageClass"], storage_class);
        EXPECT_EQ(head["ContentLength"], 4);
        EXPECT_EQ(find(head, "Restore"), nullptr);
        const Json listed = ok("s3", "ListObjectsV2", {{"Bucket", "cold"}});
        EXPECT_EQ(listed["Contents"][0]["StorageClass"], storage_class);
    }
}

TEST_F(ArchiveTest, OtherClassesAreReadAtOnceAndNotRestored) {
    for (const std::string storage_class : {"STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA",
                                            "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"}) {
        put("a", storage_class);
        EXPECT_EQ(read("a"), "text") << storage_class;
        EXPECT_EQ(restore("a", two_days), "InvalidObjectState");
        EXPECT_EQ(last_message, "Restore is not allowed for the object's current storage class");
        EXPECT_EQ(last_members, (Json{{"StorageClass", storage_class}}));
    }
    EXPECT_EQ(code_of("s3", "PutObject", of("b", {{"StorageClass", "OUTPOSTS"}})),
              "InvalidStorageClass");
}

TEST_F(ArchiveTest, ARestoredCopyIsReadUntilMidnightAfterItsDays) {
    put("a", "GLACIER");
    EXPECT_EQ(restore("a", two_days), "202");
    EXPECT_EQ(told("a"), until_monday);
    const Json answer = ok("s3", "GetObject", of("a"));
    EXPECT_EQ(answer["Body"], base64_encode("text"));
    EXPECT_EQ(answer["Restore"], until_monday);
    EXPECT_EQ(answer["StorageClass"], "GLACIER");
    clock.advance(62h + 41min + 35s);  // to the last second of Sunday
    EXPECT_EQ(read("a"), "text");
    clock.advance(1s);
    EXPECT_EQ(read("a"), "InvalidObjectState");
    EXPECT_EQ(told("a"), "");
    EXPECT_EQ(restore("a", two_days), "202");
    EXPECT_EQ(read("a"), "text");
}

TEST_F(ArchiveTest, ARestoreUnderWayIsToldAndNotAskedForTwice) {
    open_with_delay("3600");
    put("a", "DEEP_ARCHIVE");
    EXPECT_EQ(restore("a", two_days), "202");
    EXPECT_EQ(told("a"), R"(ongoing-request="true")");
    EXPECT_EQ(read("a"), "InvalidObjectState");
    EXPECT_EQ(copy("a", "b"), "InvalidObjectState");
    EXPECT_EQ(restore("a", two_days), "RestoreAlreadyInProgress");
    EXPECT_EQ(last_message, "Object restore is already in progress");
    clock.advance(1h - 1us);
    EXPECT_EQ(read("a"), "InvalidObjectState");
    clock.advance(1us);
    EXPECT_EQ(read("a"), "text");
    EXPECT_EQ(told("a"), until_monday);
}

TEST_F(ArchiveTest, TheDaysBeginWhenTheCopyIsThere) {
    open_with_delay("86400");
    put("a", "GLACIER");
    restore("a", two_days);
    clock.advance(24h);
    EXPECT_EQ(told("a"), R"(ongoing-request="false", expiry-date="Tue, 06 Jan 2026 00:00:00 GMT")");
}

TEST_F(ArchiveTest, RestoringWhatIsRestoredMovesItsExpiry) {
    put("a", "GLACIER");
    EXPECT_EQ(restore("a", {{"Days", 5}}), "202");
    open_with_delay("3600");
    EXPECT_EQ(restore("a", two_days), "200");
    EXPECT_EQ(told("a"), until_monday);
    EXPECT_EQ(read("a"), "text");
    clock.advance(24h);
    EXPECT_EQ(restore("a", two_days), "200");
    EXPECT_EQ(told("a"), R"(ongoing-request="false", expiry-date="Tue, 06 Jan 2026 00:00:00 GMT")");
}

TEST_F(ArchiveTest, TiersAreThoseOfTheClass) {
    const auto with_tier = [](const std::string& tier) {
        return Json{{"Days", 1}, {"GlacierJobParameters", {{"Tier", tier}}}};
    };
    for (const std::string storage_class : {"GLACIER", "DEEP_ARCHIVE"})
        for (const std::string tier : {"Standard", "Bulk", "Expedited"}) {
            put("a", storage_class);
            const bool is_offered = tier != "Expedited" || storage_class == "GLACIER";
            EXPECT_EQ(restore("a", with_tier(tier)), is_offered ? "202" : "InvalidArgument")
                << storage_class << " " << tier;
        }
    EXPECT_EQ(last_message, "Retrieval option is not supported by this storage class");
    EXPECT_EQ(restore("a", with_tier("Fast")), "MalformedXML");
    EXPECT_EQ(restore("a", {{"Days", 1}, {"GlacierJobParameters", Json::object()}}),
              "MalformedXML");
    EXPECT_EQ(restore("a", {{"Days", 1}, {"Tier", "Bulk"}}), "MalformedXML");
    EXPECT_EQ(told("a"), "");
}

TEST_F(ArchiveTest, RefusesWhatIsNoRestore) {
    put("a", "GLACIER");
    EXPECT_EQ(code_of("s3", "RestoreObject", of("a")), "MalformedXML");
    EXPECT_EQ(restore("a", Json::object()), "MalformedXML");
    for (const std::int64_t days : {0, -1, 36'501})
        EXPECT_EQ(restore("a", {{"Days", days}}), "InvalidArgument") << days;
    EXPECT_EQ(restore("a", {{"Type", "SELECT"}}), "NotImplemented");
    EXPECT_EQ(restore("a", {{"Days", 1}, {"OutputLocation", {{"S3", {{"BucketName", "cold"}}}}}}),
              "NotImplemented");
    EXPECT_EQ(told("a"), "");
    EXPECT_EQ(restore("none", two_days), "NoSuchKey");
    EXPECT_EQ(restore("a", two_days, {{"VersionId", "none"}}), "NoSuchVersion");
    EXPECT_EQ(restore("a", two_days, {{"ExpectedBucketOwner", "999999999999"}}), "AccessDenied");
    EXPECT_EQ(code_of("s3", "RestoreObject", {{"Bucket", "none"}, {"Key", "a"}}), "NoSuchBucket");
    EXPECT_EQ(restore("a", {{"Days", 36'500}}), "202");
    EXPECT_EQ(told("a"), R"(ongoing-request="false", expiry-date="Mon, 10 Dec 2125 00:00:00 GMT")");
}

TEST_F(ArchiveTest, IsCopiedOnlyFromARestoredCopy) {
    put("a", "GLACIER");
    EXPECT_EQ(copy("a", "b"), "InvalidObjectState");
    EXPECT_EQ(last_message, "Operation is not valid for the source object's storage class");
    Json part = of("b", {{"CopySource", "cold/a"}, {"PartNumber", 1}});
    part["UploadId"] = ok("s3", "CreateMultipartUpload", of("b"))["UploadId"];
    EXPECT_EQ(code_of("s3", "UploadPartCopy", part), "InvalidObjectState");
    restore("a", two_days);
    EXPECT_EQ(copy("a", "b"), "");
    EXPECT_EQ(read("b"), "text");
    EXPECT_EQ(code_of("s3", "UploadPartCopy", part), "");
}

TEST_F(ArchiveTest, AnObjectChangesItsClassByACopyOntoItself) {
    put("a", "STANDARD",
        {{"Metadata", {{"k", "v"}}},
         {"ContentType", "text/plain"},
         {"ChecksumAlgorithm", "SHA256"}});
    Json before = ok("s3", "HeadObject", of("a", {{"ChecksumMode", "ENABLED"}}));
    EXPECT_NE(find(before, "ChecksumSHA256"), nullptr);
    clock.advance(10s);
    const Json copied = ok("s3", "CopyObject",
                           of("a", {{"CopySource", "cold/a"},
                                    {"MetadataDirective", "COPY"},
                                    {"StorageClass", "DEEP_ARCHIVE"}}));
    EXPECT_EQ(copied["CopyObjectResult"]["ChecksumSHA256"], before["ChecksumSHA256"]);
    const Json after = ok("s3", "HeadObject", of("a", {{"ChecksumMode", "ENABLED"}}));
    before["StorageClass"] = "DEEP_ARCHIVE";
    before["LastModified"] = before["LastModified"].get<double>() + 10;
    EXPECT_EQ(after, before);
    EXPECT_EQ(read("a"), "InvalidObjectState");
    // And back, which ends the restore.
    restore("a", two_days);
    EXPECT_EQ(copy("a", "a", {{"StorageClass", "STANDARD"}}), "");
    EXPECT_EQ(told("a"), "");
    EXPECT_EQ(read("a"), "text");
    EXPECT_EQ(copy("a", "a", {{"StorageClass", "GLACIER"}}), "");
    EXPECT_EQ(read("a"), "InvalidObjectState");
}

TEST_F(ArchiveTest, ListingsSayHowRestoresStandWhenTheyAreAsked) {
    open_with_delay("3600");
    for (const char* key : {"a", "b", "c"})
        put(key, "GLACIER");
    restore("a", two_days);
    clock.advance(1h);
    restore("b", two_days);
    const double monday = 1767571200;
    for (const std::string operation : {"ListObjects", "ListObjectsV2", "ListObjectVersions"}) {
        Json asked = {{"Bucket", "cold"}};
        const char* entries = operation == "ListObjectVersions" ? "Versions" : "Contents";
        for (const Json& entry : ok("s3", operation, asked)[entries])
            EXPECT_EQ(find(entry, "RestoreStatus"), nullptr) << entry;
        asked["OptionalObjectAttributes"] = {"RestoreStatus"};
        const Json listed = ok("s3", operation, asked)[entries];
        ASSERT_EQ(listed.size(), 3U);
        EXPECT_EQ(listed[0]["RestoreStatus"],
                  (Json{{"IsRestoreInProgress", false}, {"RestoreExpiryDate", monday}}));
        EXPECT_EQ(listed[1]["RestoreStatus"], (Json{{"IsRestoreInProgress", true}}));
        EXPECT_EQ(find(listed[2], "RestoreStatus"), nullptr);
        asked["OptionalObjectAttributes"] = {"Colour"};
        EXPECT_EQ(code_of("s3", operation, asked), "InvalidArgument");
    }
}

TEST_F(ArchiveTest, OverwritingEndsTheRestore) {
    put("a", "GLACIER");
    restore("a", two_days);
    put("a", "GLACIER");
    EXPECT_EQ(told("a"), "");
    EXPECT_EQ(read("a"), "InvalidObjectState");
    restore("a", two_days);
    ok("s3", "DeleteObject", of("a"));
    put("a", "GLACIER");
    EXPECT_EQ(read("a"), "InvalidObjectState");
    close();
    Database database(directory.path() / "data" / "lifeboat.db");
    const auto left = database.read([](Transaction& tx) {
        return tx.one("SELECT count(*) FROM s3_restore", {},
                      [](const Row& row) { return row.integer(0); });
    });
    EXPECT_EQ(left, 0);
}

TEST_F(ArchiveTest, EachVersionIsRestoredByItself) {
    ok("s3", "PutBucketVersioning",
       {{"Bucket", "cold"}, {"VersioningConfiguration", {{"Status", "Enabled"}}}});
    const Json first = {{"VersionId", put("a", "GLACIER")["VersionId"]}};
    const Json second = {{"VersionId", put("a", "GLACIER")["VersionId"]}};
    EXPECT_EQ(restore("a", two_days, first), "202");
    EXPECT_EQ(read("a", first), "text");
    EXPECT_EQ(read("a", second), "InvalidObjectState");
    EXPECT_EQ(read("a"), "InvalidObjectState");
    EXPECT_EQ(restore("a", two_days), "202");
    EXPECT_EQ(read("a", second), "text");
    const Json marker = ok("s3", "DeleteObject", of("a"));
    EXPECT_EQ(restore("a", two_days), "NoSuchKey");
    EXPECT_EQ(restore("a", two_days, {{"VersionId", marker["VersionId"]}}), "MethodNotAllowed");
    EXPECT_EQ(told("a", first), until_monday);
}

TEST_F(ArchiveTest, AnUploadInPartsIsArchivedWhenItIsComplete) {
    Json request = of("big", {{"StorageClass", "DEEP_ARCHIVE"}});
    const std::string id = ok("s3", "CreateMultipartUpload", request)["UploadId"];
    request = of("big", {{"UploadId", id}});
    Json part = request;
    part.update({{"PartNumber", 1}, {"Body", base64_encode("text")}});
    const Json etag = ok("s3", "UploadPart", part)["ETag"];
    EXPECT_EQ(ok("s3", "ListParts", request)["StorageClass"], "DEEP_ARCHIVE");
    request["MultipartUpload"] = {{"Parts", {{{"PartNumber", 1}, {"ETag", etag}}}}};
    ok("s3", "CompleteMultipartUpload", request);
    EXPECT_EQ(read("big"), "InvalidObjectState");
    EXPECT_EQ(restore("big", two_days), "202");
    EXPECT_EQ(read("big"), "text");
}

TEST_F(ArchiveTest, ARestoreSurvivesAndOneThatWasNotCommittedNeverWas) {
    put("a", "GLACIER");
    put("b", "GLACIER");
    restore("a", two_days);
    fault::install("database.before-commit=error");
    EXPECT_NE(restore("b", two_days), "202");
    fault::install("");
    close();
    open_with_delay("3600");
    EXPECT_EQ(told("a"), until_monday);
    EXPECT_EQ(read("a"), "text");
    EXPECT_EQ(told("b"), "");
    restore("b", two_days);
    close();
    EXPECT_EQ(told("b"), R"(ongoing-request="true")");
    clock.advance(1h);
    EXPECT_EQ(read("b"), "text");
}

TEST_F(ArchiveTest, AClassThatWasNotChangedWhollyIsTheOldOne) {
    put("a", "STANDARD");
    fault::install("database.before-commit=error");
    EXPECT_NE(copy("a", "a", {{"StorageClass", "GLACIER"}}), "");
    fault::install("");
    close();
    EXPECT_EQ(read("a"), "text");
    EXPECT_EQ(find(ok("s3", "HeadObject", of("a")), "StorageClass"), nullptr);
    EXPECT_EQ(copy("a", "a", {{"StorageClass", "GLACIER"}}), "");
    EXPECT_EQ(read("a"), "InvalidObjectState");
}

TEST_F(ArchiveTest, ARepeatedCallHasTheFirstAnswer) {
    open_with_delay("3600");
    put("a", "GLACIER");
    const auto call = [&] {
        return cloud().call("s3", "RestoreObject", request("a", two_days), {.call_token = "t"});
    };
    const Json first = call();
    EXPECT_EQ(first["StatusCode"], 202);
    EXPECT_EQ(call(), first);
}

TEST_F(ArchiveTest, AClockThatIsSetBackNeitherTakesACopyAwayNorHoldsARestoreUp) {
    put("a", "GLACIER");
    restore("a", two_days);
    open_with_delay("3600");
    put("b", "GLACIER");
    restore("b", two_days);
    settle();
    clock.advance(-3h);
    settle();
    EXPECT_EQ(read("a"), "text");
    EXPECT_EQ(told("a"), until_monday);
    EXPECT_EQ(told("b"), R"(ongoing-request="true")");
    clock.advance(1h);
    EXPECT_EQ(read("b"), "text");
}

TEST_F(ArchiveTest, RefusesADelayThatIsNone) {
    try {
        open_with_delay("soon");
        FAIL() << "the setting was taken";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), "InvalidSetting");
        EXPECT_NE(error.message().find("s3.restore_seconds"), std::string::npos) << error.message();
    }
}

}  // namespace
}  // namespace lifeboat::local

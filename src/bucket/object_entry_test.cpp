#include "bucket/object_entry.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace lifeboat::bucket {
namespace {

mover::Entry sample() {
    mover::Entry entry;
    entry.status.st_mode = S_IFREG | 0640;
    entry.status.st_uid = 200005;
    entry.status.st_gid = 1001;
    entry.status.st_mtim = {1595002920, 123456789};
    entry.status.st_atim = {1595002921, 1};
    entry.status.st_nlink = 1;
    return entry;
}

Json metadata_for(const mover::Entry& entry) {
    return metadata_of(entry, wanted_in_bucket(entry, {}));
}

Json answer(const Json& metadata) {
    return {{"Metadata", metadata}, {"ETag", "\"e\""}, {"ContentLength", 5}};
}

TEST(ObjectEntry, IsWrittenAsDataSyncWritesIt) {
    const Json metadata = metadata_for(sample());
    EXPECT_EQ(metadata, (Json{{"user-agent", "aws-datasync"},
                              {"file-owner", "200005"},
                              {"file-group", "1001"},
                              {"file-permissions", "0100640"},
                              {"file-mtime", "1595002920123456789ns"},
                              {"file-atime", "1595002921000000001ns"}}));
}

TEST(ObjectEntry, LeavesOutTheTimesThatAreNotAskedFor) {
    mover::Options options;
    options.mtime = mover::Times::None;
    options.atime = mover::Times::None;
    const Json metadata = metadata_of(sample(), wanted_in_bucket(sample(), options));
    EXPECT_FALSE(metadata.contains("file-mtime"));
    EXPECT_FALSE(metadata.contains("file-atime"));
    EXPECT_EQ(metadata["file-permissions"], "0100640");
}

TEST(ObjectEntry, WantsNoTimeThatTheFormCannotHold) {
    mover::Entry entry = sample();
    for (const time_t seconds : {time_t{10'413'792'000}, time_t{-20'000'000'000}}) {  // 2300, 1336
        entry.status.st_mtim.tv_sec = seconds;
        const mover::Wanted wanted = wanted_in_bucket(entry, {});
        const Object object = object_of("k", answer(metadata_of(entry, wanted)));
        EXPECT_TRUE(mover::is_equal(object.entry.status.st_mtim, *wanted.mtime)) << seconds;
    }
}

TEST(ObjectEntry, ComesBackAsItWas) {
    mover::Entry entry = sample();
    for (const mode_t mode : {S_IFREG | 06755, S_IFLNK | 0777, S_IFREG | 0})
        for (const timespec time : {timespec{0, 0}, {-1, 999999999}, {-1600000000, 1}, {5, 0}}) {
            entry.status.st_mode = mode;
            entry.status.st_mtim = time;
            const Object object = object_of("k", answer(metadata_for(entry)));
            EXPECT_EQ(object.entry.status.st_mode, mode);
            EXPECT_EQ(object.entry.status.st_uid, 200005U);
            EXPECT_EQ(object.entry.status.st_gid, 1001U);
            EXPECT_TRUE(mover::is_equal(object.entry.status.st_mtim, time)) << time.tv_sec;
            EXPECT_EQ(object.entry.size(), 5U);
            EXPECT_EQ(object.etag, "\"e\"");
        }
    entry.status.st_mode = S_IFDIR | 03755;
    EXPECT_EQ(object_of("k/", answer(metadata_for(entry))).entry.status.st_mode,
              static_cast<mode_t>(S_IFDIR | 03755));
}

TEST(ObjectEntry, OtherWritersLeaveItOutOrSayItShorter) {
    Json plain = answer(Json::object());
    plain["LastModified"] = 1700000000.0;
    const Object object = object_of("k", plain);
    EXPECT_TRUE(object.entry.is_regular());
    EXPECT_EQ(object.entry.permissions(), 0755U);
    EXPECT_EQ(object.entry.status.st_uid, 65534U);
    EXPECT_EQ(object.entry.status.st_mtim.tv_sec, 1700000000);
    // Without "ns" it is milliseconds; modes may lack the type.
    const Object shorter =
        object_of("k", answer({{"file-mtime", "1595002920123"}, {"file-permissions", "0644"}}));
    EXPECT_EQ(shorter.entry.status.st_mtim.tv_sec, 1595002920);
    EXPECT_EQ(shorter.entry.status.st_mtim.tv_nsec, 123000000);
    EXPECT_EQ(shorter.entry.status.st_mode, static_cast<mode_t>(S_IFREG | 0644));
}

TEST(ObjectEntry, NothingInItIsTrusted) {
    for (const std::string text : {"", "-1", "x", "99999999999999999999", "08", "1ns2", "ns"}) {
        const Object object = object_of("k", answer({{"file-owner", text},
                                                     {"file-permissions", text},
                                                     {"file-mtime", text},
                                                     {"lifeboat-hard-link", text}}));
        EXPECT_TRUE(object.entry.is_regular()) << text;
        EXPECT_EQ(object.entry.status.st_nlink, 1U) << text;
    }
    // A key decides what is a directory.
    EXPECT_TRUE(object_of("k", answer({{"file-permissions", "0040755"}})).entry.is_regular());
    EXPECT_TRUE(object_of("k/", answer({{"file-permissions", "0100755"}})).entry.is_directory());
}

TEST(ObjectEntry, NamesOfOneFileAreOneAsLongAsTheirContentIs) {
    mover::Entry entry = sample();
    entry.status.st_nlink = 3;
    entry.status.st_ino = 77;
    Json one = answer(metadata_for(entry));
    const Object first = object_of("a", one);
    EXPECT_EQ(first.entry.status.st_nlink, 3U);
    EXPECT_EQ(object_of("b", one).entry.status.st_ino, first.entry.status.st_ino);
    one["ETag"] = "\"other\"";
    EXPECT_NE(object_of("b", one).entry.status.st_ino, first.entry.status.st_ino);
}

TEST(ObjectEntry, EncryptedNamesOfOneFileAreOneAsLongAsItsTimeIs) {
    mover::Entry entry = sample();
    entry.status.st_nlink = 2;
    const auto inode = [&](const char* etag) {
        Json one = answer(metadata_for(entry));
        one.update({{"ETag", etag}, {"ServerSideEncryption", "aws:kms"}});
        return object_of("k", one).entry.status.st_ino;
    };
    const ino_t before = inode("\"e\"");
    EXPECT_EQ(inode("\"other\""), before);
    ++entry.status.st_mtim.tv_nsec;
    EXPECT_NE(inode("\"e\""), before);
}

TEST(ObjectEntry, KnowsWhetherTheNamesOfItsFileAreStillTheSame) {
    mover::Entry entry = sample();
    entry.status.st_dev = 5;
    entry.status.st_ino = 77;
    const Object single = object_of("k", answer(metadata_for(entry)));
    EXPECT_TRUE(has_links_of(single, entry));
    entry.status.st_nlink = 2;
    EXPECT_FALSE(has_links_of(single, entry));
    const Object linked = object_of("k", answer(metadata_for(entry)));
    EXPECT_TRUE(has_links_of(linked, entry));
    entry.status.st_dev = 6;
    EXPECT_TRUE(has_links_of(linked, entry)) << "mounted anew";
    entry.status.st_nlink = 3;
    EXPECT_FALSE(has_links_of(linked, entry));
    entry.status.st_nlink = 2;
    entry.status.st_ino = 78;
    EXPECT_FALSE(has_links_of(linked, entry));
    entry.status.st_nlink = 1;
    EXPECT_FALSE(has_links_of(linked, entry));
}

TEST(ObjectEntry, SetUidBitsDoNotComeBack) {
    mover::Entry entry = sample();
    entry.status.st_mode = S_IFREG | 06755;
    EXPECT_EQ(wanted_from_bucket(entry, {}).permissions, 0755U);
    entry.status.st_mode = S_IFDIR | 02755;
    EXPECT_EQ(wanted_from_bucket(entry, {}).permissions, 02755U);
}

}  // namespace
}  // namespace lifeboat::bucket

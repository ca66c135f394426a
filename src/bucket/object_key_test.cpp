#include "bucket/object_key.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace lifeboat::bucket {
namespace {

TEST(ObjectKey, IsThePathBelowThePrefix) {
    EXPECT_EQ(normal_prefix("/a//b"), "a/b/");
    EXPECT_EQ(normal_prefix("a/"), "a/");
    EXPECT_EQ(normal_prefix("/"), "");
    EXPECT_EQ(file_key("a/", "b/c"), "a/b/c");
    EXPECT_EQ(directory_key("a/", "b"), "a/b/");
    EXPECT_EQ(directory_key("a/", ""), "a/");
    EXPECT_EQ(directory_key("", ""), "");
}

TEST(ObjectKey, LeadsBack) {
    for (const std::string path : {"b", "b/c", " ", "..b", "b..", ".b", "\xc3\xa4/\n"}) {
        EXPECT_EQ(path_of_key("a/", file_key("a/", path)).path, path);
        EXPECT_FALSE(path_of_key("a/", file_key("a/", path)).is_directory);
        const KeyPath directory = path_of_key("a/", directory_key("a/", path));
        EXPECT_EQ(directory.path, path);
        EXPECT_TRUE(directory.is_directory);
        EXPECT_EQ(directory.fault, "");
    }
    EXPECT_EQ(path_of_key("a/", "a/").path, "");
    EXPECT_TRUE(path_of_key("a/", "a/").is_directory);
    EXPECT_EQ(path_of_key("", "a").path, "a");
}

TEST(ObjectKey, WhatIsNoNameInATreeIsAFault) {
    const std::string long_name(256, 'n');
    const std::pair<std::string, std::string> hostile[] = {{"../x", ""},
                                                           {"b/../../x", "b"},
                                                           {"..", ""},
                                                           {"./x", ""},
                                                           {"b/.", "b"},
                                                           {"/etc/passwd", ""},
                                                           {"b//c", "b"},
                                                           {"//", ""},
                                                           {"b/c//", "b/c"},
                                                           {"b/../", "b"},
                                                           {std::string("b\0c", 3), ""},
                                                           {long_name, ""},
                                                           {"b/" + long_name + "/c", "b"}};
    for (const auto& [below, above] : hostile) {
        const KeyPath found = path_of_key("a/", "a/" + below);
        EXPECT_NE(found.fault, "") << below;
        EXPECT_EQ(found.path, above) << below;
    }
    EXPECT_EQ(path_of_key("", std::string(255, 'n')).fault, "");
}

TEST(ObjectKey, WhatS3HasNoKeyForIsRefused) {
    EXPECT_NO_THROW(check_key(std::string(1024, 'k')));
    EXPECT_THROW(check_key(std::string(1025, 'k')), Error);
    EXPECT_THROW(check_key("\xff\xfe"), Error);
}

}  // namespace
}  // namespace lifeboat::bucket

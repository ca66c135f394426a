#include "base/encoding.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/random.h"

namespace lifeboat {
namespace {

TEST(Encoding, Base64RoundTripsEveryLength) {
    SeededRandom random(7);
    for (std::size_t length = 0; length < 70; ++length) {
        std::string bytes(length, '\0');
        random.fill(std::as_writable_bytes(std::span(bytes)));
        EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
    }
    EXPECT_EQ(base64_encode("Man"), "TWFu");
    EXPECT_EQ(base64_encode("Ma"), "TWE=");
}

TEST(Encoding, Base64RefusesDamage) {
    for (const char* text : {"TWF", "TW=u", "T===", "TWF!", "=TWF", "TWE=TWE="})
        EXPECT_EQ(base64_decode(text), std::nullopt) << text;
}

TEST(Encoding, PercentRoundTrips) {
    EXPECT_EQ(percent_encode("a b/c:%~"), "a%20b%2Fc%3A%25~");
    EXPECT_EQ(percent_encode("a/b", "/"), "a/b");
    EXPECT_EQ(percent_decode("a%20b%2Fc%3A%25~%zz%"), "a b/c:%~%zz%");
}

TEST(Encoding, FormsTellSpacesFromPluses) {
    EXPECT_EQ(form_encode("a b+c/d*~%"), "a+b%2Bc%2Fd*%7E%25");
    EXPECT_EQ(form_encode("a/b c", "/"), "a/b+c");
    EXPECT_EQ(form_decode("a+b%2Bc%20d"), "a b+c d");
    EXPECT_EQ(form_decode(form_encode("+ %+\x01\xc3\xa9")), "+ %+\x01\xc3\xa9");
}

TEST(Encoding, KnowsUtf8) {
    EXPECT_TRUE(is_utf8("h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"));
    for (const char* text :
         {"\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "\x80"})
        EXPECT_FALSE(is_utf8(text));
}

TEST(Digest, MatchesPublishedVectors) {
    EXPECT_EQ(to_hex(sha256("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(md5("")), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Random, SeededSequencesRepeat) {
    SeededRandom a(1);
    SeededRandom b(1);
    EXPECT_EQ(new_uuid(a), new_uuid(b));
    EXPECT_NE(new_uuid(a), new_hex(a, 36));
}

}  // namespace
}  // namespace lifeboat

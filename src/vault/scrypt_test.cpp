#include "vault/scrypt.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <string>

#include "base/encoding.h"
#include "base/error.h"
#include "base/random.h"

namespace lifeboat::vault {
namespace {

std::string hex(const std::array<unsigned char, 64>& key) {
    return to_hex({reinterpret_cast<const char*>(key.data()), key.size()});
}

// RFC 7914, section 12.
TEST(Scrypt, GivesTheKeysOfItsSpecification) {
    EXPECT_EQ(hex(scrypt("", "", 16, 1, 1)),
              "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
              "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906");
    EXPECT_EQ(hex(scrypt("password", "NaCl", 1024, 8, 16)),
              "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
              "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640");
}

TEST(Scrypt, GivesTheKeysOfOpenSsl) {
    SeededRandom random(12);
    for (int round = 0; round < 40; ++round) {
        const std::string password = new_hex(random, random.next() % 90);
        const std::string salt = new_hex(random, random.next() % 90);
        const std::uint64_t n = 2ULL << random.next() % 11;
        const std::uint64_t r = 1 + random.next() % 9, p = 1 + random.next() % 5;
        std::array<unsigned char, 64> oracle{};
        ASSERT_EQ(EVP_PBE_scrypt(password.data(), password.size(),
                                 reinterpret_cast<const unsigned char*>(salt.data()), salt.size(),
                                 n, r, p, 1 << 30, oracle.data(), oracle.size()),
                  1);
        EXPECT_EQ(hex(scrypt(password, salt, n, r, p)), hex(oracle)) << n << ' ' << r << ' ' << p;
    }
}

TEST(Scrypt, RefusesWhatHasNoMeaningOrAsksTooMuch) {
    EXPECT_THROW(scrypt("", "", 0, 8, 1), Error);
    EXPECT_THROW(scrypt("", "", 1, 8, 1), Error);
    EXPECT_THROW(scrypt("", "", 48, 8, 1), Error);
    EXPECT_THROW(scrypt("", "", 1024, 0, 1), Error);
    EXPECT_THROW(scrypt("", "", 1024, 8, 0), Error);
    EXPECT_THROW(scrypt("", "", 1 << 30, 8, 1), Error);
    EXPECT_THROW(scrypt("", "", 16, UINT64_MAX, 1), Error);
    EXPECT_THROW(scrypt("", "", 16, 8, UINT64_MAX), Error);
    EXPECT_THROW(scrypt("", "", 1 << 16, 8, 500'000), Error);
}

}  // namespace
}  // namespace lifeboat::vault

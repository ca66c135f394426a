#include "vault/cipher.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/error.h"
#include "base/random.h"
#include "vault/compression.h"

namespace lifeboat::vault {
namespace {

TEST(Cipher, OpensWhatItSealed) {
    SeededRandom random(1);
    Cipher cipher(Key::random(random), random);
    for (const std::size_t size : {0, 1, 15, 16, 17, 100000}) {
        const std::string plain(size, 'p');
        const std::string sealed = cipher.seal(plain);
        EXPECT_EQ(sealed.size(), size + kSealOverhead);
        EXPECT_EQ(cipher.open(sealed), plain);
    }
}

TEST(Cipher, RefusesEveryFlippedBitAndEveryTruncation) {
    SeededRandom random(2);
    Cipher cipher(Key::random(random), random);
    const std::string sealed = cipher.seal("seven words that nobody else may read");
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        std::string damaged = sealed;
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
        EXPECT_THROW(cipher.open(damaged), Error) << "bit " << bit;
    }
    for (std::size_t size = 0; size < sealed.size(); ++size)
        EXPECT_THROW(cipher.open(sealed.substr(0, size)), Error) << size << " bytes";
}

TEST(Cipher, RefusesAnotherKey) {
    SeededRandom random(3);
    Cipher one(Key::random(random), random), other(Key::random(random), random);
    EXPECT_THROW(other.open(one.seal("text")), Error);
}

// RFC 7914, section 12.
TEST(Key, IsDerivedAsTheStandardSays) {
    const Key key = Key::derive("password", "NaCl", 1024, 8, 16);
    EXPECT_EQ(to_hex({reinterpret_cast<const char*>(key.encryption.data()), 16}),
              "fdbabe1c9d3472007856e7190d01e9fe");
    EXPECT_THROW(Key::derive("password", "NaCl", 1000, 8, 1), Error);  // no power of two
    EXPECT_THROW(Key::derive("password", "NaCl", 1 << 30, 8, 1), Error);
}

TEST(Compression, UnpacksWhatItPacked) {
    Compression compression;
    const std::string plain(300000, 'x');
    const std::string frame(compression.compress(plain));
    EXPECT_LT(frame.size(), 1000u);
    EXPECT_EQ(compression.decompress(frame, plain.size() + 1), plain);
    std::string out(plain.size(), '\0');
    compression.decompress(frame, out.data(), out.size());
    EXPECT_EQ(out, plain);
}

TEST(Compression, RefusesDamageAndBombs) {
    Compression compression;
    const std::string frame(compression.compress(std::string(300000, 'x')));
    EXPECT_THROW(compression.decompress(frame, 1000), Error);
    EXPECT_THROW(compression.decompress("no frame", 1000), Error);
    EXPECT_THROW(compression.decompress(frame + "x", 1 << 20), Error);
    for (std::size_t size = 0; size < frame.size(); ++size)
        EXPECT_THROW(compression.decompress(frame.substr(0, size), 1 << 20), Error) << size;
    std::string out(300001, '\0');
    EXPECT_THROW(compression.decompress(frame, out.data(), out.size()), Error);
    EXPECT_THROW(compression.decompress(frame, out.data(), 10), Error);
}

TEST(Compression, TellsNoiseFromWhatIsWorthPacking) {
    Compression compression;
    SeededRandom random(8);
    std::string noise(1 << 20, '\0');
    random.fill(std::as_writable_bytes(std::span(noise)));
    EXPECT_TRUE(compression.seems_incompressible(noise));
    EXPECT_FALSE(compression.seems_incompressible(noise.substr(0, 4096)));  // try it
    EXPECT_FALSE(compression.seems_incompressible(std::string(1 << 20, 'x')));
    // A quarter of it is text.
    std::string mixed = noise;
    for (std::size_t i = 0; i < mixed.size() / 4; ++i)
        mixed[i] = "some text "[i % 10];
    EXPECT_FALSE(compression.seems_incompressible(mixed));
}

}  // namespace
}  // namespace lifeboat::vault

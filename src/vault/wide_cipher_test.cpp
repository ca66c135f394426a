// Beside OpenSSL's, which Cipher takes where there is no WideCipher.
#include "vault/wide_cipher.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "base/random.h"
#include "vault/cipher.h"

namespace lifeboat::vault {
namespace {

// Gives the same bytes again and again.
class Repeated final : public Random {
  public:
    explicit Repeated(std::string bytes) : bytes_(std::move(bytes)) {}
    void fill(std::span<std::byte> out) override {
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] = static_cast<std::byte>(bytes_[i % bytes_.size()]);
    }

  private:
    const std::string bytes_;
};

std::string random_bytes(std::size_t size, std::uint64_t seed) {
    SeededRandom random(seed);
    std::string bytes(size, '\0');
    random.fill(std::as_writable_bytes(std::span(bytes)));
    return bytes;
}

class WideCipherTest : public testing::Test {
  protected:
    void SetUp() override {
        if (!WideCipher::create({}))
            GTEST_SKIP() << "this processor has no wide AES instructions, or the program was built "
                            "without the library";
    }
    void expect_same(const std::string& iv, const std::string& plain) {
        SeededRandom random(1);
        const Key key = Key::random(random);
        Repeated ivs(iv);
        Cipher wide(key, ivs), narrow(key, ivs, false);
        const std::string sealed = narrow.seal(plain);
        EXPECT_EQ(wide.seal(plain), sealed) << plain.size() << " bytes";
        EXPECT_EQ(wide.open(sealed), plain) << plain.size() << " bytes";
    }
};

TEST_F(WideCipherTest, SealsAsOpenSslDoes) {
    for (std::size_t size = 0; size < 300; ++size)
        expect_same(random_bytes(16, size), random_bytes(size, size + 1000));
    for (const std::size_t size : {4096, 65535, 1 << 20, (3 << 20) + 7})
        expect_same(random_bytes(16, size), random_bytes(size, size + 1));
}

// The counter is all of the 16 bytes.
TEST_F(WideCipherTest, CarriesFromAnyByteToTheNext) {
    for (std::size_t ones = 1; ones <= 16; ++ones)
        for (const int before : {0, 1, 3, 5, 200}) {
            std::string iv(16, '\x5a');
            std::memset(iv.data() + 16 - ones, 0xff, ones);
            iv.back() = static_cast<char>(0xff - before);
            expect_same(iv, random_bytes(5000, ones));
        }
}

}  // namespace
}  // namespace lifeboat::vault

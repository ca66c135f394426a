// AES-256-CTR with Poly1305-AES over the ciphertext, as restic seals everything:
// IV (16) || ciphertext || MAC (16). https://cr.yp.to/mac/poly1305-20050329.pdf
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "vault/bytes.h"

namespace lifeboat {
class Random;
}

namespace lifeboat::vault {

// What sealing adds.
inline constexpr std::size_t kSealOverhead = 32;

// Secret.
struct Key {
    std::array<unsigned char, 32> encryption{};
    std::array<unsigned char, 16> mac_k{};
    std::array<unsigned char, 16> mac_r{};

    static Key random(Random& random);
    // By scrypt. Throws InvalidInput for parameters it does not take.
    static Key derive(std::string_view password, std::string_view salt, std::uint64_t n,
                      std::uint64_t r, std::uint64_t p);
};

// One per thread: it keeps the expanded keys.
class Cipher {
  public:
    // `random` outlives the cipher. `is_wide`: by WideCipher, where that is possible.
    Cipher(const Key& key, Random& random, bool is_wide = true);
    ~Cipher();
    Cipher(const Cipher&) = delete;
    Cipher& operator=(const Cipher&) = delete;

    // Writes plain.size() + kSealOverhead bytes to `out`, which does not overlap `plain`.
    void seal(std::string_view plain, char* out);
    std::string seal(std::string_view plain);
    // Writes sealed.size() - kSealOverhead bytes to `out`. Throws Corruption when the MAC does not
    // fit; nothing is written then.
    void open(std::string_view sealed, char* out);
    // The same, into `out` instead of what it holds.
    void open(std::string_view sealed, Bytes& out);
    std::string open(std::string_view sealed);

  private:
    struct Contexts;

    void crypt(const char* iv, std::string_view in, char* out);
    void authenticate(const char* iv, std::string_view ciphertext, unsigned char* mac);

    Key key_;
    Random& random_;
    std::unique_ptr<Contexts> contexts_;
};

}  // namespace lifeboat::vault

// Randomness is handed in, so that tests can repeat it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>

namespace lifeboat {

class Random {
  public:
    virtual ~Random() = default;
    // Thread-safe.
    virtual void fill(std::span<std::byte> bytes) = 0;

    std::uint64_t next();
    // In [0, 1).
    double fraction();
};

// The operating system's generator (cryptographic).
class SystemRandom final : public Random {
  public:
    void fill(std::span<std::byte> bytes) override;
};

// splitmix64 from a seed: the same sequence every time. Never for secrets.
class SeededRandom final : public Random {
  public:
    explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
    void fill(std::span<std::byte> bytes) override;

  private:
    std::mutex mutex_;
    std::uint64_t state_;
};

// RFC 4122 version 4, lower case.
std::string new_uuid(Random& random);
// `length` digits of 0-9a-f, or of 0-9a-z.
std::string new_hex(Random& random, std::size_t length);
std::string new_alphanumeric(Random& random, std::size_t length);

}  // namespace lifeboat

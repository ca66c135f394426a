#include "base/random.h"

#include <openssl/rand.h>

#include <array>
#include <cstring>
#include <string_view>

#include "base/error.h"

namespace lifeboat {
namespace {

std::string new_from(Random& random, std::size_t length, std::string_view alphabet) {
    std::string text(length, '0');
    for (char& c : text)
        c = alphabet[random.next() % alphabet.size()];
    return text;
}

}  // namespace

std::uint64_t Random::next() {
    std::uint64_t value = 0;
    fill(std::as_writable_bytes(std::span(&value, 1)));
    return value;
}

double Random::fraction() {
    return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

void SystemRandom::fill(std::span<std::byte> bytes) {
    if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()),
                   static_cast<int>(bytes.size())) != 1)
        throw Error(ErrorCategory::Unavailable, "RandomnessUnavailable",
                    "the system's random generator gave no bytes");
}

void SeededRandom::fill(std::span<std::byte> bytes) {
    const std::scoped_lock lock(mutex_);
    while (!bytes.empty()) {
        state_ += 0x9e3779b97f4a7c15;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        z ^= z >> 31;
        const std::size_t count = std::min(bytes.size(), sizeof z);
        std::memcpy(bytes.data(), &z, count);
        bytes = bytes.subspan(count);
    }
}

std::string new_uuid(Random& random) {
    std::array<unsigned char, 16> raw{};
    random.fill(std::as_writable_bytes(std::span(raw)));
    raw[6] = static_cast<unsigned char>((raw[6] & 0x0f) | 0x40);
    raw[8] = static_cast<unsigned char>((raw[8] & 0x3f) | 0x80);
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    text.reserve(36);
    for (std::size_t i = 0; i < raw.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += kDigits[raw[i] >> 4];
        text += kDigits[raw[i] & 15];
    }
    return text;
}

std::string new_hex(Random& random, std::size_t length) {
    return new_from(random, length, "0123456789abcdef");
}

std::string new_alphanumeric(Random& random, std::size_t length) {
    return new_from(random, length, "0123456789abcdefghijklmnopqrstuvwxyz");
}

}  // namespace lifeboat

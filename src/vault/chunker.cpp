#include "vault/chunker.h"

#include <algorithm>

#include "base/error.h"

namespace lifeboat::vault {
namespace {

constexpr std::size_t kWindow = 64;
constexpr std::uint64_t kMask = (1 << 20) - 1;
// More than the latency of a step asks for would not fit into registers.
constexpr std::size_t kLanes = 6;
constexpr std::size_t kLaneLength = 8 << 10;
// Not a power of two: 64 lanes at such distances would share few lines of the cache.
constexpr std::size_t kWideLane = 17 * FingerprintLanes::kBlock;
// Shorter lanes would spend their time on the window before their first byte.
constexpr std::size_t kLeastWideLane = 4 * FingerprintLanes::kBlock;
constexpr int kShift = kChunkerDegree - 8;

}  // namespace

Chunker::Chunker(Polynomial polynomial, bool is_wide) {
    // What roll() looks up lies in the tables because of it.
    if (polynomial.degree() != kChunkerDegree)
        throw Error(ErrorCategory::Internal, "InvalidPolynomial",
                    "a chunker's polynomial is not of degree 53");
    if (is_wide) wide_.emplace(polynomial);
    const std::uint64_t modulus = polynomial.bits();
    for (std::uint64_t byte = 0; byte < 256; ++byte) {
        std::uint64_t digest = Polynomial::remainder(byte, modulus);
        for (std::size_t i = 1; i < kWindow; ++i)
            digest = Polynomial::remainder(digest << 8, modulus);
        out_[byte] = digest;
        // Clears the bits above the degree, too.
        const std::uint64_t high = byte << kChunkerDegree;
        reduce_[byte] = Polynomial::remainder(high, modulus) | high;
    }
}

inline std::uint64_t Chunker::roll(std::uint64_t digest, unsigned char out,
                                   unsigned char in) const {
    digest ^= out_[out];
    return ((digest << 8) | in) ^ reduce_[digest >> kShift];
}

std::uint64_t Chunker::digest_before(const unsigned char* place) const {
    std::uint64_t digest = 0;
    for (const unsigned char* at = place - kWindow; at < place; ++at)
        digest = roll(digest, 0, *at);
    return digest;
}

// The first cut in the kLanes * kLaneLength bytes at `place`, counted from there; 0: none.
std::size_t Chunker::cut_in_lanes(const unsigned char* place) const {
    std::array<std::uint64_t, kLanes> digest;
    std::array<std::size_t, kLanes> found{};
    for (std::size_t l = 0; l < kLanes; ++l)
        digest[l] = digest_before(place + l * kLaneLength);
    for (const unsigned char* at = place; at < place + kLaneLength && found[0] == 0; ++at) {
        // Unrolled, so that the digests stay in registers.
#pragma GCC unroll 6
        for (std::size_t l = 0; l < kLanes; ++l) {
            const unsigned char* in = at + l * kLaneLength;
            digest[l] = roll(digest[l], *(in - kWindow), *in);
            if ((digest[l] & kMask) == 0 && found[l] == 0) [[unlikely]]
                found[l] = static_cast<std::size_t>(at - place) + 1;
        }
    }
    for (std::size_t l = 0; l < kLanes; ++l)
        if (found[l] != 0) return l * kLaneLength + found[l];
    return 0;
}

std::size_t Chunker::cut(std::string_view bytes, std::size_t searched) const {
    const std::size_t end = std::min(bytes.size(), kMaxChunk);
    if (end <= kMinChunk) return end;
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    // A chunk of `length` bytes ends where the fingerprint of data[length-64, length) fits.
    std::size_t length = std::max(kMinChunk, std::min(searched, end));
    if (searched < length && (digest_before(data + length) & kMask) == 0) return length;
    while (wide_) {
        const std::size_t blocks = (end - length) / (FingerprintLanes::kLanes * kWindow);
        const std::size_t lane = std::min(kWideLane, blocks * kWindow);
        if (lane < kLeastWideLane) break;
        if (const std::size_t found = wide_->cut(data + length, lane)) return length + found;
        length += FingerprintLanes::kLanes * lane;
    }
    for (; end - length >= kLanes * kLaneLength; length += kLanes * kLaneLength)
        if (const std::size_t found = cut_in_lanes(data + length)) return length + found;
    std::uint64_t digest = digest_before(data + length);
    while (length < end) {
        digest = roll(digest, data[length - kWindow], data[length]);
        ++length;
        if ((digest & kMask) == 0) break;
    }
    return length;
}

}  // namespace lifeboat::vault

// FIPS 180-4; the instructions as https://www.intel.com/content/www/us/en/developer/articles/
// technical/intel-sha-extensions.html describes them. Without them, OpenSSL's block function.
#define OPENSSL_SUPPRESS_DEPRECATED  // the only way to give it a state
#include "vault/sha256.h"

#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace lifeboat::vault {
namespace {

constexpr std::array<std::uint32_t, 8> kInitial{0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                                0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};

struct Stream {
    std::uint32_t* state;
    const unsigned char* in;
};

void compress_by_library(const Stream& stream, std::size_t blocks) {
    SHA256_CTX context{};
    SHA256_Init(&context);
    std::memcpy(context.h, stream.state, sizeof context.h);
    SHA256_Update(&context, stream.in, blocks * SHA256_CBLOCK);
    std::memcpy(stream.state, context.h, sizeof context.h);
}

#ifdef __x86_64__
alignas(16) constexpr std::uint32_t kRounds[64] = {
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2};

bool has_instructions() {
    static const bool has = [] {
        unsigned a = 0, b = 0, c = 0, d = 0;
        return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0 &&
               __builtin_cpu_supports("sse4.1");
    }();
    return has;
}

#define LIFEBOAT_SHA __attribute__((target("sha,sse4.1,ssse3")))

// `blocks` blocks of each of `n` streams.
template <std::size_t n>
LIFEBOAT_SHA void compress(std::array<Stream, n> streams, std::size_t blocks) {
    const __m128i swap = _mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203);
    __m128i abef[n], cdgh[n];
#pragma GCC unroll 2
    for (std::size_t s = 0; s < n; ++s) {
        const auto* state = reinterpret_cast<const __m128i*>(streams[s].state);
        const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(state), 0xB1);
        const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(state + 1), 0x1B);
        abef[s] = _mm_alignr_epi8(cdab, efgh, 8);
        cdgh[s] = _mm_blend_epi16(efgh, cdab, 0xF0);
    }
    for (; blocks > 0; --blocks) {
        __m128i words[n][4], abef_before[n], cdgh_before[n];
#pragma GCC unroll 2
        for (std::size_t s = 0; s < n; ++s) {
            abef_before[s] = abef[s];
            cdgh_before[s] = cdgh[s];
#pragma GCC unroll 4
            for (int i = 0; i < 4; ++i)
                words[s][i] = _mm_shuffle_epi8(
                    _mm_loadu_si128(reinterpret_cast<const __m128i*>(streams[s].in) + i), swap);
            streams[s].in += 64;
        }
#pragma GCC unroll 16
        for (int i = 0; i < 16; ++i) {
            const __m128i constants = _mm_load_si128(reinterpret_cast<const __m128i*>(kRounds) + i);
#pragma GCC unroll 2
            for (std::size_t s = 0; s < n; ++s) {
                __m128i* w = words[s];
                const __m128i now = w[i % 4];
                const __m128i sum = _mm_add_epi32(now, constants);
                cdgh[s] = _mm_sha256rnds2_epu32(cdgh[s], abef[s], sum);
                if (i >= 3 && i < 15) {
                    __m128i& next = w[(i + 1) % 4];
                    next = _mm_add_epi32(next, _mm_alignr_epi8(now, w[(i + 3) % 4], 4));
                    next = _mm_sha256msg2_epu32(next, now);
                }
                abef[s] = _mm_sha256rnds2_epu32(abef[s], cdgh[s], _mm_shuffle_epi32(sum, 0x0E));
                if (i >= 1 && i < 13) w[(i + 3) % 4] = _mm_sha256msg1_epu32(w[(i + 3) % 4], now);
            }
        }
#pragma GCC unroll 2
        for (std::size_t s = 0; s < n; ++s) {
            abef[s] = _mm_add_epi32(abef[s], abef_before[s]);
            cdgh[s] = _mm_add_epi32(cdgh[s], cdgh_before[s]);
        }
    }
#pragma GCC unroll 2
    for (std::size_t s = 0; s < n; ++s) {
        auto* state = reinterpret_cast<__m128i*>(streams[s].state);
        const __m128i feba = _mm_shuffle_epi32(abef[s], 0x1B);
        const __m128i dchg = _mm_shuffle_epi32(cdgh[s], 0xB1);
        _mm_storeu_si128(state, _mm_blend_epi16(feba, dchg, 0xF0));
        _mm_storeu_si128(state + 1, _mm_alignr_epi8(dchg, feba, 8));
    }
}
#else
constexpr bool has_instructions() {
    return false;
}
template <std::size_t n>
void compress(const std::array<Stream, n>& streams, std::size_t blocks) {
    for (const Stream& stream : streams)
        compress_by_library(stream, blocks);
}
#endif

const unsigned char* raw(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

void Sha256::begin() {
    state_ = kInitial;
    length_ = 0;
}

std::string_view Sha256::fill_block(std::string_view bytes) {
    if (held() == 0) return bytes;
    const std::size_t taken = std::min(bytes.size(), kBlock - held());
    std::memcpy(block_.data() + held(), bytes.data(), taken);
    length_ += taken;
    if (held() == 0) {
        std::string_view block(reinterpret_cast<const char*>(block_.data()), kBlock);
        length_ -= kBlock;  // counted again
        blocks(block, 1);
    }
    return bytes.substr(taken);
}

void Sha256::blocks(std::string_view& bytes, std::size_t count) {
    if (count == 0) return;
    const Stream stream{state_.data(), raw(bytes)};
    if (has_instructions())
        compress<1>({stream}, count);
    else
        compress_by_library(stream, count);
    length_ += count * kBlock;
    bytes.remove_prefix(count * kBlock);
}

void Sha256::update(std::string_view bytes) {
    bytes = fill_block(bytes);
    blocks(bytes, bytes.size() / kBlock);
    if (bytes.empty()) return;
    std::memcpy(block_.data(), bytes.data(), bytes.size());
    length_ += bytes.size();
}

void Sha256::update_both(Sha256& a, std::string_view of_a, Sha256& b, std::string_view of_b) {
    of_a = a.fill_block(of_a);
    of_b = b.fill_block(of_b);
    const std::size_t both = std::min(of_a.size(), of_b.size()) / kBlock;
    if (both > 0 && has_instructions()) {
        compress<2>({Stream{a.state_.data(), raw(of_a)}, Stream{b.state_.data(), raw(of_b)}}, both);
        for (auto [stream, bytes] : {std::pair(&a, &of_a), std::pair(&b, &of_b)}) {
            stream->length_ += both * kBlock;
            bytes->remove_prefix(both * kBlock);
        }
    }
    a.update(of_a);
    b.update(of_b);
}

Id Sha256::finish() {
    const std::uint64_t bits = length_ * 8;
    std::array<unsigned char, 2 * kBlock> end{0x80};
    const std::size_t padding = (held() < kBlock - 8 ? kBlock : 2 * kBlock) - held();
    for (std::size_t i = 0; i < 8; ++i)
        end[padding - 1 - i] = static_cast<unsigned char>(bits >> (8 * i));
    update({reinterpret_cast<const char*>(end.data()), padding});
    Id id;
    for (std::size_t i = 0; i < id.bytes.size(); ++i)
        id.bytes[i] = static_cast<unsigned char>(state_[i / 4] >> (8 * (3 - i % 4)));
    begin();
    return id;
}

}  // namespace lifeboat::vault

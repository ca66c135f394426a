// https://www.intel.com/content/www/us/en/docs/intrinsics-guide, GFNI and AVX512_VBMI.
#include "vault/fingerprint_lanes.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <utility>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace lifeboat::vault {

#ifdef __x86_64__
#define LIFEBOAT_WIDE __attribute__((target("avx512f,avx512bw,avx512vbmi,gfni")))

namespace {

constexpr int kShift = 3;
constexpr std::size_t kLanes = FingerprintLanes::kLanes;
constexpr std::size_t kBlock = FingerprintLanes::kBlock;
constexpr std::size_t kBytes = FingerprintLanes::kBytes;
using Matrices = FingerprintLanes::Matrices;
using Step = FingerprintLanes::Step;

struct alignas(64) Vector {
    std::array<unsigned char, kLanes> bytes;
};
using Block = std::array<Vector, kBlock>;

// Which bytes of two rows make the rows that follow, where a stage of the transposition exchanges
// bit `bit` of rows' and columns' numbers.
struct Exchange {
    Vector low{}, high{};
    constexpr explicit Exchange(unsigned bit) {
        for (unsigned column = 0; column < 64; ++column) {
            const unsigned other = column ^ (1u << bit);
            const bool is_high = (column >> bit & 1) != 0;
            low.bytes[column] = static_cast<unsigned char>(is_high ? 64 + other : column);
            high.bytes[column] = static_cast<unsigned char>(is_high ? 64 + column : other);
        }
    }
};
constexpr std::array<Exchange, 6> kExchanges{Exchange(0), Exchange(1), Exchange(2),
                                             Exchange(3), Exchange(4), Exchange(5)};

LIFEBOAT_WIDE inline __m512i load(const void* bytes) {
    return _mm512_loadu_si512(bytes);
}

LIFEBOAT_WIDE inline __m512i by(std::uint64_t matrix, __m512i bytes) {
    return _mm512_gf2p8affine_epi64_epi8(bytes, _mm512_set1_epi64(static_cast<long long>(matrix)),
                                         0);
}

// Three stages among eight rows.
LIFEBOAT_WIDE inline void exchange(__m512i (&rows)[8], const Exchange* exchanges) {
#pragma GCC unroll 3
    for (unsigned stage = 0; stage < 3; ++stage) {
        const __m512i low = load(&exchanges[stage].low), high = load(&exchanges[stage].high);
#pragma GCC unroll 8
        for (unsigned row = 0; row < 8; ++row) {
            const unsigned partner = row | 1u << stage;
            if (row == partner) continue;
            const __m512i a = rows[row], b = rows[partner];
            rows[row] = _mm512_permutex2var_epi8(a, low, b);
            rows[partner] = _mm512_permutex2var_epi8(a, high, b);
        }
    }
}

// The 64 bytes at `place`, and as many in each `distance` after it, by columns.
LIFEBOAT_WIDE void transpose(const unsigned char* place, std::size_t distance, Block& columns) {
    __m512i rows[8];
    for (std::size_t first = 0; first < kBlock; first += 8) {
#pragma GCC unroll 8
        for (std::size_t i = 0; i < 8; ++i)
            rows[i] = load(place + (first + i) * distance);
        exchange(rows, &kExchanges[0]);
#pragma GCC unroll 8
        for (std::size_t i = 0; i < 8; ++i)
            _mm512_store_si512(&columns[first + i], rows[i]);
    }
    for (std::size_t first = 0; first < 8; ++first) {
#pragma GCC unroll 8
        for (std::size_t i = 0; i < 8; ++i)
            rows[i] = load(&columns[first + 8 * i]);
        exchange(rows, &kExchanges[3]);
#pragma GCC unroll 8
        for (std::size_t i = 0; i < 8; ++i)
            _mm512_store_si512(&columns[first + 8 * i], rows[i]);
    }
}

// Of one pass over the lanes.
struct Pass {
    __m512i digest[kBytes];
    std::array<std::size_t, kLanes> found{};  // 0: nothing yet
};

LIFEBOAT_WIDE void warm_up(const Step& step, const Block& ins, Pass& pass) {
    __m512i d[kBytes]{};
    for (const Vector& column : ins) {
        const __m512i in = load(&column), top = d[6];
#pragma GCC unroll 7
        for (std::size_t i = kBytes - 1; i > 0; --i)
            d[i] = _mm512_xor_si512(d[i - 1], by(step.reduce[i], top));
        d[1] = _mm512_xor_si512(d[1], by(step.in[1], in));
        d[0] = _mm512_xor_si512(by(step.reduce[0], top), by(step.in[0], in));
    }
    std::copy(std::begin(d), std::end(d), pass.digest);
}

LIFEBOAT_WIDE void search(const Step& step, const Block& outs, const Block& ins,
                          std::size_t searched, Pass& pass) {
    constexpr int kXor = 0x96;  // of three
    __m512i d[kBytes];
    std::copy(std::begin(pass.digest), std::end(pass.digest), d);
    for (std::size_t at = 0; at < kBlock; ++at) {
        const __m512i in = load(&ins[at]), out = load(&outs[at]), top = d[6];
#pragma GCC unroll 7
        for (std::size_t i = kBytes - 1; i > 0; --i)
            d[i] = _mm512_ternarylogic_epi64(d[i - 1], by(step.reduce[i], top),
                                             by(step.out[i], out), kXor);
        d[1] = _mm512_xor_si512(d[1], by(step.in[1], in));
        d[0] = _mm512_ternarylogic_epi64(by(step.reduce[0], top), by(step.out[0], out),
                                         by(step.in[0], in), kXor);
        const __m512i low = _mm512_or_si512(d[0], d[1]);
        if (_cvtmask64_u64(_mm512_testn_epi8_mask(low, low)) == 0) [[likely]]
            continue;
        const __m512i rest =
            _mm512_and_si512(d[2], _mm512_set1_epi8((1 << (20 + kShift - 16)) - 1));
        const __m512i all = _mm512_or_si512(low, rest);
        for (std::uint64_t hits = _cvtmask64_u64(_mm512_testn_epi8_mask(all, all)); hits != 0;
             hits &= hits - 1) {
            std::size_t& found = pass.found[static_cast<std::size_t>(std::countr_zero(hits))];
            if (found == 0) found = searched + at + 1;
        }
    }
    std::copy(std::begin(d), std::end(d), pass.digest);
}

// `map`: what a byte adds to a fingerprint.
template <class Map>
Matrices matrices(Map map) {
    Matrices made{};
    for (std::size_t from = 0; from < 8; ++from) {
        const std::uint64_t image = map(std::uint64_t{1} << from);
        for (std::size_t to = 0; to < 8 * kBytes; ++to)
            // Row i of a matrix is its byte 7 - i.
            if ((image >> to & 1) != 0)
                made[to / 8] |= std::uint64_t{1} << (8 * (7 - to % 8) + from);
    }
    return made;
}

// `byte` times x to the power.
std::uint64_t shifted(std::uint64_t byte, std::size_t power, Polynomial modulus) {
    for (; power > 0; --power)
        byte = Polynomial::remainder(byte << 1, modulus.bits());
    return byte << kShift;
}

}  // namespace

bool FingerprintLanes::are_possible() {
    static const bool has = __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("gfni");
    return has;
}

FingerprintLanes::FingerprintLanes(Polynomial modulus)
    : step_{matrices([&](std::uint64_t byte) { return shifted(byte, 0, modulus); }),
            matrices([&](std::uint64_t byte) { return shifted(byte, 8 * kBlock, modulus); }),
            matrices([&](std::uint64_t byte) { return shifted(byte, kChunkerDegree, modulus); })} {}

std::size_t FingerprintLanes::cut(const unsigned char* place, std::size_t lane_length) const {
    Pass pass;
    std::array<Block, 2> columns;
    Block* outs = &columns[0];
    Block* ins = &columns[1];
    transpose(place - kBlock, lane_length, *outs);
    warm_up(step_, *outs, pass);
    for (std::size_t searched = 0; searched < lane_length; searched += kBlock) {
        transpose(place + searched, lane_length, *ins);
        search(step_, *outs, *ins, searched, pass);
        std::swap(ins, outs);
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane)
        if (pass.found[lane] != 0) return lane * lane_length + pass.found[lane];
    return 0;
}

#else
bool FingerprintLanes::are_possible() {
    return false;
}
FingerprintLanes::FingerprintLanes(Polynomial) : step_{} {}
std::size_t FingerprintLanes::cut(const unsigned char*, std::size_t) const {
    return 0;
}
#endif

}  // namespace lifeboat::vault

#include "vault/scrypt.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"

namespace lifeboat::vault {
namespace {

constexpr std::uint64_t kMostMemory = 512 << 20;
// n * r * p: about thirteen seconds of one processor. restic's own keys ask for half a second, ours
// for a fifth.
constexpr std::uint64_t kMostWork = 1 << 25;
constexpr std::size_t kWords = 16;  // of a Salsa20 block

// The diagonals of a Salsa20 block in four vectors: word i is word 5 i mod 16 of the specification.
// All arithmetic is then on whole vectors.
using Four = std::uint32_t __attribute__((vector_size(16)));
struct alignas(64) Block {
    Four v[4];
};

// What mixes lanes is inlined into functions for one processor each.
#define LIFEBOAT_INLINE [[gnu::always_inline]] inline

// Such vectors of `lanes` lanes beside each other: one lane alone waits for its own results most of
// the time.
template <std::size_t lanes>
struct Vectors;

template <>
struct Vectors<1> {
    using Vector = Four;
    LIFEBOAT_INLINE static void join(const std::array<const Block*, 1>& from, std::size_t block,
                                     std::size_t i, Vector& to) {
        to = from[0][block].v[i];
    }
    LIFEBOAT_INLINE static void split(const Vector& from, const std::array<Block*, 1>& to,
                                      std::size_t block, std::size_t i) {
        to[0][block].v[i] = from;
    }
    template <int by>
    LIFEBOAT_INLINE static void turn(Vector& x) {
        x = __builtin_shufflevector(x, x, by, (by + 1) % 4, (by + 2) % 4, (by + 3) % 4);
    }
};

template <>
struct Vectors<2> {
    using Vector = std::uint32_t __attribute__((vector_size(32)));
    LIFEBOAT_INLINE static void join(const std::array<const Block*, 2>& from, std::size_t block,
                                     std::size_t i, Vector& to) {
        to = __builtin_shufflevector(from[0][block].v[i], from[1][block].v[i], 0, 1, 2, 3, 4, 5, 6,
                                     7);
    }
    LIFEBOAT_INLINE static void split(const Vector& from, const std::array<Block*, 2>& to,
                                      std::size_t block, std::size_t i) {
        to[0][block].v[i] = __builtin_shufflevector(from, from, 0, 1, 2, 3);
        to[1][block].v[i] = __builtin_shufflevector(from, from, 4, 5, 6, 7);
    }
    template <int by>
    LIFEBOAT_INLINE static void turn(Vector& x) {
        x = __builtin_shufflevector(x, x, by, (by + 1) % 4, (by + 2) % 4, (by + 3) % 4, 4 + by,
                                    4 + (by + 1) % 4, 4 + (by + 2) % 4, 4 + (by + 3) % 4);
    }
};

// x ^= (a + b) <<< bits
template <int bits, class Vector>
LIFEBOAT_INLINE void step(Vector& x, const Vector& a, const Vector& b) {
    const Vector sum = a + b;
    x ^= sum << bits | sum >> (32 - bits);
}

// The four columns of a round. Turned afterwards, its rows stand where the columns did, with b and
// d in each other's place.
template <std::size_t lanes, class Vector>
LIFEBOAT_INLINE void columns(Vector& a, Vector& b, Vector& c, Vector& d) {
    step<7>(b, a, d);
    step<9>(c, b, a);
    step<13>(d, c, b);
    step<18>(a, d, c);
    Vectors<lanes>::template turn<3>(b);
    Vectors<lanes>::template turn<2>(c);
    Vectors<lanes>::template turn<1>(d);
}

// Salsa20/8.
template <std::size_t lanes>
LIFEBOAT_INLINE void salsa(typename Vectors<lanes>::Vector (&x)[4]) {
    using V = Vectors<lanes>;
    typename V::Vector a = x[0], b = x[1], c = x[2], d = x[3];
#pragma GCC unroll 4
    for (int round = 0; round < 8; round += 2) {
        columns<lanes>(a, b, c, d);
        columns<lanes>(a, d, c, b);
    }
    x[0] += a;
    x[1] += b;
    x[2] += c;
    x[3] += d;
}

// BlockMix of the states `in`, of `size` blocks, with `more` added to them where `adds`: even
// results first, then odd ones.
template <std::size_t lanes, bool adds>
LIFEBOAT_INLINE void mix(const std::array<const Block*, lanes>& in,
                         const std::array<const Block*, lanes>& more, std::size_t size,
                         const std::array<Block*, lanes>& out) {
    using V = Vectors<lanes>;
    typename V::Vector x[4], next;
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
        V::join(in, size - 1, i, x[i]);
        if (!adds) continue;
        V::join(more, size - 1, i, next);
        x[i] ^= next;
    }
    for (std::size_t block = 0; block < size; ++block) {
#pragma GCC unroll 4
        for (std::size_t i = 0; i < 4; ++i) {
            V::join(in, block, i, next);
            x[i] ^= next;
            if (!adds) continue;
            V::join(more, block, i, next);
            x[i] ^= next;
        }
        salsa<lanes>(x);
        const std::size_t at = block / 2 + (block % 2) * (size / 2);
#pragma GCC unroll 4
        for (std::size_t i = 0; i < 4; ++i)
            V::split(x[i], out, at, i);
    }
}

// ROMix of lanes whose first states, of `size` blocks, begin their `memory`, which has room for
// n + 2. Returns where, in states, the results are.
template <std::size_t lanes>
LIFEBOAT_INLINE std::uint64_t mix_lanes(const std::array<Block*, lanes>& memory, std::uint64_t n,
                                        std::size_t size) {
    std::array<const Block*, lanes> in{}, more{};
    std::array<Block*, lanes> out{};
    for (std::uint64_t i = 0; i < n; ++i) {
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            in[lane] = memory[lane] + i * size;
            out[lane] = memory[lane] + (i + 1) * size;
        }
        mix<lanes, false>(in, more, size, out);
    }
    std::uint64_t now = n;
    for (std::uint64_t i = 0; i < n; ++i) {
        const std::uint64_t next = now == n ? n + 1 : n;
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            in[lane] = memory[lane] + now * size;
            out[lane] = memory[lane] + next * size;
            more[lane] = memory[lane] + (in[lane][size - 1].v[0][0] & (n - 1)) * size;
        }
        mix<lanes, true>(in, more, size, out);
        now = next;
    }
    return now;
}

template <std::size_t lanes>
using Mix = std::uint64_t (*)(const std::array<Block*, lanes>&, std::uint64_t, std::size_t);

template <std::size_t lanes>
std::uint64_t mix_anywhere(const std::array<Block*, lanes>& memory, std::uint64_t n,
                           std::size_t size) {
    return mix_lanes<lanes>(memory, n, size);
}
#ifdef __x86_64__
template <std::size_t lanes>
__attribute__((target("avx2"))) std::uint64_t mix_by_avx2(const std::array<Block*, lanes>& memory,
                                                          std::uint64_t n, std::size_t size) {
    return mix_lanes<lanes>(memory, n, size);
}
template <std::size_t lanes>
__attribute__((target("avx512vl"))) std::uint64_t mix_by_avx512(
    const std::array<Block*, lanes>& memory, std::uint64_t n, std::size_t size) {
    return mix_lanes<lanes>(memory, n, size);
}
#endif

template <std::size_t lanes>
Mix<lanes> best_mix() {
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512vl")) return &mix_by_avx512<lanes>;  // has rotations
    if (__builtin_cpu_supports("avx2")) return &mix_by_avx2<lanes>;
#endif
    return &mix_anywhere<lanes>;
}

// Memory for lanes.
class LaneMemory {
  public:
    explicit LaneMemory(std::size_t bytes) : size_(bytes) {
        memory_ =
            ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory_ == MAP_FAILED) throw error_from_errno(errno, "get memory for the key");
    }
    ~LaneMemory() { ::munmap(memory_, size_); }
    LaneMemory(const LaneMemory&) = delete;
    LaneMemory& operator=(const LaneMemory&) = delete;
    Block* blocks() const { return static_cast<Block*>(memory_); }

  private:
    std::size_t size_;
    void* memory_;
};

void load(std::string_view bytes, std::span<Block> blocks) {
    for (std::size_t b = 0; b < blocks.size(); ++b)
        for (std::size_t i = 0; i < kWords; ++i) {
            std::uint32_t word = 0;
            for (std::size_t k = 0; k < 4; ++k)
                word |= std::uint32_t{static_cast<unsigned char>(
                            bytes[b * 64 + (i * 5 % kWords) * 4 + k])}
                        << (8 * k);
            blocks[b].v[i / 4][i % 4] = word;
        }
}

void store(std::span<const Block> blocks, char* bytes) {
    for (std::size_t b = 0; b < blocks.size(); ++b)
        for (std::size_t i = 0; i < kWords; ++i)
            for (std::size_t k = 0; k < 4; ++k)
                bytes[b * 64 + (i * 5 % kWords) * 4 + k] =
                    static_cast<char>(blocks[b].v[i / 4][i % 4] >> (8 * k));
}

// ROMix of the lanes whose bytes follow each other, in place: one or two. `memory` holds n + 2
// states for each.
void mix_bytes(std::span<char> bytes, std::size_t lane_bytes, std::uint64_t n, Block* memory) {
    const std::size_t size = lane_bytes / sizeof(Block);
    Block* const other = memory + (n + 2) * size;
    const bool is_pair = bytes.size() > lane_bytes;
    load({bytes.data(), lane_bytes}, {memory, size});
    if (is_pair) load({bytes.data() + lane_bytes, lane_bytes}, {other, size});
    const std::uint64_t at =
        is_pair ? best_mix<2>()({memory, other}, n, size) : best_mix<1>()({memory}, n, size);
    store({memory + at * size, size}, bytes.data());
    if (is_pair) store({other + at * size, size}, bytes.data() + lane_bytes);
}

void derive(std::string_view password, std::string_view salt, std::span<unsigned char> out) {
    if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                          reinterpret_cast<const unsigned char*>(salt.data()),
                          static_cast<int>(salt.size()), 1, EVP_sha256(),
                          static_cast<int>(out.size()), out.data()) != 1)
        throw Error(ErrorCategory::Internal, "CryptographyUnavailable",
                    "the cryptography library refused to compute PBKDF2");
}

}  // namespace

std::array<unsigned char, 64> scrypt(std::string_view password, std::string_view salt,
                                     std::uint64_t n, std::uint64_t r, std::uint64_t p) {
    const std::uint64_t most = kMostMemory / 128;
    if (n < 2 || !std::has_single_bit(n) || r == 0 || p == 0 || n > most || r > most ||
        n * r > most || p > most / r || p > kMostWork / (n * r))
        throw Error(ErrorCategory::InvalidInput, "InvalidKeyParameters",
                    "scrypt does not take N=" + std::to_string(n) + ", r=" + std::to_string(r) +
                        ", p=" + std::to_string(p) + "; the key file is damaged or asks too much");
    const std::size_t lane = static_cast<std::size_t>(r) * 128;
    std::string lanes(lane * p, '\0');
    derive(password, salt, {reinterpret_cast<unsigned char*>(lanes.data()), lanes.size()});
    const std::uint64_t state_bytes = (n + 2) * lane;
    const std::uint64_t together = p > 1 && 2 * state_bytes <= kMostMemory ? 2 : 1;  // lanes
    const std::uint64_t groups = (p + together - 1) / together;
    const std::uint64_t threads =
        std::min({groups, std::uint64_t{std::max(1U, std::thread::hardware_concurrency())},
                  std::max(std::uint64_t{1}, kMostMemory / (together * state_bytes))});
    std::atomic<std::uint64_t> next{0};
    const auto work = [&](const LaneMemory& memory) {
        for (std::uint64_t i = next++; i < groups; i = next++) {
            const std::span<char> rest = std::span(lanes).subspan(i * together * lane);
            mix_bytes(rest.first(std::min(rest.size(), together * lane)), lane, n, memory.blocks());
        }
    };
    {
        // What may fail comes before the threads.
        std::vector<std::unique_ptr<LaneMemory>> memories;
        for (std::uint64_t i = 0; i < threads; ++i)
            memories.push_back(std::make_unique<LaneMemory>(together * state_bytes));
        std::vector<std::jthread> helpers;
        for (std::uint64_t i = 1; i < threads; ++i)
            helpers.emplace_back([&work, &memory = *memories[i]] { work(memory); });
        work(*memories[0]);
    }
    std::array<unsigned char, 64> out{};
    derive(password, lanes, out);
    OPENSSL_cleanse(lanes.data(), lanes.size());
    return out;
}

}  // namespace lifeboat::vault

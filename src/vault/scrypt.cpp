#include "vault/scrypt.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/mman.h>

#include <algorithm>
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

using Four = std::uint32_t __attribute__((vector_size(16)));

// A Salsa20 block with its diagonals in four vectors: word i is word 5 i mod 16 of the
// specification. All arithmetic is then on whole vectors.
struct alignas(64) Block {
    Four v[4];

    Block& operator^=(const Block& other) {
        for (int i = 0; i < 4; ++i)
            v[i] ^= other.v[i];
        return *this;
    }
};

template <int bits>
Four rotate(Four x) {
    return x << bits | x >> (32 - bits);
}

inline Four turn(Four x, int by) {
    return by == 1   ? __builtin_shufflevector(x, x, 1, 2, 3, 0)
           : by == 2 ? __builtin_shufflevector(x, x, 2, 3, 0, 1)
                     : __builtin_shufflevector(x, x, 3, 0, 1, 2);
}

// Salsa20/8.
inline void salsa(Block& block) {
    Four a = block.v[0], b = block.v[1], c = block.v[2], d = block.v[3];
    for (int round = 0; round < 8; round += 2) {
        b ^= rotate<7>(a + d);
        c ^= rotate<9>(b + a);
        d ^= rotate<13>(c + b);
        a ^= rotate<18>(d + c);
        b = turn(b, 3);
        c = turn(c, 2);
        d = turn(d, 1);
        d ^= rotate<7>(a + b);
        c ^= rotate<9>(d + a);
        b ^= rotate<13>(c + d);
        a ^= rotate<18>(b + c);
        b = turn(b, 1);
        c = turn(c, 2);
        d = turn(d, 3);
    }
    block.v[0] += a;
    block.v[1] += b;
    block.v[2] += c;
    block.v[3] += d;
}

// BlockMix of `in`, with `more` added to it where there is some: even results first, then odd ones.
void mix(std::span<const Block> in, const Block* more, Block* out) {
    Block x = in.back();
    if (more != nullptr) x ^= more[in.size() - 1];
    const std::size_t half = in.size() / 2;
    for (std::size_t i = 0; i < in.size(); ++i) {
        x ^= in[i];
        if (more != nullptr) x ^= more[i];
        salsa(x);
        out[i / 2 + (i % 2) * half] = x;
    }
}

// Memory for one lane at a time; large pages where there are some.
class LaneMemory {
  public:
    explicit LaneMemory(std::size_t blocks) : size_(blocks * sizeof(Block)) {
        memory_ =
            ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory_ == MAP_FAILED) throw error_from_errno(errno, "get memory for the key");
        ::madvise(memory_, size_, MADV_HUGEPAGE);
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

// ROMix of the lane's `bytes`, in place. `memory` holds n + 2 states.
void mix_lane(char* bytes, std::uint64_t n, std::size_t size, Block* memory) {
    const auto state = [&](std::uint64_t number) { return memory + number * size; };
    load({bytes, size * sizeof(Block)}, {state(0), size});
    for (std::uint64_t i = 0; i < n; ++i)
        mix({state(i), size}, nullptr, state(i + 1));
    std::uint64_t now = n;
    for (std::uint64_t i = 0; i < n; ++i) {
        const std::uint64_t next = now == n ? n + 1 : n;
        const std::uint64_t at = state(now)[size - 1].v[0][0] & (n - 1);
        mix({state(now), size}, state(at), state(next));
        now = next;
    }
    store({state(now), size}, bytes);
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
    const std::size_t size = lane / sizeof(Block);
    const std::size_t blocks = static_cast<std::size_t>(n + 2) * size;
    const std::uint64_t threads =
        std::min({p, std::uint64_t{std::max(1U, std::thread::hardware_concurrency())},
                  std::max(std::uint64_t{1}, kMostMemory / (blocks * sizeof(Block)))});
    std::atomic<std::uint64_t> next{0};
    const auto work = [&](const LaneMemory& memory) {
        for (std::uint64_t i = next++; i < p; i = next++)
            mix_lane(lanes.data() + i * lane, n, size, memory.blocks());
    };
    {
        // What may fail comes before the threads.
        std::vector<std::unique_ptr<LaneMemory>> memories;
        for (std::uint64_t i = 0; i < threads; ++i)
            memories.push_back(std::make_unique<LaneMemory>(blocks));
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

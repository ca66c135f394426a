// https://intel.github.io/intel-ipsec-mb: jobs of its manager. These two kinds are done when they
// have been submitted.
#include "vault/wide_cipher.h"

#ifdef LIFEBOAT_IPSEC_MB
#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/error.h"
#endif

namespace lifeboat::vault {

#ifdef LIFEBOAT_IPSEC_MB
namespace {

constexpr std::size_t kBlock = 16;
constexpr std::size_t kKey = 32;

struct FreeManager {
    void operator()(IMB_MGR* manager) const { free_mb_mgr(manager); }
};

bool is_possible() {
    constexpr std::uint64_t kNeeded = IMB_CPUFLAGS_AVX512_T2;
    // The first asks the operating system, too, whether it keeps wide registers.
    static const bool has =
        __builtin_cpu_supports("avx512bw") && (imb_get_feature_flags() & kNeeded) == kNeeded;
    return has;
}

const unsigned char* raw(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

// A block as a number, the highest byte first.
struct Counter {
    std::array<unsigned char, kBlock> bytes;

    explicit Counter(const char* iv) { std::memcpy(bytes.data(), iv, kBlock); }
    // How many times the lowest four bytes can be added to without a carry.
    std::uint64_t until_carry() const {
        std::uint64_t low = 0;
        for (std::size_t i = kBlock - 4; i < kBlock; ++i)
            low = low << 8 | bytes[i];
        return (std::uint64_t{1} << 32) - low;
    }
    // Adds until_carry().
    void carry() {
        std::fill(bytes.end() - 4, bytes.end(), static_cast<unsigned char>(0));
        for (std::size_t i = kBlock - 4; i-- > 0;)
            if (++bytes[i] != 0) break;
    }
};

}  // namespace

struct WideCipher::Parts {
    std::unique_ptr<IMB_MGR, FreeManager> manager{alloc_mb_mgr(0)};
    struct {
        alignas(16) std::array<unsigned char, 15 * kBlock> encrypting, decrypting;
    } keys{};

    ~Parts() { OPENSSL_cleanse(&keys, sizeof keys); }

    // `describe` says what is to be done.
    template <class Describe>
    void run(Describe describe) {
        IMB_JOB* job = IMB_GET_NEXT_JOB(manager.get());
        *job = {};
        job->cipher_direction = IMB_DIR_ENCRYPT;
        job->chain_order = IMB_ORDER_CIPHER_HASH;
        job->cipher_mode = IMB_CIPHER_NULL;
        job->hash_alg = IMB_AUTH_NULL;
        describe(*job);
        job = IMB_SUBMIT_JOB(manager.get());
        if (job == nullptr || job->status != IMB_STATUS_COMPLETED)
            throw Error(ErrorCategory::Internal, "CryptographyUnavailable",
                        std::string("the cryptography library refused a job: ") +
                            imb_get_strerror(imb_get_errno(manager.get())));
    }
};

std::unique_ptr<WideCipher> WideCipher::create(const std::array<unsigned char, 32>& key) {
    if (!is_possible()) return nullptr;
    auto parts = std::make_unique<Parts>();
    if (!parts->manager) return nullptr;
    init_mb_mgr_avx512(parts->manager.get());
    if (imb_get_errno(parts->manager.get()) != 0) return nullptr;
    IMB_AES_KEYEXP_256(parts->manager.get(), key.data(), parts->keys.encrypting.data(),
                       parts->keys.decrypting.data());
    return std::unique_ptr<WideCipher>(new WideCipher(std::move(parts)));
}

WideCipher::WideCipher(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
WideCipher::~WideCipher() = default;

void WideCipher::crypt(const char* iv, std::string_view in, char* out) {
    Counter counter(iv);
    while (!in.empty()) {
        // The library's counter is the lowest four bytes.
        const std::size_t size = std::min<std::uint64_t>(in.size(), counter.until_carry() * kBlock);
        parts_->run([&](IMB_JOB& job) {
            job.cipher_mode = IMB_CIPHER_CNTR;
            job.enc_keys = parts_->keys.encrypting.data();
            job.dec_keys = parts_->keys.decrypting.data();
            job.key_len_in_bytes = kKey;
            job.iv = counter.bytes.data();
            job.iv_len_in_bytes = kBlock;
            job.src = raw(in);
            job.dst = reinterpret_cast<unsigned char*>(out);
            job.msg_len_to_cipher_in_bytes = size;
        });
        in.remove_prefix(size);
        out += size;
        counter.carry();
    }
}

void WideCipher::authenticate(const unsigned char* key, std::string_view bytes,
                              unsigned char* mac) {
    parts_->run([&](IMB_JOB& job) {
        job.hash_alg = IMB_AUTH_POLY1305;
        job.u.POLY1305._key = key;
        job.src = raw(bytes);
        job.msg_len_to_hash_in_bytes = bytes.size();
        job.auth_tag_output = mac;
        job.auth_tag_output_len_in_bytes = kBlock;
    });
}
#else
struct WideCipher::Parts {};

std::unique_ptr<WideCipher> WideCipher::create(const std::array<unsigned char, 32>&) {
    return nullptr;
}
WideCipher::~WideCipher() = default;
void WideCipher::crypt(const char*, std::string_view, char*) {}
void WideCipher::authenticate(const unsigned char*, std::string_view, unsigned char*) {}
#endif

}  // namespace lifeboat::vault

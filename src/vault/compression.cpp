#include "vault/compression.h"

#include <zstd.h>

#include <algorithm>

#include "base/error.h"

namespace lifeboat::vault {
namespace {

// A part in sixteen is looked at.
constexpr std::size_t kGlance = 4 << 10;
constexpr std::size_t kGlanceEvery = 64 << 10;

Error damaged(const char* what) {
    return Error(ErrorCategory::Corruption, "InvalidCompression",
                 std::string("the compressed bytes cannot be unpacked: ") + what);
}

}  // namespace

struct Compression::Contexts {
    ZSTD_CCtx* compress = ZSTD_createCCtx();
    ZSTD_DCtx* decompress = ZSTD_createDCtx();
    ~Contexts() {
        ZSTD_freeCCtx(compress);
        ZSTD_freeDCtx(decompress);
    }
};

Compression::Compression() : contexts_(std::make_unique<Contexts>()) {}
Compression::~Compression() = default;

std::string_view Compression::compress(std::string_view plain, int level) {
    const std::size_t bound = ZSTD_compressBound(plain.size());
    char* out = scratch_.reset(bound);
    const std::size_t size =
        ZSTD_compressCCtx(contexts_->compress, out, bound, plain.data(), plain.size(), level);
    if (ZSTD_isError(size))
        throw Error(ErrorCategory::Internal, "CompressionFailed", ZSTD_getErrorName(size));
    return {out, size};
}

bool Compression::seems_incompressible(std::string_view plain) {
    if (plain.size() < 2 * kGlanceEvery) return false;
    glances_.clear();
    for (std::size_t at = 0; at + kGlance <= plain.size(); at += kGlanceEvery)
        glances_.append(plain.substr(at, kGlance));
    return compress(glances_.view()).size() >= glances_.size() - glances_.size() / 64;
}

std::string Compression::decompress(std::string_view frame, std::size_t most) {
    // Frames written as a stream do not say how much they hold.
    ZSTD_DCtx_reset(contexts_->decompress, ZSTD_reset_session_only);
    std::string out;
    ZSTD_inBuffer in{frame.data(), frame.size(), 0};
    std::size_t left = 1;
    while (left != 0) {
        const std::size_t had = out.size();
        if (had >= most) throw damaged("they hold more than is allowed");
        out.resize(std::min(most, std::max<std::size_t>(had * 2, 64 << 10)));
        ZSTD_outBuffer to{out.data() + had, out.size() - had, 0};
        left = ZSTD_decompressStream(contexts_->decompress, &to, &in);
        if (ZSTD_isError(left)) throw damaged(ZSTD_getErrorName(left));
        out.resize(had + to.pos);
        if (left != 0 && in.pos == in.size && to.pos < to.size) throw damaged("they end too early");
    }
    if (in.pos != in.size) throw damaged("something follows them");
    return out;
}

void Compression::decompress(std::string_view frame, char* out, std::size_t size) {
    const std::size_t got =
        ZSTD_decompressDCtx(contexts_->decompress, out, size, frame.data(), frame.size());
    if (ZSTD_isError(got)) throw damaged(ZSTD_getErrorName(got));
    if (got != size) throw damaged("they hold less than the index says");
}

}  // namespace lifeboat::vault

#include "vault/content_reader.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"

namespace lifeboat::vault {
namespace {

constexpr std::size_t kStep = 1 << 20;

}  // namespace

std::uint64_t read_chunks(int fd, std::uint64_t hint, const Chunker& chunker,
                          const std::function<void(std::string)>& take) {
    std::uint64_t total = 0;
    std::string buffer;
    std::size_t held = 0, searched = 0;
    bool is_over = false;
    while (!is_over) {
        // One byte more than expected tells the end.
        const std::size_t step = std::min<std::uint64_t>(
            kStep, hint > total ? hint - total + 1 : std::uint64_t{64} << 10);
        if (buffer.size() < held + step) buffer.resize(held + step);
        const ssize_t got = ::read(fd, buffer.data() + held, step);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw error_from_errno(errno, "read the file");
        is_over = got == 0;
        held += static_cast<std::size_t>(got);
        total += static_cast<std::uint64_t>(got);
        // A short answer is the end of a file that is as long as it said.
        if (static_cast<std::size_t>(got) < step && total == hint) is_over = true;
        while (held > 0) {
            const std::size_t length = chunker.cut({buffer.data(), held}, searched);
            if (length == held && !is_over && held < kMaxChunk) {
                searched = held - 1;
                break;
            }
            std::string rest;
            if (held > length) {
                rest.reserve(std::max(held - length, 2 * kStep));
                rest.assign(buffer, length, held - length);
            }
            buffer.resize(length);
            take(std::move(buffer));
            buffer = std::move(rest);
            held -= length;
            searched = 0;
        }
    }
    return total;
}

}  // namespace lifeboat::vault

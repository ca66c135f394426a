#include "vault/content_reader.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"

namespace lifeboat::vault {
namespace {

constexpr std::size_t kStep = 1 << 20;

}  // namespace

std::uint64_t read_chunks(int fd, std::uint64_t hint, const Chunker& chunker, Bytes& buffer,
                          const std::function<void(std::string_view)>& take) {
    std::uint64_t total = 0;
    std::size_t held = 0, searched = 0;
    buffer.clear();
    bool is_over = false;
    while (!is_over) {
        // One byte more than expected tells the end.
        const std::size_t step = std::min<std::uint64_t>(
            kStep, hint > total ? hint - total + 1 : std::uint64_t{64} << 10);
        const ssize_t got = ::read(fd, buffer.extend(step), step);
        buffer.shrink(held + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw error_from_errno(errno, "read the file");
        is_over = got == 0;
        held = buffer.size();
        total += static_cast<std::uint64_t>(got);
        // A short answer is the end of a file that is as long as it said.
        if (static_cast<std::size_t>(got) < step && total == hint) is_over = true;
        std::string_view uncut = buffer.view();
        while (!uncut.empty()) {
            const std::size_t length = chunker.cut(uncut, searched);
            searched = 0;
            if (length == uncut.size() && !is_over && length < kMaxChunk) {
                searched = length - 1;
                break;
            }
            take(uncut.substr(0, length));
            uncut.remove_prefix(length);
        }
        buffer.drop_front(held - uncut.size());
        held = buffer.size();
    }
    return total;
}

}  // namespace lifeboat::vault

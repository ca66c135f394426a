#include "mover/content.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "base/fault.h"
#include "mover/ranges.h"

namespace lifeboat::mover {
namespace {

constexpr std::size_t kChunk = 256 * 1024;
// What one call may copy in the kernel, small enough to be cancelled and to keep a rate.
constexpr std::size_t kKernelChunk = 1 << 20;
// Smaller files are quicker read and written.
constexpr std::uint64_t kInKernelFrom = 128 * 1024;

// Larger files are split into ranges of this many bytes: on a file server several requests at a
// time are what fills the line. On local file systems reading one range goes on while another is
// written.
constexpr std::uint64_t kSplitFrom = 32 << 20;
constexpr std::uint64_t kRange = 8 << 20;

// Two buffers a thread; a comparison needs both.
char* buffer(int which) {
    thread_local const auto memory = std::make_unique<char[]>(2 * kChunk);
    return memory.get() + which * kChunk;
}

void check_stop(const std::stop_token& stop) {
    if (stop.stop_requested())
        throw Error(ErrorCategory::Cancelled, "Cancelled", "the copy was cancelled");
}

// Where the next data begins at or after `offset`, at most `size`. File systems that know nothing
// of holes say "here".
std::uint64_t next_data(int fd, std::uint64_t offset, std::uint64_t size) {
    const off_t found = ::lseek(fd, static_cast<off_t>(offset), SEEK_DATA);
    if (found < 0) return errno == ENXIO ? size : offset;
    return std::min<std::uint64_t>(static_cast<std::uint64_t>(found), size);
}

std::uint64_t next_hole(int fd, std::uint64_t offset, std::uint64_t size) {
    const off_t found = ::lseek(fd, static_cast<off_t>(offset), SEEK_HOLE);
    if (found < 0) return size;
    return std::min<std::uint64_t>(static_cast<std::uint64_t>(found), size);
}

// Has the kernel copy up to `size` bytes at `offset`, without bringing them here; file systems that
// can share blocks do. Returns what was copied: 0 when it cannot, or the source has ended.
std::uint64_t copy_in_kernel(int from, int to, std::uint64_t offset, std::uint64_t size) {
    auto in = static_cast<loff_t>(offset);
    auto out = in;
    const ssize_t count = ::copy_file_range(from, &in, to, &out, size, 0);
    if (count >= 0) return static_cast<std::uint64_t>(count);
    // What it cannot do, old kernels and sandboxes refuse, or another file system makes of it:
    // reading and writing says whether it is a real error.
    return 0;
}

// What the copying of one file needs; run() may be called for several ranges at a time.
struct RangeCopy {
    int from;
    int to;
    std::uint64_t size;
    bool sparse;
    Bandwidth& bandwidth;
    std::atomic<std::uint64_t>& moved;
    const std::stop_token& stop;
    std::atomic<std::uint64_t> copied{0};

    void run(std::uint64_t begin, std::uint64_t end) {
        bool in_kernel = size >= kInKernelFrom;
        while (begin < end) {
            const std::uint64_t data = sparse ? next_data(from, begin, end) : begin;
            const std::uint64_t hole = sparse && data < end ? next_hole(from, data, end) : end;
            copy_data(data, hole, in_kernel);
            begin = hole;
        }
    }

  private:
    void copy_data(std::uint64_t offset, std::uint64_t end, bool& in_kernel) {
        // Taken from the bandwidth and not used yet: the kernel may copy less than asked for.
        std::uint64_t paid = 0;
        while (offset < end) {
            check_stop(stop);
            const std::uint64_t wanted =
                std::min<std::uint64_t>(in_kernel ? kKernelChunk : kChunk, end - offset);
            if (wanted > paid) bandwidth.take(wanted - paid, stop);
            paid = std::max(paid, wanted);
            fault::reach("mover.file-read");
            std::uint64_t count = wanted;
            if (in_kernel) {
                fault::reach("mover.file-write");
                count = copy_in_kernel(from, to, offset, wanted);
                in_kernel = count > 0;
            } else {
                if (read_at(from, buffer(0), wanted, offset) != wanted)
                    throw Error(ErrorCategory::Unavailable, "ChangedWhileRead",
                                "the source became shorter while it was read");
                fault::reach("mover.file-write");
                write_at(to, {buffer(0), wanted}, offset);
            }
            paid -= count;
            offset += count;
            copied.fetch_add(count, std::memory_order_relaxed);
            moved.fetch_add(count, std::memory_order_relaxed);
        }
    }
};

}  // namespace

std::size_t read_at(int fd, char* to, std::size_t size, std::uint64_t offset) {
    std::size_t have = 0;
    while (have < size) {
        const ssize_t count =
            ::pread(fd, to + have, size - have, static_cast<off_t>(offset + have));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw error_from_errno(errno, "read the file");
        if (count == 0) break;
        have += static_cast<std::size_t>(count);
    }
    return have;
}

void write_at(int fd, std::string_view bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
        const ssize_t count = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw error_from_errno(errno, "write the copy");
        bytes.remove_prefix(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
}

std::uint64_t copy_content(int from, const Entry& source, int to, Bandwidth& bandwidth, Pool& pool,
                           std::atomic<std::uint64_t>& moved, const std::stop_token& stop) {
    const std::uint64_t size = source.size();
    // st_blocks counts 512 bytes whatever the block size is (stat(2)).
    const bool sparse = static_cast<std::uint64_t>(source.status.st_blocks) * 512 < size;
    RangeCopy copy{from, to, size, sparse, bandwidth, moved, stop};
    if (size < kSplitFrom)
        copy.run(0, size);
    else
        for_each_range(pool, size, kRange, Help::WhenStepsWait,
                       [&](std::uint64_t begin, std::uint64_t end) { copy.run(begin, end); });
    if (sparse && ::ftruncate(to, static_cast<off_t>(size)) != 0)
        throw error_from_errno(errno, "set the length of the copy");
    return copy.copied;
}

bool is_content_equal(int a, int b, std::uint64_t size, const std::stop_token& stop) {
    // A byte more than there should be tells whether there is one: two calls for a small file.
    if (size < kChunk)
        return read_at(a, buffer(0), size + 1, 0) == size &&
               read_at(b, buffer(1), size + 1, 0) == size &&
               std::memcmp(buffer(0), buffer(1), size) == 0;
    if (look(a).size() != size || look(b).size() != size) return false;
    for (std::uint64_t offset = 0; offset < size;) {
        check_stop(stop);
        offset = std::min(next_data(a, offset, size), next_data(b, offset, size));
        const std::size_t wanted = std::min<std::uint64_t>(kChunk, size - offset);
        if (wanted == 0) break;
        if (read_at(a, buffer(0), wanted, offset) != wanted ||
            read_at(b, buffer(1), wanted, offset) != wanted)
            return false;
        if (std::memcmp(buffer(0), buffer(1), wanted) != 0) return false;
        offset += wanted;
    }
    return true;
}

void flush_and_forget(int fd) {
    constexpr unsigned kAll =
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    if (::sync_file_range(fd, 0, 0, kAll) != 0 && ::fdatasync(fd) != 0)
        throw error_from_errno(errno, "write the copy to the disk");
    ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

}  // namespace lifeboat::mover

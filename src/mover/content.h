// The bytes of regular files: copy them with their holes, and compare what two files hold.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string_view>

#include "mover/bandwidth.h"
#include "mover/entry.h"
#include "mover/pool.h"

namespace lifeboat::mover {

// Copies the first `source.size()` bytes of `from` to the empty file `to`; what is a hole in the
// source is one in the copy. Large files are copied in ranges with the help of idle workers of
// `pool`. Moves file positions. `moved` grows as data is read. Returns the bytes of data (holes not
// counted). Throws the Error of errno, Error{Unavailable, "ChangedWhileRead"}
// when the source turns out shorter, Error{Cancelled}.
std::uint64_t copy_content(int from, const Entry& source, int to, Bandwidth& bandwidth, Pool& pool,
                           std::atomic<std::uint64_t>& moved, const std::stop_token& stop);

// Are the first `size` bytes of both the same and is neither longer? Regions that are holes in both
// are not read. Throws as above.
bool is_content_equal(int a, int b, std::uint64_t size, const std::stop_token& stop);

// Reads up to `size` bytes at `offset`; returns how many, less only at the end of the file. Throws
// the Error of errno.
std::size_t read_at(int fd, char* to, std::size_t size, std::uint64_t offset);
// Writes all of them. Throws the Error of errno.
void write_at(int fd, std::string_view bytes, std::uint64_t offset);

// Writes the file's data to the disk and drops it from memory, so that the next read asks the disk.
void flush_and_forget(int fd);

}  // namespace lifeboat::mover

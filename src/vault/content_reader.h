// Reads a stream and cuts it into chunks.
#pragma once

#include <functional>
#include <string_view>

#include "vault/bytes.h"
#include "vault/chunker.h"

namespace lifeboat::vault {

// Calls `take` with every chunk, in order; a chunk is valid until `take` returns. `hint` is how
// many bytes are expected. `buffer` is what it works in. Returns how many bytes there were. Throws
// the Error of errno.
std::uint64_t read_chunks(int fd, std::uint64_t hint, const Chunker& chunker, Bytes& buffer,
                          const std::function<void(std::string_view chunk)>& take);

}  // namespace lifeboat::vault

// Reads a stream and cuts it into chunks.
#pragma once

#include <functional>
#include <string>

#include "vault/chunker.h"

namespace lifeboat::vault {

// Calls `take` with every chunk, in order. `hint` is how many bytes are expected. Returns how many
// there were. Throws the Error of errno.
std::uint64_t read_chunks(int fd, std::uint64_t hint, const Chunker& chunker,
                          const std::function<void(std::string chunk)>& take);

}  // namespace lifeboat::vault

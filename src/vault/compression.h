// Zstandard frames, as restic compresses blobs and JSON files.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "vault/bytes.h"

namespace lifeboat::vault {

// One per thread: it keeps the tables.
class Compression {
  public:
    Compression();
    ~Compression();
    Compression(const Compression&) = delete;
    Compression& operator=(const Compression&) = delete;

    // Valid until the next call. Levels are Zstandard's; readers take any.
    std::string_view compress(std::string_view plain, int level = 1);
    // A glance at some parts of it: is it noise, compressed already or encrypted?
    bool seems_incompressible(std::string_view plain);
    // Throws Corruption for what is no frame, or holds more than `most` bytes.
    std::string decompress(std::string_view frame, std::size_t most);
    // Into exactly `size` bytes at `out`; throws Corruption when the frame holds another number.
    void decompress(std::string_view frame, char* out, std::size_t size);

  private:
    struct Contexts;
    std::unique_ptr<Contexts> contexts_;
    Bytes scratch_, glances_;
};

}  // namespace lifeboat::vault

// Zstandard frames, as restic compresses blobs and JSON files.
#pragma once

#include <memory>
#include <string>
#include <string_view>

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
    // Throws Corruption for what is no frame, or holds more than `most` bytes.
    std::string decompress(std::string_view frame, std::size_t most);
    // Into exactly `size` bytes at `out`; throws Corruption when the frame holds another number.
    void decompress(std::string_view frame, char* out, std::size_t size);

  private:
    struct Contexts;
    std::unique_ptr<Contexts> contexts_;
    std::string scratch_;
};

}  // namespace lifeboat::vault

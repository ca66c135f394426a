// The bytes of objects and parts: files in data/s3 that are written whole, never changed, and named
// by chance. A row refers to a file; the file is durable before the row is, and is removed after
// the row is gone. What a crash leaves between the two no row refers to: sweep() removes it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/random.h"

namespace lifeboat::local::s3 {

class ContentFiles {
  public:
    // `random` outlives this. Makes the directory, mode 0700.
    ContentFiles(std::filesystem::path directory, Random& random);

    // Durable on return; the new file's name.
    std::string write(std::string_view bytes);
    // A second name for the same bytes.
    std::string link(const std::string& file);
    // Appends `size` bytes from `offset` to `out`. Throws Error{NotFound} when the file is gone
    // (its object was replaced or deleted meanwhile), Error{Corruption} when it is shorter.
    void read(const std::string& file, std::int64_t offset, std::int64_t size,
              std::string& out) const;
    // Does not fail: what stays behind is swept at the next start.
    void remove(const std::string& file) const noexcept;
    // Before any call: removes files for which `is_referred` says no. Returns how many.
    std::size_t sweep(const std::function<bool(const std::string& file)>& is_referred) const;

  private:
    std::filesystem::path path_of(const std::string& file) const;
    std::string new_name() const;

    std::filesystem::path directory_;
    Random& random_;
};

}  // namespace lifeboat::local::s3

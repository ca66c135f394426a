// A block device that is overwritten from its beginning, by nobody else meanwhile.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "os/unique_fd.h"

namespace lifeboat::os {

class BlockDevice {
  public:
    // Throws NotFound, PermissionDenied; InvalidInput for what is no block device, AlreadyExists
    // for one that is in use (mounted, or a part of another device).
    explicit BlockDevice(const std::string& path);

    std::uint64_t size() const { return size_; }  // bytes
    // At the end of what was written before.
    void write(std::string_view bytes);
    // What was written is on the device, and what is read from now on comes from there.
    void flush();
    // As many bytes from `offset` as fit into `out`, at most to the end of the device.
    std::size_t read(std::uint64_t offset, char* out, std::size_t length);

  private:
    const std::string path_;
    const UniqueFd fd_;
    std::uint64_t size_ = 0;
};

}  // namespace lifeboat::os

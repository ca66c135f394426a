// Who did what, or tried to: one JSON object a line, never a secret in it. A line is written before
// its request is answered; what the server has written survives its end, and reaches the disk when
// the system writes it back. The file is put aside at a size, and the oldest of those goes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json_fwd.h"
#include "os/unique_fd.h"

namespace lifeboat::vault {

struct AuditEntry {
    std::string area;     // as the client named it
    std::string token;    // its id, as the client named it; "" when it showed none
    std::string from;     // address
    std::string action;   // "read", "list", "add", "delete", "create", or the HTTP method
    std::string file;     // "data/<name>"; what does not name one: the target, cut short
    std::string outcome;  // "done", "refused", "failed", "abandoned"
    std::string reason;   // of all but done
    std::uint64_t bytes = 0;
};

class AuditLog {
  public:
    static constexpr std::uint64_t kRotateBytes = 64 << 20;
    static constexpr int kKept = 8;  // files put aside

    explicit AuditLog(std::filesystem::path file, std::uint64_t rotate_bytes = kRotateBytes)
        : file_(std::move(file)), rotate_bytes_(rotate_bytes) {}

    // Thread-safe; one process writes. Throws when it cannot: what is not logged must not happen.
    void add(const AuditEntry& entry, Time now);

    // The newest `most` entries of the file and those put aside, oldest first; of `area` alone
    // unless it is empty. Lines that are no entries are left out.
    static std::vector<Json> read(const std::filesystem::path& file, const std::string& area,
                                  std::size_t most);

  private:
    void rotate();

    const std::filesystem::path file_;
    const std::uint64_t rotate_bytes_;
    std::mutex mutex_;
    os::UniqueFd fd_;
    std::uint64_t size_ = 0;
};

}  // namespace lifeboat::vault

// Says once a second how far a verb is: people on a terminal, programs (--json) as lines of JSON
// like restic's status messages. Both on standard error; standard output has the result.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "base/json_fwd.h"
#include "cli/output.h"

namespace lifeboat::cli {

class VaultProgress {
  public:
    struct Counts {
        std::uint64_t files = 0, bytes = 0;
    };
    // `files` and `bytes` are what restic calls the counts ("files_done"; people are shown what is
    // before the '_'). `now` is called by a thread of this, until it goes.
    VaultProgress(const Output& output, const char* files, const char* bytes,
                  std::function<Counts()> now);
    ~VaultProgress();
    VaultProgress(const VaultProgress&) = delete;
    VaultProgress& operator=(const VaultProgress&) = delete;

  private:
    std::jthread thread_;
};

}  // namespace lifeboat::cli

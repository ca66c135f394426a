// The options of `lifeboat copy`: DataSync's names and values, in lower or upper case.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mover/filter.h"
#include "mover/options.h"

namespace CLI {
class App;
}

namespace lifeboat::cli {

class CopyOptions {
  public:
    // Adds the options to `verb`; this object must outlive it.
    void add_to(CLI::App& verb);

    // After parsing. Throws InvalidInput for values that do not go together; filter() also the
    // Error of errno for a manifest that cannot be read.
    mover::Options options() const;
    mover::Filter filter() const;

  private:
    mover::Options options_;
    std::string owner_;
    std::vector<std::string> uid_map_;
    std::vector<std::string> gid_map_;
    std::vector<std::string> includes_;
    std::vector<std::string> excludes_;
    std::string manifest_;
    std::uint64_t bytes_per_second_ = 0;
    bool remove_ = false;
};

}  // namespace lifeboat::cli

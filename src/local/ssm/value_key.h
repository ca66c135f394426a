// Encrypts what must not lie readable on disk: AES-256-GCM under a key in the file ssm.key of the
// data directory (mode 0600), made when it is first needed. The name and version of a parameter are
// authenticated along, so that stored values cannot be exchanged for one another.
//
// Sealed form: one byte 1, twelve bytes nonce, ciphertext, sixteen bytes tag.
#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>

#include "base/random.h"

namespace lifeboat::local::ssm {

enum class MissingKey { Make, Refuse };

class ValueKey {
  public:
    ValueKey(std::filesystem::path file, Random& random)
        : file_(std::move(file)), random_(random) {}

    // Throws Error{Corruption, "InternalServerError"} when the key file is damaged, or is not there
    // and `missing` says so: values sealed under the lost key exist, and a new one would hide that.
    std::string seal(std::string_view plain, std::string_view context, MissingKey missing);
    // Throws the same when the file or the sealed bytes are damaged.
    std::string open(std::string_view sealed, std::string_view context);

  private:
    std::string key(MissingKey missing);

    std::filesystem::path file_;
    Random& random_;
    std::mutex mutex_;
    std::string key_;
};

}  // namespace lifeboat::local::ssm

// The file `config`: what a repository is.
#pragma once

#include <string>
#include <string_view>

#include "vault/polynomial.h"

namespace lifeboat::vault {

struct RepositoryConfig {
    int version = 2;  // 1 or 2
    std::string id;   // 64 digits
    Polynomial polynomial;
};

// The JSON text, as it is sealed.
std::string encode_config(const RepositoryConfig& config);
// Throws Corruption or InvalidInput for what is none, Unsupported for versions that are not known.
RepositoryConfig decode_config(std::string_view text);

}  // namespace lifeboat::vault

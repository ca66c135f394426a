#include "vault/repository_config.h"

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::vault {

std::string encode_config(const RepositoryConfig& config) {
    return to_text({{"version", config.version},
                    {"id", config.id},
                    {"chunker_polynomial", config.polynomial.text()}});
}

RepositoryConfig decode_config(std::string_view text) {
    const Json json = parse_json(text, "the repository's configuration");
    const std::int64_t version = require_integer(json, "version");
    if (version != 1 && version != 2)
        throw Error(ErrorCategory::Unsupported, "UnknownRepositoryVersion",
                    "the repository is of version " + std::to_string(version) +
                        "; versions 1 and 2 are known here");
    return {static_cast<int>(version), require_string(json, "id"),
            Polynomial::parse(require_string(json, "chunker_polynomial"))};
}

}  // namespace lifeboat::vault

// The JSON documents in which programs, containers and instances hand out credentials.
#pragma once

#include <string_view>

#include "base/json_fwd.h"
#include "cloud/sigv4.h"

namespace lifeboat::cloud {

// AccessKeyId, SecretAccessKey, the token under `token_member`, Expiration. Throws
// Error{InvalidInput, "InvalidCredentialsDocument"} naming the member that is missing or wrong,
// never a value.
Credentials read_credentials(const Json& document, std::string_view token_member);

}  // namespace lifeboat::cloud

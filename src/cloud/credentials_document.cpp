#include "cloud/credentials_document.h"

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::cloud {
namespace {

Error missing(std::string_view member) {
    return Error(ErrorCategory::InvalidInput, "InvalidCredentialsDocument",
                 "a credentials document has no usable '" + std::string(member) + "'");
}

std::string text(const Json& document, std::string_view member) {
    auto value = find_string(document, member);
    if (!value || value->empty()) throw missing(member);
    return *value;
}

}  // namespace

Credentials read_credentials(const Json& document, std::string_view token_member) {
    Credentials credentials;
    credentials.access_key_id = text(document, "AccessKeyId");
    credentials.secret_access_key = text(document, "SecretAccessKey");
    credentials.session_token = find_string(document, token_member).value_or("");
    if (const auto expiration = find_string(document, "Expiration");
        expiration && !expiration->empty()) {
        credentials.expiration = parse_iso8601(*expiration);
        if (!credentials.expiration) throw missing("Expiration");
    }
    return credentials;
}

}  // namespace lifeboat::cloud

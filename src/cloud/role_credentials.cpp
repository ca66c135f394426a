#include "cloud/role_credentials.h"

#include "base/error.h"
#include "base/json.h"
#include "os/file.h"

namespace lifeboat::cloud {
namespace {

std::string read_token(const std::string& file) {
    std::string token = os::read_file(file, 1 << 16);
    while (!token.empty() && (token.back() == '\n' || token.back() == '\r'))
        token.pop_back();
    return token;
}

}  // namespace

RoleCredentials::RoleCredentials(Role role, std::unique_ptr<Cloud> sts, Random& random)
    : role_(std::move(role)), sts_(std::move(sts)), random_(random) {}

std::optional<Credentials> RoleCredentials::find() {
    Json request = {
        {"RoleArn", role_.arn},
        {"RoleSessionName", role_.session_name.empty() ? "lifeboat-" + new_alphanumeric(random_, 12)
                                                       : role_.session_name}};
    if (role_.duration.count() > 0) request["DurationSeconds"] = role_.duration.count();
    try {
        const bool web = !role_.web_identity_token_file.empty();
        if (web) {
            // Read every time: whoever runs the pod renews it.
            request["WebIdentityToken"] = read_token(role_.web_identity_token_file);
        } else if (!role_.external_id.empty()) {
            request["ExternalId"] = role_.external_id;
        }
        const Json answer =
            sts_->call("sts", web ? "AssumeRoleWithWebIdentity" : "AssumeRole", request);
        const Json& given = require(answer, "Credentials");
        Credentials credentials;
        credentials.access_key_id = require_string(given, "AccessKeyId");
        credentials.secret_access_key = require_string(given, "SecretAccessKey");
        credentials.session_token = require_string(given, "SessionToken");
        credentials.expiration = from_epoch_seconds(require(given, "Expiration").get<double>());
        return credentials;
    } catch (Error& e) {
        throw e.within("taking the role " + role_.arn);
    }
}

}  // namespace lifeboat::cloud

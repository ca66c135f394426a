// The credentials a client gets when nobody says more than a profile's name: the AWS SDKs' chain.
//
//   1. AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN  (not with a profile named)
//   2. AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN                    (not with a profile named)
//   3. the profile: role_arn with source_profile, credential_source or web_identity_token_file (and
//      external_id, duration_seconds, role_session_name); keys; credential_process
//   4. the container's endpoint (ECS tasks, EKS pod identity)
//   5. the instance metadata service
//
// Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers".
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "cloud/credentials.h"
#include "cloud/http_client.h"
#include "os/environment.h"

namespace lifeboat::cloud {

// What the sources need of the world; all of it outlives the providers.
struct CredentialsWorld {
    os::Environment environment;
    const Clock& clock;
    Random& random;
    HttpTransport& transport;  // to STS
    HttpTransport& metadata;   // to containers' and instances' own addresses: no proxy, no patience
};

// Remembered and refreshed before they expire. `region` is where STS is asked when neither the
// environment nor the profile says one. Throws Error{InvalidInput} for a profile that contradicts
// itself: "InvalidProfile" names it and the setting; what a source meets later is thrown by find().
std::unique_ptr<CredentialsProvider> default_credentials(const CredentialsWorld& world,
                                                         std::string_view profile = "",
                                                         std::string_view region = "us-east-1");

// Options for `CredentialsWorld::metadata`, from AWS_METADATA_SERVICE_TIMEOUT (seconds, usually 1).
HttpClientOptions metadata_http_options(const os::Environment& environment);

}  // namespace lifeboat::cloud

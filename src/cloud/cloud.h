// The one interface between Lifeboat's functions and the services they use.
//
// A service is addressed as AWS addresses it: service name, operation name, request and response
// members, error codes. `aws::Cloud` sends the call to AWS or any endpoint; `local::Cloud` answers
// it itself; an application cannot tell them apart.
//
// Values are JSON in the form of the AWS JSON protocols: timestamps are seconds since 1970 with
// fraction, blobs are base64 text, absent members are left out.
#pragma once

#include <string>
#include <string_view>

#include "base/json_fwd.h"

namespace lifeboat::cloud {

struct CallOptions {
    // A caller that may have to repeat a call after a crash names it here: a cloud that keeps such
    // names (the local one does, for a day) answers the repetition with the first answer and has no
    // second effect. Empty: every call is its own.
    std::string call_token;
    // How many clouds have handed the call on to another that plays the service for them.
    int forwards = 0;
};

class Cloud {
  public:
    virtual ~Cloud() = default;

    // `service` as in the model's name ("sagemaker", "dynamodb", "states", ...), `operation` as AWS
    // spells it ("CreateUserProfile"). Returns the response members, an object. Blocks;
    // thread-safe. When it returns, an effect is durable. Throws Error with AWS's code.
    virtual Json call(std::string_view service, std::string_view operation, const Json& request,
                      const CallOptions& options) = 0;

    Json call(std::string_view service, std::string_view operation, const Json& request);
};

}  // namespace lifeboat::cloud

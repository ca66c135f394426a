// Answers AWS requests: recognises the service by the signature, checks the signature, reads the
// request in its protocol, has it carried out, and writes the answer or AWS's own error.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/json_fwd.h"
#include "base/random.h"
#include "cloud/cloud.h"
#include "cloud/http_message.h"
#include "cloud/sigv4.h"
#include "local/service.h"
#include "server/http_server.h"
#include "server/metrics.h"

namespace lifeboat::server {

// A key the endpoint accepts, and who its bearer is.
struct Identity {
    cloud::Credentials credentials;
    local::Caller caller;  // account, arn, user_id
};

// By access key id; nullopt: unknown. Thread-safe.
using IdentitySource = std::function<std::optional<Identity>(const std::string& access_key_id)>;

// local::Cloud::call_as, or a stand-in.
using Dispatch = std::function<Json(const local::Caller& caller, const std::string& service,
                                    const std::string& operation, const Json& request,
                                    const cloud::CallOptions& options)>;

class AwsEndpoint {
  public:
    AwsEndpoint(Dispatch dispatch, IdentitySource identities, Metrics& metrics, const Clock& clock,
                Random& random);

    // Thread-safe; blocks as long as the operation does. Never throws for what a client sent.
    cloud::HttpResponse answer(cloud::HttpRequest request, const Peer& peer);

  private:
    struct Call;
    void recognise(Call& call, const cloud::HttpRequest& request) const;
    cloud::HttpResponse carry_out(Call& call, cloud::HttpRequest& request, const Peer& peer);
    // Also unwraps a body in chunks.
    local::Caller verified(const cloud::SignatureClaim& claim, cloud::HttpRequest& request);

    Dispatch dispatch_;
    IdentitySource identities_;
    Metrics& metrics_;
    const Clock& clock_;
    Random& random_;
    cloud::SigningKeys keys_;
};

}  // namespace lifeboat::server

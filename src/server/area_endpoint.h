// Serves the areas of a data directory (vault/area.h) at /vault/<workspace>/ to restic and to
// ourselves: restic's REST protocol, HTTP Basic authentication with a token's id and secret.
//
// An upload goes to a temporary file as it arrives; it is published, durable, only when it is whole
// and has the SHA-256 its name says. A file that is there is never replaced. Every request is in
// the audit log before it is answered. Who has no valid token for an area cannot tell whether there
// is one.
#pragma once

#include <filesystem>
#include <memory>

#include "base/clock.h"
#include "base/random.h"
#include "server/metrics.h"
#include "server/streamed_request.h"
#include "vault/area.h"
#include "vault/audit_log.h"

namespace lifeboat::server {

class AreaEndpoint {
  public:
    // Sweeps the areas. What is referred to outlives this, and this the requests.
    AreaEndpoint(const std::filesystem::path& root, Metrics& metrics, const Clock& clock,
                 Random& random);

    // Null: no request to an area. A request that is signed as AWS's are is about a bucket.
    std::unique_ptr<StreamedRequest> route(const cloud::HttpRequest& head, const Peer& peer);

    const vault::Areas areas;
    vault::AuditLog audit;

  private:
    Metrics& metrics_;
    const Clock& clock_;
    Random& random_;
};

}  // namespace lifeboat::server

// What answers what on the one port: /healthz and /metrics without a signature, everything else as
// AWS does.
#pragma once

#include <string>

#include "cloud/http_message.h"
#include "server/aws_endpoint.h"
#include "server/http_server.h"
#include "server/metrics.h"

namespace lifeboat::server {

class Routes {
  public:
    // `instance` is what /healthz shows.
    Routes(AwsEndpoint& aws, const Metrics& metrics, std::string instance)
        : aws_(aws), metrics_(metrics), instance_(std::move(instance)) {}

    cloud::HttpResponse answer(const cloud::HttpRequest& request, const Peer& peer);

  private:
    AwsEndpoint& aws_;
    const Metrics& metrics_;
    const std::string instance_;
};

}  // namespace lifeboat::server

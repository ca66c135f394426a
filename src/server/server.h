// The server of one data directory: makes or reads its keys, listens, publishes where, and serves
// the local cloud until it is stopped.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "cloud/sigv4.h"
#include "local/cloud.h"
#include "server/area_endpoint.h"
#include "server/aws_endpoint.h"
#include "server/endpoint_file.h"
#include "server/http_server.h"
#include "server/metrics.h"
#include "server/routes.h"

namespace lifeboat::server {

struct ServerOptions {
    std::filesystem::path data;
    Limits limits;
};

class Server {
  public:
    // Serves on return. `cloud` is started and outlives the server.
    Server(ServerOptions options, Listener listener, local::Cloud& cloud, const Clock& clock,
           Random& random);
    // As stop(0).
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::string url() const { return published_.url; }
    const cloud::Credentials& credentials() const { return credentials_; }

    // Takes no new connection, lets what is in flight finish for `patience`; what still waits then
    // (a long poll) is woken by stopping the cloud, and answered. Idempotent.
    void stop(std::chrono::milliseconds patience);

  private:
    const ServerOptions options_;
    local::Cloud& cloud_;
    const cloud::Credentials credentials_;
    Metrics metrics_;
    AwsEndpoint aws_;
    AreaEndpoint areas_;
    PublishedEndpoint published_;
    Routes routes_;
    HttpServer http_;
    bool stopped_ = false;
};

}  // namespace lifeboat::server

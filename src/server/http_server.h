// An HTTP/1.1 server: sockets on one thread, handlers on a pool of workers.
//
// A connection's requests are answered one after another, in order, so pipelining is safe. A slow
// or silent client costs a socket and some memory, never a worker: a worker gets a request only
// once it is complete, and hands its answer back without waiting for the client to read it.
// Everything a client may send is bounded (Limits), and so is every wait for it.
#pragma once

#include <chrono>
#include <memory>

#include "server/http_handler.h"
#include "server/limits.h"
#include "server/listener.h"

namespace lifeboat::server {

class HttpServer {
  public:
    // Serves on return.
    HttpServer(Listener listener, const Limits& limits, HttpHandler handler,
               StreamRouter streams = nullptr);
    // As stop(0), then joins; handlers that still run are waited for.
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    const ListenAddress& address() const;

    // Stops listening, closes idle connections, and waits until requests under way are answered;
    // false when `patience` ran out first. May be called again.
    bool drain(std::chrono::milliseconds patience);

    std::size_t connections() const;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace lifeboat::server

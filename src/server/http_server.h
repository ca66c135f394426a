// An HTTP/1.1 server: sockets on one thread, handlers on a pool of workers.
//
// A connection's requests are answered one after another, in order, so pipelining is safe. A slow
// or silent client costs a socket and some memory, never a worker: a worker gets a request only
// once it is complete, and hands its answer back without waiting for the client to read it.
// Everything a client may send is bounded (Limits), and so is every wait for it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "cloud/http_message.h"
#include "server/listener.h"

namespace lifeboat::server {

struct Limits {
    std::size_t header_bytes = 64 << 10;
    std::size_t body_bytes = 24 << 20;         // clients of S3 send parts of 16 MiB and a frame
    std::chrono::milliseconds idle{65'000};    // between requests
    std::chrono::milliseconds header{15'000};  // from its first byte to its end
    std::chrono::milliseconds body{120'000};
    std::chrono::milliseconds write{60'000};
    std::size_t part_bytes = 256 << 10;      // of a streamed body; server/streamed_request.h
    std::chrono::milliseconds part{30'000};  // for a part to arrive, or to be taken
    std::size_t connections = 4096;
    std::size_t workers = 128;
    std::size_t queue = 1024;  // requests that wait for a worker; beyond: 503
};

struct Peer {
    std::string address;  // "127.0.0.1"
    bool is_loopback = false;
};

// May block; called on many threads at once. What it throws is answered with 500.
using HttpHandler =
    std::function<cloud::HttpResponse(const cloud::HttpRequest& request, const Peer& peer)>;

class StreamedRequest;
// Picks the requests that are streamed, by their head; null: the handler gets the request whole.
// On the thread of all sockets: must not block.
using StreamRouter = std::function<std::unique_ptr<StreamedRequest>(const cloud::HttpRequest& head,
                                                                    const Peer& peer)>;

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

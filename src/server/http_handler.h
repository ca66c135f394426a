// What answers the HTTP server's requests.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cloud/http_message.h"

namespace lifeboat::server {

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

}  // namespace lifeboat::server

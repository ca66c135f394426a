// A request whose body is taken, and whose answer is given, part by part: files too large to be
// held in memory.
//
// The server reads a part from the socket, has a worker take it, and reads on; so a slow client
// holds a socket, one part and whatever the request keeps open, never a worker. Parts have a size
// and a time (Limits), and together they are the least rate a client may have.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cloud/http_message.h"
#include "server/http_server.h"

namespace lifeboat::server {

// Called on a worker, one call after another; may block.
class BodySource {
  public:
    virtual ~BodySource() = default;
    // The next bytes, about Limits::part_bytes of them; empty: the end. What it throws breaks the
    // connection, so that the client sees that its answer is not whole.
    virtual std::string next() = 0;
};

struct StreamedAnswer {
    cloud::HttpResponse head;               // with its body, when there is no source
    std::unique_ptr<BodySource> source;     // may be null
    std::optional<std::uint64_t> length{};  // of what the source gives; nullopt: unknown
};

// Every call is on a worker, one after another; may block; what it throws is answered with 500. The
// object goes, also on a worker, when its answer is sent or its client is lost.
class StreamedRequest {
  public:
    virtual ~StreamedRequest() = default;
    // Before the body is read. An answer here is the last word: the rest is not read.
    virtual std::optional<StreamedAnswer> begin() = 0;
    // The same with each part of the body.
    virtual std::optional<StreamedAnswer> take(std::string_view part) = 0;
    // After the whole body.
    virtual StreamedAnswer finish() = 0;
};

}  // namespace lifeboat::server

// What a client may send to the HTTP server, and how long everything may take.
#pragma once

#include <chrono>
#include <cstddef>

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

}  // namespace lifeboat::server

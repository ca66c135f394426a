// A client that sends exactly the bytes a test wants, well-formed or not.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "os/unique_fd.h"

namespace lifeboat::server::testing {

class RawClient {
  public:
    // Connects to 127.0.0.1. Throws the Error of errno.
    explicit RawClient(std::uint16_t port);

    void send(std::string_view bytes);
    // Sends what the peer takes; for a peer that may hang up in the middle.
    void send_as_far_as_possible(std::string_view bytes);
    // One whole answer by its Content-Length, head and body; what there is when the peer closes.
    // Throws Error{Unavailable, "Timeout"} after ten seconds.
    std::string receive();
    // Everything until the peer closes.
    std::string receive_all();
    void end_sending();
    // Closes with a reset instead of a good-bye.
    void abort();

  private:
    bool fill();

    os::UniqueFd fd_;
    std::string buffer_;
};

}  // namespace lifeboat::server::testing

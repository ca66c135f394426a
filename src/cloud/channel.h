// Bytes to and from one server, over TCP or over TLS on it. No wait lasts longer than it is given.
//
// A connected, non-blocking socket and poll(): the caller's own thread does all of it, with as few
// calls to the kernel as there can be. TLS is OpenSSL's between two buffers, so that one pair of
// functions moves its bytes and the others'.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "os/unique_fd.h"

struct ssl_st;      // OpenSSL's SSL
struct ssl_ctx_st;  // and SSL_CTX

namespace lifeboat::cloud {

// How long a transfer may take: without a byte moving, and in all.
struct Patience {
    std::chrono::milliseconds stall;
    Time until;
};

// What became of a transfer; `text` says why it failed.
struct Transfer {
    enum class Outcome { Done, TimedOut, Broken, NotTrusted };
    Outcome outcome = Outcome::Done;
    std::string text;

    bool failed() const { return outcome != Outcome::Done; }
};

class Channel {
  public:
    // `socket` is connected and does not block. `clock` outlives the channel.
    Channel(os::UniqueFd socket, const Clock& clock);

    // From here on everything is encrypted, to a server that has shown a certificate for `host`
    // signed by an authority `context` trusts; else the outcome is NotTrusted.
    Transfer start_tls(ssl_ctx_st* context, const std::string& host, const Patience& patience);

    // All of it, where it is done.
    Transfer write(std::string_view bytes, const Patience& patience);
    // Between 1 and `most` bytes into `into`; sets how many. 0: the server has ended its side.
    Transfer read(char* into, std::size_t most, const Patience& patience, std::size_t& count);

    // Nothing has arrived, and the server has not hung up. Does not wait.
    bool is_quiet() const;

  private:
    Transfer send(std::string_view bytes, const Patience& patience);
    Transfer receive(char* into, std::size_t most, const Patience& patience, std::size_t& count);
    Transfer wait_for(short events, const Patience& patience) const;
    // What TLS has to say to the server.
    Transfer flush(const Patience& patience);
    // Gets more from the server for TLS; its end is a broken connection.
    Transfer fill(const Patience& patience);

    struct FreeSsl {
        void operator()(ssl_st* tls) const;
    };

    const os::UniqueFd socket_;
    const Clock& clock_;
    std::unique_ptr<ssl_st, FreeSsl> tls_;  // null: none
};

}  // namespace lifeboat::cloud

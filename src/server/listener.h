// A socket that listens but is not served yet: clients that connect wait. So the address can be
// known, and refused, before anything is opened that depends on it.
#pragma once

#include <cstdint>
#include <string>

#include "os/unique_fd.h"

namespace lifeboat::server {

struct ListenAddress {
    std::string host;  // an IP address, without brackets
    std::uint16_t port = 0;

    // "http://127.0.0.1:7411", as a client on this machine reaches it.
    std::string url() const;
};

// Whether a client on this machine that connects to the IP address, at the right port, comes out
// there. Throws Error{InvalidInput, "InvalidListenAddress"} for what is none.
bool is_listened_on(const ListenAddress& address, const std::string& ip);

// "127.0.0.1:7411", "[::1]:7411". Throws Error{InvalidInput, "InvalidListenAddress"}.
ListenAddress parse_listen_address(const std::string& text);

struct Listener {
    os::UniqueFd socket;
    ListenAddress address;  // with the port that was taken
};

// Port 0 takes a free one. Throws Error{InvalidInput, "InvalidListenAddress"} for a host that is no
// IP address, Error{Unavailable, "AddressInUse"}, or the Error of errno.
Listener listen_on(const ListenAddress& address);

}  // namespace lifeboat::server

// The part of a URL that says where a service is: scheme, host, port, and a path its own paths
// follow.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lifeboat::cloud {

struct Url {
    bool tls = true;
    std::string host;  // without brackets
    std::uint16_t port = 443;
    std::string path;  // "" or "/below", never ending in '/'

    // As the Host header says it: without the scheme's own port.
    std::string authority() const;
    std::string text() const;
};

// "http://127.0.0.1:7411", "https://[::1]/below/". Throws Error{InvalidInput,
// "InvalidEndpointUrl"}.
Url parse_url(std::string_view text);

}  // namespace lifeboat::cloud

// Which proxy stands between this machine and a server: HTTPS_PROXY, HTTP_PROXY, NO_PROXY and their
// lower-case forms, which win.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cloud/url.h"
#include "os/environment.h"

namespace lifeboat::cloud {

struct Proxy {
    Url address;
    std::string authorization;  // value of Proxy-Authorization; empty: none. Secret.
};

struct Proxies {
    std::optional<Proxy> http;
    std::optional<Proxy> https;
    std::vector<std::string> direct;  // NO_PROXY: hosts, ".domain", "host:port", addresses, "*"

    // Throws Error{InvalidInput, "InvalidProxy"} naming the variable, not its value. HTTP_PROXY is
    // passed over where REQUEST_METHOD is set: there a web client could have chosen it.
    static Proxies from(const os::Environment& environment);
    // Null: none.
    const Proxy* of(const Url& server) const;
};

}  // namespace lifeboat::cloud

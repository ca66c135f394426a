#include "cloud/proxy.h"

#include "base/encoding.h"
#include "base/error.h"

namespace lifeboat::cloud {
namespace {

std::string value_of(const os::Environment& environment, const std::string& name) {
    return os::get(environment, lower_case(name)).value_or(os::get(environment, name).value_or(""));
}

std::optional<Proxy> read(const std::string& name, std::string text) {
    if (text.empty()) return std::nullopt;
    if (text.find("://") == std::string::npos) text.insert(0, "http://");
    Proxy proxy;
    const auto host = text.find("://") + 3;
    const auto at = text.rfind('@');
    if (at != std::string::npos && at > host) {
        proxy.authorization =
            "Basic " + base64_encode(percent_decode(text.substr(host, at - host)));
        text.erase(host, at + 1 - host);
    }
    try {
        proxy.address = parse_url(text);
    } catch (const Error&) {
        throw Error(
            ErrorCategory::InvalidInput, "InvalidProxy",
            name + " is no proxy's address; it looks like http://[user:password@]host:port");
    }
    if (proxy.address.tls)
        throw Error(ErrorCategory::Unsupported, "InvalidProxy",
                    name +
                        " is a proxy that is itself spoken to over TLS, which is not offered; "
                        "use its http:// port: what is sent to AWS through it is encrypted");
    return proxy;
}

bool matches(std::string pattern, const Url& server) {
    const std::string host = lower_case(server.host);
    if (pattern == "*") return true;
    if (const auto colon = pattern.rfind(':');
        colon != std::string::npos && pattern.find(':') == colon) {
        if (pattern.substr(colon + 1) != std::to_string(server.port)) return false;
        pattern.resize(colon);
    }
    if (pattern.starts_with("*.")) pattern.erase(0, 1);
    if (!pattern.empty() && pattern.front() == '.') return host.ends_with(pattern);
    return host == pattern || host.ends_with("." + pattern);
}

}  // namespace

Proxies Proxies::from(const os::Environment& environment) {
    Proxies proxies;
    proxies.https = read("HTTPS_PROXY", value_of(environment, "HTTPS_PROXY"));
    if (!os::get(environment, "REQUEST_METHOD"))
        proxies.http = read("HTTP_PROXY", value_of(environment, "HTTP_PROXY"));
    std::string list = lower_case(value_of(environment, "NO_PROXY")) + ",";
    std::string one;
    for (const char c : list) {
        if (c != ',' && c != ' ') {
            one += c;
        } else if (!one.empty()) {
            proxies.direct.push_back(one);
            one.clear();
        }
    }
    return proxies;
}

const Proxy* Proxies::of(const Url& server) const {
    const std::optional<Proxy>& proxy = server.tls ? https : http;
    if (!proxy) return nullptr;
    for (const std::string& pattern : direct)
        if (matches(pattern, server)) return nullptr;
    return &*proxy;
}

}  // namespace lifeboat::cloud

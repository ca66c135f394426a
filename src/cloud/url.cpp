#include "cloud/url.h"

#include <charconv>

#include "base/encoding.h"
#include "base/error.h"

namespace lifeboat::cloud {

std::string Url::authority() const {
    const std::string shown = host.find(':') != std::string::npos ? "[" + host + "]" : host;
    return port == (tls ? 443 : 80) ? shown : shown + ":" + std::to_string(port);
}

std::string Url::text() const {
    return (tls ? "https://" : "http://") + authority() + path;
}

Url parse_url(std::string_view text) {
    const auto invalid = [&](const char* why) {
        return Error(ErrorCategory::InvalidInput, "InvalidEndpointUrl",
                     "'" + std::string(text) + "' is no endpoint URL (" + why +
                         "); it looks like http://127.0.0.1:7411 or https://host");
    };
    const auto scheme_end = text.find("://");
    if (scheme_end == std::string_view::npos) throw invalid("no scheme");
    const std::string scheme = lower_case(text.substr(0, scheme_end));
    Url url;
    if (scheme != "http" && scheme != "https") throw invalid("neither http nor https");
    url.tls = scheme == "https";
    url.port = url.tls ? 443 : 80;
    std::string_view rest = text.substr(scheme_end + 3);
    const auto slash = rest.find('/');
    std::string_view authority = rest.substr(0, slash);
    if (slash != std::string_view::npos) url.path = rest.substr(slash);
    while (url.path.ends_with('/'))
        url.path.pop_back();
    if (url.path.find_first_of("?# \r\n") != std::string::npos)
        throw invalid("a path with a query");
    if (authority.find_first_of("@?# \r\n\t") != std::string_view::npos)
        throw invalid("more than host and port");

    std::string_view port;
    if (authority.starts_with('[')) {
        const auto close = authority.find(']');
        if (close == std::string_view::npos) throw invalid("an open bracket");
        url.host = authority.substr(1, close - 1);
        port = authority.substr(close + 1);
    } else {
        const auto colon = authority.find(':');
        url.host = authority.substr(0, colon);
        if (colon != std::string_view::npos) port = authority.substr(colon);
    }
    if (url.host.empty()) throw invalid("no host");
    if (port.empty()) return url;
    const auto [end, problem] =
        std::from_chars(port.data() + 1, port.data() + port.size(), url.port);
    if (port.front() != ':' || problem != std::errc() || end != port.data() + port.size() ||
        url.port == 0)
        throw invalid("no port number");
    return url;
}

}  // namespace lifeboat::cloud

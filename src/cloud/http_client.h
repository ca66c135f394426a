// Sends HTTP requests and waits for their answers, over plain TCP or TLS. Connections are kept and
// used again; every wait has an end; a server's certificate must be valid for its name.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/clock.h"
#include "cloud/http_message.h"
#include "cloud/proxy.h"
#include "cloud/url.h"

namespace lifeboat::cloud {

class HttpTransport {
  public:
    virtual ~HttpTransport() = default;
    // Sends once, to the server's host and port; its path is not looked at. Host is set here when
    // it is missing. Thread-safe; blocks. Any status but 1xx is an answer. Throws
    // Error{Unavailable}: "ConnectionFailed", "ConnectionBroken", "Timeout" or "InvalidResponse";
    // Error{PermissionDenied}: "CertificateNotTrusted" or "ProxyRefused"; Error{InvalidInput},
    // before anything is sent: "InvalidRequest" or "InvalidHeader".
    virtual HttpResponse send(const Url& server, const HttpRequest& request) = 0;
};

struct HttpClientOptions {
    std::chrono::milliseconds connect{10'000};  // name look-up, connection and handshake, each
    std::chrono::milliseconds stall{75'000};    // without a byte from the server, or taken by it
    std::chrono::milliseconds total{960'000};   // of one request; AWS has no longer answers
    std::size_t response_bytes = 256 << 20;
    std::size_t idle_connections = 32;       // kept, per server
    std::chrono::milliseconds keep{20'000};  // an idle one
    std::string ca_file;                     // PEM; empty: the system's authorities
    Proxies proxies;
};

class HttpClient final : public HttpTransport {
  public:
    // `clock` outlives the client.
    HttpClient(HttpClientOptions options, const Clock& clock);
    // Waits for look-ups of names that nobody waits for any more (name_lookup.h).
    ~HttpClient() override;

    HttpResponse send(const Url& server, const HttpRequest& request) override;

    // New connections made so far; for tests and figures.
    std::size_t connections_made() const;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace lifeboat::cloud

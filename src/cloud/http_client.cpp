#include "cloud/http_client.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "base/error.h"
#include "cloud/channel.h"
#include "cloud/name_lookup.h"

namespace lifeboat::cloud {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

// Where distributions keep their authorities; a static binary's OpenSSL knows only one of them.
constexpr const char* kAuthorityFiles[] = {
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem"};

Error unavailable(const char* code, const Url& server, const std::string& problem) {
    return Error(ErrorCategory::Unavailable, code, server.text() + ": " + problem);
}

ssl::context make_tls(const HttpClientOptions& options) {
    ssl::context context(ssl::context::tls_client);
    context.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                        ssl::context::no_sslv3 | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
    context.set_verify_mode(ssl::verify_peer);
    error_code problem;
    if (!options.ca_file.empty()) {
        context.load_verify_file(options.ca_file, problem);
        if (problem)
            throw Error(
                ErrorCategory::InvalidInput, "InvalidCertificateFile",
                "'" + options.ca_file + "' holds no readable certificates: " + problem.message());
        return context;
    }
    context.set_default_verify_paths(problem);
    for (const char* file : kAuthorityFiles)
        if (std::filesystem::exists(file)) {
            context.load_verify_file(file, problem);
            break;
        }
    return context;
}

// RFC 9110, 5.6.2: what a method or a header's name may be made of.
bool is_token(std::string_view text) {
    constexpr std::string_view kMarks = "-_!#$%&'*+.^`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::find(kMarks.begin(), kMarks.end(), c) != kMarks.end();
    });
}

// A header's value ends at any of these, or before.
bool ends_a_line(char c) {
    return c == '\r' || c == '\n' || c == '\0';
}

bool has_spaces_or_controls(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; });
}

constexpr std::size_t kUsualHead = 1024;
constexpr std::size_t kSmallBody = 64 << 10;  // goes with the head, in one packet and one call

// A request as it goes over the wire. `before_path` stands before its target. What would begin
// another line, or end this one early, is refused.
std::string wire_text(const HttpRequest& request, const std::string& before_path,
                      const std::string& authority, const std::string& proxy_authorization) {
    if (!is_token(request.method) || has_spaces_or_controls(request.target))
        throw Error(ErrorCategory::InvalidInput, "InvalidRequest",
                    "a request's method and path cannot hold spaces or control characters");
    std::string text;
    text.reserve(kUsualHead + (request.body.size() <= kSmallBody ? request.body.size() : 0));
    text += request.method;
    const auto add = [&](std::string_view name, std::string_view value) {
        if (!is_token(name))
            throw Error(ErrorCategory::InvalidInput, "InvalidHeader",
                        "'" + std::string(name) +
                            "' cannot be a header's name: letters, digits and "
                            "!#$%&'*+-.^_`|~ can stand in one");
        if (std::any_of(value.begin(), value.end(), ends_a_line))
            throw Error(ErrorCategory::InvalidInput, "InvalidHeader",
                        "the header " + std::string(name) +
                            " cannot hold a line break or a null character");
        (((text += name) += ": ") += value) += "\r\n";
    };
    (((text += ' ') += before_path) += request.target) += " HTTP/1.1\r\n";
    for (const HttpHeader& header : request.headers)
        add(header.name, header.value);
    if (request.headers.find("host") == nullptr) add("Host", authority);
    if (!proxy_authorization.empty()) add("Proxy-Authorization", proxy_authorization);
    if (!request.body.empty() || request.method == "POST" || request.method == "PUT")
        add("Content-Length", std::to_string(request.body.size()));
    text += "\r\n";
    return text;
}

// Reads an answer out of bytes as they come: Beast understands HTTP, and what it finds goes
// straight into the answer.
class ResponseReader final : public http::basic_parser<false> {
  public:
    explicit ResponseReader(std::uint64_t most_body_bytes) {
        eager(true);
        body_limit(most_body_bytes);
    }

    // Once is_done().
    HttpResponse take() { return std::move(response_); }

  private:
    using Text = beast::string_view;

    void on_request_impl(http::verb, Text, Text, int, error_code&) override {}
    void on_response_impl(int status, Text, int, error_code&) override {
        response_.status = status;
    }
    void on_field_impl(http::field, Text name, Text value, error_code&) override {
        response_.headers.add({name.data(), name.size()}, {value.data(), value.size()});
    }
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
        // More is taken as it comes.
        if (length) response_.body.reserve(std::min<std::uint64_t>(*length, 1 << 20));
    }
    std::size_t on_body_impl(Text bytes, error_code&) override {
        response_.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }
    void on_chunk_header_impl(std::uint64_t, Text, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, Text bytes, error_code& problem) override {
        return on_body_impl(bytes, problem);
    }
    void on_finish_impl(error_code&) override {}

    HttpResponse response_;
};

class Connection {
  public:
    Connection(const Url& server, const HttpClientOptions& options, NameLookup& names,
               const Clock& clock)
        : server_(server),
          proxy_(options.proxies.of(server)),
          options_(options),
          names_(names),
          clock_(clock) {}

    // `tls` is looked at where the server wants TLS.
    void connect(SSL_CTX* tls) {
        channel_.emplace(open_socket(), clock_);
        if (!server_.tls) return;
        if (proxy_ != nullptr) open_tunnel();
        const Transfer shaken = channel_->start_tls(tls, server_.host, connecting());
        if (shaken.outcome == Transfer::Outcome::NotTrusted)
            throw Error(ErrorCategory::PermissionDenied, "CertificateNotTrusted",
                        server_.text() +
                            " showed a certificate that is not trusted for this name; "
                            "AWS_CA_BUNDLE can name further authorities");
        if (shaken.failed()) throw unavailable("ConnectionFailed", server_, shaken.text);
    }

    HttpResponse exchange(const HttpRequest& request, bool& reusable) {
        const Patience patience{options_.stall, clock_.now() + options_.total};
        // A proxy is told the whole address of what it must fetch; through a tunnel it sees
        // nothing.
        const bool through = proxy_ != nullptr && !server_.tls;
        std::string head = wire_text(request, through ? "http://" + server_.authority() : "",
                                     server_.authority(), through ? proxy_->authorization : "");
        const bool is_small = request.body.size() <= kSmallBody;
        if (is_small) head += request.body;
        check(channel_->write(head, patience));
        if (!is_small) check(channel_->write(request.body, patience));
        const Expected expected = request.method == "HEAD" ? Expected::Head : Expected::HeadAndBody;
        Received received = receive(expected, options_.response_bytes, patience);
        reusable = received.nothing_follows && received.keeps_alive;
        return std::move(received.response);
    }

    // Whether the server has hung up, or sent what nobody asked for, while the connection was idle.
    bool is_fresh() const { return channel_->is_quiet(); }

    Time idle_since{};

  private:
    static constexpr std::size_t kReadBytes = 16 << 10;
    static constexpr int kMostInterim = 16;  // answers before the answer
    static constexpr std::size_t kMostUnparsed = 256 << 10;

    Patience connecting() const { return {options_.connect, clock_.now() + options_.connect}; }

    enum class Expected { Head, HeadAndBody };
    struct Received {
        HttpResponse response;
        bool nothing_follows = false;  // no byte has come after it
        bool keeps_alive = false;      // the server will answer another request
    };

    // The answer, whole. What the server says before it (RFC 9110, 15.2) is of no interest here.
    Received receive(Expected expected, std::uint64_t most_body_bytes, const Patience& patience) {
        beast::flat_buffer buffer;
        for (int interim = 0; interim <= kMostInterim; ++interim) {
            ResponseReader reader(most_body_bytes);
            if (expected == Expected::Head) reader.skip(true);
            read_into(reader, buffer, patience);
            Received received{reader.take(), buffer.size() == 0, reader.keep_alive()};
            const int status = received.response.status;
            if (status == 101)
                throw unavailable("InvalidResponse", server_,
                                  "the server changes the protocol, which nobody asked for");
            if (status / 100 != 1) return received;
        }
        throw unavailable("InvalidResponse", server_, "the server announces an answer for ever");
    }

    // One message; what follows it stays in the buffer.
    void read_into(ResponseReader& reader, beast::flat_buffer& buffer, const Patience& patience) {
        error_code problem;
        while (true) {
            // The parser stops at the end of the head, and wants the rest another time.
            while (!reader.is_done() && buffer.size() > 0) {
                const std::size_t used = reader.put(buffer.data(), problem);
                buffer.consume(used);
                if (problem == http::error::need_more) break;
                check(problem);
            }
            if (reader.is_done()) return;
            // The parser bounds heads and bodies, and these are neither.
            if (buffer.size() > kMostUnparsed)
                throw unavailable("InvalidResponse", server_,
                                  "trailers or the extensions of a chunk are too long");
            const auto space = buffer.prepare(kReadBytes);
            std::size_t count = 0;
            check(channel_->read(static_cast<char*>(space.data()), space.size(), patience, count));
            if (count == 0) {
                if (!reader.got_some()) check(error_code(asio::error::eof));
                reader.put_eof(problem);
                check(problem);
                return;
            }
            buffer.commit(count);
        }
    }

    void check(const Transfer& transfer) const {
        if (transfer.failed())
            throw unavailable(
                transfer.outcome == Transfer::Outcome::TimedOut ? "Timeout" : "ConnectionBroken",
                server_, transfer.text);
    }

    // Of the parser.
    void check(const error_code& problem) const {
        if (!problem) return;
        const bool is_cut_off = problem == asio::error::eof ||
                                problem == http::error::end_of_stream ||
                                problem == http::error::partial_message;
        throw unavailable(is_cut_off ? "ConnectionBroken" : "InvalidResponse", server_,
                          problem.message());
    }

    // Of the server or its proxy, connected.
    os::UniqueFd open_socket() const {
        const std::vector<tcp::endpoint> addresses = look_up();
        asio::io_context io{1};
        beast::tcp_stream stream(io);
        stream.expires_after(options_.connect);
        error_code problem;
        stream.async_connect(addresses,
                             [&](error_code result, const tcp::endpoint&) { problem = result; });
        io.run();
        if (problem)
            throw unavailable(
                "ConnectionFailed", server_,
                (proxy_ != nullptr ? "the proxy " + proxy_->address.text() + ": " : "") +
                    problem.message());
        stream.socket().set_option(tcp::no_delay(true), problem);
        os::UniqueFd socket(stream.release_socket().release(problem));
        if (problem) throw unavailable("ConnectionFailed", server_, problem.message());
        return socket;
    }

    std::vector<tcp::endpoint> look_up() const {
        const Url& next = proxy_ != nullptr ? proxy_->address : server_;
        const NameLookup::Found found = names_.find(next.host, options_.connect);
        if (!found.problem.empty())
            throw unavailable("ConnectionFailed", server_,
                              "the name '" + next.host + "' cannot be resolved: " + found.problem);
        std::vector<tcp::endpoint> endpoints;
        for (const std::string& address : found.addresses)
            endpoints.emplace_back(asio::ip::make_address(address), next.port);
        return endpoints;
    }

    void open_tunnel() {
        const std::string there =
            server_.host.find(':') == std::string::npos ? server_.host : "[" + server_.host + "]";
        HttpRequest request;
        request.method = "CONNECT";
        request.target = there + ":" + std::to_string(server_.port);
        const Patience patience = connecting();
        check(channel_->write(wire_text(request, "", request.target, proxy_->authorization),
                              patience));
        // What follows a 2xx is the tunnel's.
        const Received received = receive(Expected::Head, 0, patience);
        const int status = received.response.status;
        if (status / 100 == 2 && received.nothing_follows) return;
        const std::string said = "the proxy " + proxy_->address.text() + " answered " +
                                 std::to_string(status) + " to CONNECT";
        if (status / 100 == 4)
            throw Error(ErrorCategory::PermissionDenied, "ProxyRefused",
                        server_.text() + ": " + said +
                            "; look at HTTPS_PROXY's user and password, or name the host in "
                            "NO_PROXY");
        throw unavailable("ConnectionFailed", server_, said);
    }

    const Url server_;
    const Proxy* const proxy_;  // null: none
    const HttpClientOptions& options_;
    NameLookup& names_;
    const Clock& clock_;
    std::optional<Channel> channel_;
};

}  // namespace

struct HttpClient::Parts {
    Parts(HttpClientOptions given, const Clock& given_clock)
        : options(std::move(given)), clock(given_clock), names(given_clock) {}

    // Reading the authorities takes longer than a whole start should; plain HTTP does without.
    SSL_CTX* tls_context() {
        std::call_once(tls_once, [&] { tls.emplace(make_tls(options)); });
        return tls->native_handle();
    }

    std::unique_ptr<Connection> take(const std::string& server) {
        while (true) {
            std::unique_ptr<Connection> connection;
            {
                const std::scoped_lock lock(mutex);
                auto& waiting = idle[server];
                if (waiting.empty()) return nullptr;
                connection = std::move(waiting.back());
                waiting.pop_back();
            }
            if (clock.now() - connection->idle_since < options.keep && connection->is_fresh())
                return connection;
        }
    }

    void give_back(const std::string& server, std::unique_ptr<Connection> connection) {
        connection->idle_since = clock.now();
        const std::scoped_lock lock(mutex);
        auto& waiting = idle[server];
        if (waiting.size() < options.idle_connections) waiting.push_back(std::move(connection));
    }

    const HttpClientOptions options;
    const Clock& clock;
    NameLookup names;
    std::once_flag tls_once;
    std::optional<ssl::context> tls;
    std::mutex mutex;
    std::map<std::string, std::vector<std::unique_ptr<Connection>>>
        idle;  // by scheme and authority
    std::atomic<std::size_t> made{0};
};

HttpClient::HttpClient(HttpClientOptions options, const Clock& clock)
    : parts_(std::make_unique<Parts>(std::move(options), clock)) {}

HttpClient::~HttpClient() = default;

HttpResponse HttpClient::send(const Url& server, const HttpRequest& request) {
    const std::string name = (server.tls ? "https://" : "http://") + server.authority();
    std::unique_ptr<Connection> connection = parts_->take(name);
    if (!connection) {
        connection =
            std::make_unique<Connection>(server, parts_->options, parts_->names, parts_->clock);
        connection->connect(server.tls ? parts_->tls_context() : nullptr);
        ++parts_->made;
    }
    bool reusable = false;
    HttpResponse response = connection->exchange(request, reusable);
    if (reusable) parts_->give_back(name, std::move(connection));
    return response;
}

std::size_t HttpClient::connections_made() const {
    return parts_->made;
}

}  // namespace lifeboat::cloud

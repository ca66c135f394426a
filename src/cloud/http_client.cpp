#include "cloud/http_client.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include "base/error.h"

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

bool is_certificate_problem(const error_code& problem) {
    return problem.category() == asio::error::get_ssl_category() &&
           ERR_GET_REASON(static_cast<unsigned long>(problem.value())) ==
               SSL_R_CERTIFICATE_VERIFY_FAILED;
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

// One connection and the loop that drives it: each step starts an operation with a deadline and
// runs the loop until it is over.
class Connection {
  public:
    Connection(const Url& server, const HttpClientOptions& options, const Clock& clock,
               ssl::context* tls)
        : server_(server), proxy_(options.proxies.of(server)), options_(options), clock_(clock) {
        if (server.tls)
            tls_.emplace(io_, *tls);
        else
            plain_.emplace(io_);
    }

    void connect() {
        tcp().expires_after(options_.connect);
        error_code problem;
        tcp().async_connect(resolve(),
                            [&](error_code result, const tcp::endpoint&) { problem = result; });
        run();
        if (problem)
            throw unavailable(
                "ConnectionFailed", server_,
                (proxy_ != nullptr ? "the proxy " + proxy_->address.text() + ": " : "") +
                    problem.message());
        tcp().socket().set_option(tcp::no_delay(true), problem);
        if (!tls_) return;
        if (proxy_ != nullptr) open_tunnel();
        handshake();
    }

    HttpResponse exchange(const HttpRequest& request, bool& reusable) {
        deadline_ = clock_.now() + options_.total;
        http::request<http::string_body> message;
        message.version(11);
        message.method_string(request.method);
        // A proxy is told the whole address of what it must fetch; through a tunnel it sees
        // nothing.
        const bool through = proxy_ != nullptr && !tls_;
        message.target(through ? "http://" + server_.authority() + request.target : request.target);
        if (through && !proxy_->authorization.empty())
            message.set(http::field::proxy_authorization, proxy_->authorization);
        for (const HttpHeader& header : request.headers)
            message.insert(header.name, header.value);
        if (request.headers.find("host") == nullptr)
            message.set(http::field::host, server_.authority());
        message.body() = request.body;
        if (!request.body.empty() || request.method == "POST" || request.method == "PUT")
            message.content_length(request.body.size());

        http::request_serializer<http::string_body> serializer(message);
        while (!serializer.is_done())
            step([&](auto& stream, auto handler) {
                http::async_write_some(stream, serializer, std::move(handler));
            });

        http::response_parser<http::string_body> parser;
        parser.body_limit(options_.response_bytes);
        if (request.method == "HEAD") parser.skip(true);
        beast::flat_buffer buffer;
        while (!parser.is_done())
            step([&](auto& stream, auto handler) {
                http::async_read_some(stream, buffer, parser, std::move(handler));
            });
        reusable = parser.keep_alive() && buffer.size() == 0;

        HttpResponse response;
        auto answer = parser.release();
        response.status = static_cast<int>(answer.result_int());
        for (const auto& field : answer.base())
            response.headers.add(std::string_view(field.name_string()),
                                 std::string_view(field.value()));
        response.body = std::move(answer.body());
        return response;
    }

    // Whether the server has hung up, or sent what nobody asked for, while the connection was idle.
    bool is_fresh() {
        char byte = 0;
        const ssize_t count =
            ::recv(tcp().socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    }

    Time idle_since{};

  private:
    beast::tcp_stream& tcp() { return tls_ ? beast::get_lowest_layer(*tls_) : *plain_; }

    void run() {
        io_.restart();
        io_.run();
    }

    tcp::resolver::results_type resolve() {
        tcp::resolver resolver(io_);
        error_code problem = asio::error::timed_out;
        tcp::resolver::results_type found;
        const Url& next = proxy_ != nullptr ? proxy_->address : server_;
        resolver.async_resolve(next.host, std::to_string(next.port),
                               [&](error_code result, tcp::resolver::results_type results) {
                                   problem = result;
                                   found = std::move(results);
                               });
        io_.restart();
        io_.run_for(options_.connect);
        if (!io_.stopped()) {
            resolver.cancel();
            run();
            problem = asio::error::timed_out;
        }
        if (problem)
            throw unavailable(
                "ConnectionFailed", server_,
                "the name '" + next.host + "' cannot be resolved: " + problem.message());
        return found;
    }

    void open_tunnel() {
        deadline_ = clock_.now() + options_.connect;
        const std::string there =
            server_.host.find(':') == std::string::npos ? server_.host : "[" + server_.host + "]";
        const std::string target = there + ":" + std::to_string(server_.port);
        http::request<http::empty_body> message(http::verb::connect, target, 11);
        message.set(http::field::host, target);
        if (!proxy_->authorization.empty())
            message.set(http::field::proxy_authorization, proxy_->authorization);
        http::request_serializer<http::empty_body> serializer(message);
        while (!serializer.is_done())
            plain_step([&](auto& stream, auto handler) {
                http::async_write_some(stream, serializer, std::move(handler));
            });
        http::response_parser<http::empty_body> parser;
        parser.skip(true);  // what follows a 2xx is the tunnel's
        beast::flat_buffer buffer;
        while (!parser.is_done())
            plain_step([&](auto& stream, auto handler) {
                http::async_read_some(stream, buffer, parser, std::move(handler));
            });
        const int status = static_cast<int>(parser.get().result_int());
        if (status / 100 == 2 && buffer.size() == 0) return;
        const std::string said = "the proxy " + proxy_->address.text() + " answered " +
                                 std::to_string(status) + " to CONNECT";
        if (status / 100 == 4)
            throw Error(ErrorCategory::PermissionDenied, "ProxyRefused",
                        server_.text() + ": " + said +
                            "; look at HTTPS_PROXY's user and password, or name the host in "
                            "NO_PROXY");
        throw unavailable("ConnectionFailed", server_, said);
    }

    void handshake() {
        if (!SSL_set_tlsext_host_name(tls_->native_handle(), server_.host.c_str()))
            throw unavailable("ConnectionFailed", server_, "the host name cannot be sent over TLS");
        tls_->set_verify_callback(ssl::host_name_verification(server_.host));
        tcp().expires_after(options_.connect);
        error_code problem;
        tls_->async_handshake(ssl::stream_base::client,
                              [&](error_code result) { problem = result; });
        run();
        if (is_certificate_problem(problem))
            throw Error(ErrorCategory::PermissionDenied, "CertificateNotTrusted",
                        server_.text() +
                            " showed a certificate that is not trusted for this name; "
                            "AWS_CA_BUNDLE can name further authorities");
        if (problem) throw unavailable("ConnectionFailed", server_, problem.message());
    }

    template <typename Start>
    void step(Start start) {
        if (tls_)
            step_on(*tls_, start);
        else
            step_on(*plain_, start);
    }

    // Below TLS.
    template <typename Start>
    void plain_step(Start start) {
        step_on(tcp(), start);
    }

    template <typename Stream, typename Start>
    void step_on(Stream& stream, Start start) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - clock_.now());
        tcp().expires_after(std::min(options_.stall, std::max(left, std::chrono::milliseconds(0))));
        error_code problem;
        start(stream, [&](error_code result, std::size_t) { problem = result; });
        run();
        if (!problem) return;
        if (problem == beast::error::timeout)
            throw unavailable("Timeout", server_, "no answer in time");
        if (problem.category() == make_error_code(http::error::bad_version).category() &&
            problem != http::error::end_of_stream && problem != http::error::partial_message)
            throw unavailable("InvalidResponse", server_, problem.message());
        throw unavailable("ConnectionBroken", server_, problem.message());
    }

    const Url server_;
    const Proxy* const proxy_;  // null: none
    const HttpClientOptions& options_;
    const Clock& clock_;
    asio::io_context io_{1};
    std::optional<beast::tcp_stream> plain_;
    std::optional<beast::ssl_stream<beast::tcp_stream>> tls_;
    Time deadline_{};
};

}  // namespace

struct HttpClient::Parts {
    Parts(HttpClientOptions given, const Clock& given_clock)
        : options(std::move(given)), clock(given_clock) {}

    // Reading the authorities takes longer than a whole start should; plain HTTP does without.
    ssl::context* tls_context() {
        std::call_once(tls_once, [&] { tls.emplace(make_tls(options)); });
        return &*tls;
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
        connection = std::make_unique<Connection>(server, parts_->options, parts_->clock,
                                                  server.tls ? parts_->tls_context() : nullptr);
        connection->connect();
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

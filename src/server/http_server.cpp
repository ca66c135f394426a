#include "server/http_server.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "base/clock.h"
#include "base/log.h"
#include "cloud/wire_text.h"
#include "server/worker_pool.h"

namespace lifeboat::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kReadSize = 16 << 10;

std::string http_date() {
    return cloud::timestamp_text(to_epoch_seconds(SystemClock().now()),
                                 cloud::TimestampFormat::Rfc822);
}

// A member's value may travel in a header; a line break in it must not begin another.
std::string header_value(std::string text) {
    for (char& c : text)
        if (c == '\r' || c == '\n' || c == '\0') c = ' ';
    return text;
}

cloud::HttpResponse plain_answer(int status, const std::string& text) {
    cloud::HttpResponse response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.body = "{\"message\":\"" + text + "\"}";
    return response;
}

}  // namespace

struct HttpServer::Parts {
    class Session;

    Parts(Listener listener, const Limits& given_limits, HttpHandler given_handler)
        : address(listener.address),
          limits(given_limits),
          handler(std::move(given_handler)),
          acceptor(io),
          pool(limits.workers, limits.queue) {
        const bool v6 = listener.address.host.find(':') != std::string::npos;
        acceptor.assign(v6 ? tcp::v6() : tcp::v4(), listener.socket.release());
        accept();
        thread = std::thread([this] { run(); });
    }

    void run() {
        while (true) {
            try {
                io.run();
                return;
            } catch (const std::exception& e) {
                log::error("a connection failed in an unexpected way", {{"error", e.what()}});
            }
        }
    }

    void accept();
    void retry_accept();
    void begin_drain();

    // Touched on the socket thread only, except where noted.
    const ListenAddress address;
    const Limits limits;
    const HttpHandler handler;
    asio::io_context io{1};
    // Sockets may all be quiet while workers prepare answers.
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
    tcp::acceptor acceptor;
    std::set<std::shared_ptr<Session>> sessions;
    std::optional<asio::steady_timer> accept_pause;
    bool draining = false;

    mutable std::mutex mutex;
    std::condition_variable changed;
    std::size_t open = 0;  // guarded by mutex: sessions.size()
    WorkerPool pool;       // after what its tasks use
    std::thread thread;
};

// One connection.
class HttpServer::Parts::Session : public std::enable_shared_from_this<Session> {
  public:
    Session(Parts& parts, tcp::socket socket, const tcp::endpoint& peer)
        : parts_(parts),
          stream_(std::move(socket)),
          buffer_(parts.limits.header_bytes + 4 * kReadSize) {
        peer_.address = peer.address().to_string();
        peer_.is_loopback = peer.address().is_loopback();
    }

    void start() {
        error_code ignored;  // a socket that is gone fails at its first read
        stream_.socket().set_option(tcp::no_delay(true), ignored);
        wait_for_request();
    }

    void refuse(int status, const std::string& text) {
        keep_alive_ = false;
        write(plain_answer(status, text));
    }

    // Closes now when nothing is under way, else after the answer.
    void finish() {
        keep_alive_ = false;
        if (is_idle_) close();
    }

    void close() {
        error_code ignored;  // closing what is closed
        stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
        stream_.close();
        parts_.sessions.erase(shared_from_this());
        const std::scoped_lock lock(parts_.mutex);
        parts_.open = parts_.sessions.size();
        parts_.changed.notify_all();
    }

  private:
    void wait_for_request() {
        parser_.emplace();
        parser_->header_limit(static_cast<std::uint32_t>(parts_.limits.header_bytes));
        parser_->body_limit(parts_.limits.body_bytes);
        if (buffer_.size() > 0) return read_header();
        if (parts_.draining) return close();
        is_idle_ = true;
        stream_.expires_after(parts_.limits.idle);
        stream_.async_read_some(buffer_.prepare(kReadSize),
                                [self = shared_from_this()](error_code problem, std::size_t count) {
                                    self->is_idle_ = false;
                                    if (problem) return self->close();
                                    self->buffer_.commit(count);
                                    self->read_header();
                                });
    }

    void read_header() {
        stream_.expires_after(parts_.limits.header);
        http::async_read_header(stream_, buffer_, *parser_,
                                [self = shared_from_this()](error_code problem, std::size_t) {
                                    if (problem) return self->give_up(problem);
                                    self->read_body();
                                });
    }

    void read_body() {
        if (parser_->is_done()) return handle();
        stream_.expires_after(parts_.limits.body);
        if (beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
            static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
            asio::async_write(stream_, asio::buffer(kContinue),
                              [self = shared_from_this()](error_code problem, std::size_t) {
                                  if (problem) return self->close();
                                  self->read_rest();
                              });
            return;
        }
        read_rest();
    }

    void read_rest() {
        http::async_read(stream_, buffer_, *parser_,
                         [self = shared_from_this()](error_code problem, std::size_t) {
                             if (problem) return self->give_up(problem);
                             self->handle();
                         });
    }

    void give_up(error_code problem) {
        if (problem == http::error::header_limit || problem == http::error::buffer_overflow)
            return refuse(431, "The request's headers are larger than " +
                                   std::to_string(parts_.limits.header_bytes) + " bytes.");
        if (problem == http::error::body_limit)
            return refuse(413, "The request's body is larger than " +
                                   std::to_string(parts_.limits.body_bytes) + " bytes.");
        if (problem.category() == make_error_code(http::error::bad_method).category() &&
            problem != http::error::end_of_stream && problem != http::error::partial_message)
            return refuse(400, "This is not an HTTP request: " + problem.message() + ".");
        close();
    }

    void handle() {
        auto message = parser_->release();
        keep_alive_ = message.keep_alive();
        is_head_ = message.method() == http::verb::head;
        version_ = message.version();
        request_.method = std::string(message.method_string());
        request_.target = std::string(message.target());
        request_.headers = {};
        for (const auto& field : message.base())
            request_.headers.add(std::string_view(field.name_string()),
                                 std::string_view(field.value()));
        request_.body = std::move(message.body());
        stream_.expires_never();
        const bool taken = parts_.pool.post([self = shared_from_this()] {
            cloud::HttpResponse response = self->answer();
            asio::post(self->parts_.io, [self, response = std::move(response)]() mutable {
                self->write(std::move(response));
            });
        });
        if (taken) return;
        cloud::HttpResponse busy = plain_answer(503, "The server is busy. Try again.");
        busy.headers.add("Retry-After", "1");
        write(std::move(busy));
    }

    // On a worker.
    cloud::HttpResponse answer() const {
        try {
            return parts_.handler(request_, peer_);
        } catch (const std::exception& e) {
            log::error("a request failed in an unexpected way",
                       {{"target", request_.target}, {"error", e.what()}});
            return plain_answer(500, "The request failed in an unexpected way.");
        }
    }

    void write(cloud::HttpResponse response) {
        if (parts_.draining) keep_alive_ = false;
        response_ = {};
        response_.version(version_);
        response_.result(static_cast<unsigned>(response.status));
        response_.set(http::field::server, "lifeboat");
        response_.set(http::field::date, http_date());
        for (const cloud::HttpHeader& header : response.headers)
            response_.insert(header.name, header_value(header.value));
        response_.keep_alive(keep_alive_);
        const bool bodiless = response.status == 204 || response.status == 304;
        if (!bodiless) {
            response_.body() = std::move(response.body);
            // To HEAD an operation may name the length of what it does not send.
            if (!is_head_ || response_.find(http::field::content_length) == response_.end())
                response_.content_length(response_.body().size());
            if (is_head_) response_.body().clear();
        }
        stream_.expires_after(parts_.limits.write);
        http::async_write(stream_, response_,
                          [self = shared_from_this()](error_code problem, std::size_t) {
                              if (problem) return self->close();
                              if (self->keep_alive_) return self->wait_for_request();
                              self->linger();
                          });
    }

    // A client that is still sending must be able to read the answer before the connection is
    // reset.
    void linger() {
        error_code ignored;  // the client may be gone already
        stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
        stream_.expires_after(std::chrono::seconds(1));
        buffer_.clear();
        discard(1 << 20);
    }

    void discard(std::size_t left) {
        stream_.async_read_some(
            buffer_.prepare(kReadSize),
            [self = shared_from_this(), left](error_code problem, std::size_t count) {
                if (problem || count >= left) return self->close();
                self->discard(left - count);
            });
    }

    Parts& parts_;
    beast::tcp_stream stream_;
    beast::flat_buffer buffer_;
    Peer peer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    cloud::HttpRequest request_;  // a worker reads it between handle() and write()
    http::response<http::string_body> response_;
    unsigned version_ = 11;
    bool keep_alive_ = false;
    bool is_head_ = false;
    bool is_idle_ = false;
};

void HttpServer::Parts::accept() {
    acceptor.async_accept([this](error_code problem, tcp::socket socket) {
        if (problem == asio::error::operation_aborted || draining) return;
        if (problem) {
            // Out of descriptors, mostly: connections under way go on, new ones wait.
            log::warning("a connection could not be accepted", {{"error", problem.message()}});
            return retry_accept();
        }
        const tcp::endpoint peer = socket.remote_endpoint(problem);
        if (!problem) {
            auto session = std::make_shared<Session>(*this, std::move(socket), peer);
            sessions.insert(session);
            {
                const std::scoped_lock lock(mutex);
                open = sessions.size();
            }
            if (sessions.size() > limits.connections)
                session->refuse(503, "The server has too many connections. Try again.");
            else
                session->start();
        }
        accept();
    });
}

void HttpServer::Parts::retry_accept() {
    accept_pause.emplace(io, std::chrono::milliseconds(100));
    accept_pause->async_wait([this](error_code problem) {
        if (!problem && !draining) accept();
    });
}

void HttpServer::Parts::begin_drain() {
    if (std::exchange(draining, true)) return;
    error_code ignored;  // there is nothing to do about a listener that does not close
    acceptor.close(ignored);
    if (accept_pause) accept_pause->cancel();
    const auto copy = sessions;
    for (const auto& session : copy)
        session->finish();
}

HttpServer::HttpServer(Listener listener, const Limits& limits, HttpHandler handler)
    : parts_(std::make_unique<Parts>(std::move(listener), limits, std::move(handler))) {}

HttpServer::~HttpServer() {
    drain(std::chrono::milliseconds(0));
    asio::post(parts_->io, [parts = parts_.get()] {
        const auto copy = parts->sessions;
        for (const auto& session : copy)
            session->close();
    });
    parts_->pool.stop();
    parts_->io.stop();
    parts_->thread.join();
    parts_->sessions.clear();
}

const ListenAddress& HttpServer::address() const {
    return parts_->address;
}

bool HttpServer::drain(std::chrono::milliseconds patience) {
    asio::post(parts_->io, [parts = parts_.get()] { parts->begin_drain(); });
    std::unique_lock lock(parts_->mutex);
    return parts_->changed.wait_for(lock, patience, [&] { return parts_->open == 0; });
}

std::size_t HttpServer::connections() const {
    const std::scoped_lock lock(parts_->mutex);
    return parts_->open;
}

}  // namespace lifeboat::server

#include "server/connection.h"

#include <functional>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "base/log.h"
#include "server/answer_head.h"
#include "server/streamed_request.h"
#include "server/worker_pool.h"

namespace lifeboat::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kReadSize = 16 << 10;

class HttpConnection final : public Connection,
                             public std::enable_shared_from_this<HttpConnection> {
  public:
    HttpConnection(ConnectionWorld& world, tcp::socket socket)
        : world_(world),
          stream_(std::move(socket)),
          buffer_(world.limits.header_bytes + 4 * kReadSize) {}

    // False: the client is gone already.
    bool find_peer() {
        error_code problem;
        const tcp::endpoint peer = stream_.socket().remote_endpoint(problem);
        if (problem) return false;
        peer_.address = peer.address().to_string();
        peer_.is_loopback = peer.address().is_loopback();
        return true;
    }

    void start() override {
        error_code ignored;  // a socket that is gone fails at its first read
        stream_.socket().set_option(tcp::no_delay(true), ignored);
        wait_for_request();
    }

    void refuse(int status, const std::string& text) override {
        keep_alive_ = false;
        write(plain_answer(status, text));
    }

    void finish() override {
        keep_alive_ = false;
        if (is_idle_) close();
    }

    void close() override {
        error_code ignored;  // closing what is closed
        stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
        stream_.close();
        world_.closed(shared_from_this());
    }

  private:
    void wait_for_request() {
        head_parser_.emplace();
        head_parser_->header_limit(static_cast<std::uint32_t>(world_.limits.header_bytes));
        head_parser_->body_limit(boost::none);  // depends on what is asked for
        if (buffer_.size() > 0) return read_header();
        if (world_.draining) return close();
        is_idle_ = true;
        stream_.expires_after(world_.limits.idle);
        stream_.async_read_some(buffer_.prepare(kReadSize),
                                [self = shared_from_this()](error_code problem, std::size_t count) {
                                    self->is_idle_ = false;
                                    if (problem) return self->close();
                                    self->buffer_.commit(count);
                                    self->read_header();
                                });
    }

    void read_header() {
        stream_.expires_after(world_.limits.header);
        http::async_read_header(stream_, buffer_, *head_parser_,
                                [self = shared_from_this()](error_code problem, std::size_t) {
                                    if (problem) return self->give_up(problem);
                                    self->take_head();
                                });
    }

    void take_head() {
        const auto& head = head_parser_->get();
        keep_alive_ = head.keep_alive();
        is_head_ = head.method() == http::verb::head;
        version_ = head.version();
        expects_continue_ = beast::iequals(head[http::field::expect], "100-continue");
        request_.method = std::string(head.method_string());
        request_.target = std::string(head.target());
        request_.headers = {};
        request_.body.clear();
        for (const auto& field : head)
            request_.headers.add(std::string_view(field.name_string()),
                                 std::string_view(field.value()));
        if (world_.streams) streamed_ = world_.streams(request_, peer_);
        if (streamed_) return begin_stream();
        const auto length = head_parser_->content_length();
        if (length && *length > world_.limits.body_bytes) return give_up(http::error::body_limit);
        parser_.emplace(std::move(*head_parser_));
        parser_->body_limit(world_.limits.body_bytes);
        if (parser_->is_done()) return handle();
        stream_.expires_after(world_.limits.body);
        after_continue([](HttpConnection& self) { self.read_rest(); });
    }

    // Tells a client that waits for it to send its body.
    void after_continue(void (*next)(HttpConnection&)) {
        if (!expects_continue_) return next(*this);
        static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
        asio::async_write(stream_, asio::buffer(kContinue),
                          [self = shared_from_this(), next](error_code problem, std::size_t) {
                              if (problem) return self->close();
                              next(*self);
                          });
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
                                   std::to_string(world_.limits.header_bytes) + " bytes.");
        if (problem == http::error::body_limit)
            return refuse(413, "The request's body is larger than " +
                                   std::to_string(world_.limits.body_bytes) + " bytes.");
        if (problem.category() == make_error_code(http::error::bad_method).category() &&
            problem != http::error::end_of_stream && problem != http::error::partial_message)
            return refuse(400, "This is not an HTTP request: " + problem.message() + ".");
        close();
    }

    void handle() {
        request_.body = std::move(parser_->get().body());
        stream_.expires_never();
        const bool taken = world_.pool.post([self = shared_from_this()] {
            cloud::HttpResponse response = self->answer();
            asio::post(self->world_.io, [self, response = std::move(response)]() mutable {
                self->write(std::move(response));
            });
        });
        if (!taken) write_busy();
    }

    void write_busy() {
        cloud::HttpResponse busy = plain_answer(503, "The server is busy. Try again.");
        busy.headers.add("Retry-After", "1");
        write(std::move(busy));
    }

    // On a worker.
    cloud::HttpResponse answer() const {
        try {
            return world_.handler(request_, peer_);
        } catch (const std::exception& e) {
            log::error("a request failed in an unexpected way",
                       {{"target", request_.target}, {"error", e.what()}});
            return plain_answer(500, "The request failed in an unexpected way.");
        }
    }

    // Streamed requests (server/streamed_request.h). A step runs on a worker and says what comes
    // next, which runs on the socket thread.
    using Next = std::function<void(HttpConnection&)>;

    void on_worker(std::function<Next()> step) {
        stream_.expires_never();
        const bool taken = world_.pool.post([self = shared_from_this(), step = std::move(step)] {
            Next next;
            try {
                next = step();
            } catch (const std::exception& e) {
                log::error("a request failed in an unexpected way",
                           {{"target", self->request_.target}, {"error", e.what()}});
                if (self->answer_)
                    next = [](HttpConnection& session) { session.end_stream(Ending::Broken); };
                else
                    next = last_word(
                        {plain_answer(500, "The request failed in an unexpected way."), nullptr});
            }
            asio::post(self->world_.io, [self, next = std::move(next)] { next(*self); });
        });
        if (taken) return;
        if (answer_) return end_stream(Ending::Broken);
        streamed_.reset();
        keep_alive_ = false;
        write_busy();
    }

    // An answer before the body was read to its end: the connection cannot go on.
    static Next last_word(StreamedAnswer answer) {
        auto kept = std::make_shared<StreamedAnswer>(std::move(answer));
        return [kept](HttpConnection& self) {
            if (!self.body_is_read_) self.keep_alive_ = false;
            self.write_stream(std::move(*kept));
        };
    }

    void begin_stream() {
        answer_.reset();
        body_parser_.emplace(std::move(*head_parser_));
        body_parser_->body_limit(boost::none);  // the request counts
        body_is_read_ = body_parser_->is_done();
        on_worker([this]() -> Next {
            if (auto refusal = streamed_->begin()) return last_word(std::move(*refusal));
            return [](HttpConnection& self) {
                if (self.body_is_read_) return self.finish_stream();
                self.after_continue([](HttpConnection& ready) { ready.read_part(); });
            };
        });
    }

    void read_part() {
        part_.resize(world_.limits.part_bytes);
        body_parser_->get().body().data = part_.data();
        body_parser_->get().body().size = part_.size();
        body_parser_->get().body().more = true;
        stream_.expires_after(world_.limits.part);
        http::async_read(stream_, buffer_, *body_parser_,
                         [self = shared_from_this()](error_code problem, std::size_t) {
                             if (problem && problem != http::error::need_buffer)
                                 return self->end_stream(Ending::Broken);
                             self->take_part();
                         });
    }

    void take_part() {
        part_.resize(part_.size() - body_parser_->get().body().size);
        body_is_read_ = body_parser_->is_done();
        on_worker([this]() -> Next {
            if (!part_.empty())
                if (auto refusal = streamed_->take(part_)) return last_word(std::move(*refusal));
            return [](HttpConnection& self) {
                self.body_is_read_ ? self.finish_stream() : self.read_part();
            };
        });
    }

    void finish_stream() {
        on_worker([this] { return last_word(streamed_->finish()); });
    }

    void write_stream(StreamedAnswer answer) {
        if (!answer.source) {
            release_stream();
            return write(std::move(answer.head));
        }
        answer_.emplace(std::move(answer));
        stream_response_ = {};
        fill_head(stream_response_, answer_->head);
        if (answer_->length)
            stream_response_.content_length(*answer_->length);
        else
            stream_response_.chunked(true);
        stream_response_.body().data = nullptr;
        stream_response_.body().more = true;
        serializer_.emplace(stream_response_);
        stream_.expires_after(world_.limits.write);
        http::async_write_header(stream_, *serializer_,
                                 [self = shared_from_this()](error_code problem, std::size_t) {
                                     if (problem) return self->end_stream(Ending::Broken);
                                     self->make_part();
                                 });
    }

    void make_part() {
        on_worker([this]() -> Next {
            part_ = answer_->source->next();
            return [](HttpConnection& self) { self.write_part(); };
        });
    }

    void write_part() {
        auto& body = stream_response_.body();
        body.data = part_.empty() ? nullptr : part_.data();
        body.size = part_.size();
        body.more = !part_.empty();
        stream_.expires_after(world_.limits.part);
        http::async_write(stream_, *serializer_,
                          [self = shared_from_this()](error_code problem, std::size_t) {
                              if (problem && problem != http::error::need_buffer)
                                  return self->end_stream(Ending::Broken);
                              if (!self->part_.empty()) return self->make_part();
                              self->end_stream(Ending::Whole);
                          });
    }

    enum class Ending { Whole, Broken };
    void end_stream(Ending ending) {
        release_stream();
        if (ending == Ending::Broken) return close();
        if (keep_alive_) return wait_for_request();
        linger();
    }

    // What a request leaves behind (a file to remove) is a worker's job, where one is free.
    void release_stream() {
        serializer_.reset();
        part_.clear();
        struct Remains {
            std::unique_ptr<StreamedRequest> request;
            std::optional<StreamedAnswer> answer;
        };
        auto remains = std::make_shared<Remains>(Remains{std::move(streamed_), std::move(answer_)});
        answer_.reset();
        world_.pool.post([remains] {});
    }

    template <class Response>
    void fill_head(Response& out, const cloud::HttpResponse& response) {
        if (world_.draining) keep_alive_ = false;
        out.version(version_);
        out.result(static_cast<unsigned>(response.status));
        out.set(http::field::server, "lifeboat");
        out.set(http::field::date, http_date());
        for (const cloud::HttpHeader& header : response.headers)
            out.insert(header.name, header_value(header.value));
        out.keep_alive(keep_alive_);
    }

    void write(cloud::HttpResponse response) {
        response_ = {};
        fill_head(response_, response);
        const bool bodiless = response.status == 204 || response.status == 304;
        if (!bodiless) {
            response_.body() = std::move(response.body);
            // To HEAD an operation may name the length of what it does not send.
            if (!is_head_ || response_.find(http::field::content_length) == response_.end())
                response_.content_length(response_.body().size());
            if (is_head_) response_.body().clear();
        }
        stream_.expires_after(world_.limits.write);
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

    ConnectionWorld& world_;
    beast::tcp_stream stream_;
    beast::flat_buffer buffer_;
    Peer peer_;
    std::optional<http::request_parser<http::empty_body>> head_parser_;
    std::optional<http::request_parser<http::string_body>> parser_;
    // Of a streamed request. Socket thread and worker take turns.
    std::unique_ptr<StreamedRequest> streamed_;
    std::optional<http::request_parser<http::buffer_body>> body_parser_;
    std::string part_;
    bool body_is_read_ = false;
    std::optional<StreamedAnswer> answer_;
    http::response<http::buffer_body> stream_response_;
    std::optional<http::response_serializer<http::buffer_body>> serializer_;
    cloud::HttpRequest request_;  // a worker reads it between handle() and write()
    http::response<http::string_body> response_;
    unsigned version_ = 11;
    bool keep_alive_ = false;
    bool is_head_ = false;
    bool expects_continue_ = false;
    bool is_idle_ = false;
};

}  // namespace

std::shared_ptr<Connection> make_connection(ConnectionWorld& world, os::UniqueFd socket,
                                            Family family) {
    tcp::socket wrapped(world.io);
    error_code problem;
    wrapped.assign(family == Family::V6 ? tcp::v6() : tcp::v4(), socket.get(), problem);
    if (problem) return nullptr;
    socket.release();
    auto connection = std::make_shared<HttpConnection>(world, std::move(wrapped));
    return connection->find_peer() ? connection : nullptr;
}

}  // namespace lifeboat::server

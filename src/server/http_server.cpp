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

#include "base/log.h"
#include "server/connection.h"
#include "server/worker_pool.h"

namespace lifeboat::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

}  // namespace

struct HttpServer::Parts {
    Parts(Listener listener, const Limits& given_limits, HttpHandler given_handler,
          StreamRouter given_streams)
        : address(listener.address),
          limits(given_limits),
          handler(std::move(given_handler)),
          streams(std::move(given_streams)),
          acceptor(io),
          pool(limits.workers, limits.queue),
          world{limits,
                handler,
                streams,
                io,
                pool,
                draining,
                [this](const std::shared_ptr<Connection>& connection) {
                    connections.erase(connection);
                    count();
                }} {
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

    // On the socket thread.
    void count() {
        const std::scoped_lock lock(mutex);
        open = connections.size();
        changed.notify_all();
    }
    void accept();
    void retry_accept();
    void begin_drain();

    // Touched on the socket thread only, except where noted.
    const ListenAddress address;
    const Limits limits;
    const HttpHandler handler;
    const StreamRouter streams;
    asio::io_context io{1};
    // Sockets may all be quiet while workers prepare answers.
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
    tcp::acceptor acceptor;
    std::set<std::shared_ptr<Connection>> connections;
    std::optional<asio::steady_timer> accept_pause;
    bool draining = false;

    mutable std::mutex mutex;
    std::condition_variable changed;
    std::size_t open = 0;  // guarded by mutex: connections.size()
    WorkerPool pool;       // after what its tasks use
    ConnectionWorld world;
    std::thread thread;
};

void HttpServer::Parts::accept() {
    acceptor.async_accept([this](error_code problem, tcp::socket socket) {
        if (problem == asio::error::operation_aborted || draining) return;
        if (problem) {
            // Out of descriptors, mostly: connections under way go on, new ones wait.
            log::warning("a connection could not be accepted", {{"error", problem.message()}});
            return retry_accept();
        }
        const Family family =
            socket.local_endpoint(problem).protocol() == tcp::v6() ? Family::V6 : Family::V4;
        os::UniqueFd accepted(socket.release(problem));
        if (auto connection = make_connection(world, std::move(accepted), family)) {
            connections.insert(connection);
            count();
            if (connections.size() > limits.connections)
                connection->refuse(503, "The server has too many connections. Try again.");
            else
                connection->start();
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
    const auto copy = connections;
    for (const auto& connection : copy)
        connection->finish();
}

HttpServer::HttpServer(Listener listener, const Limits& limits, HttpHandler handler,
                       StreamRouter streams)
    : parts_(std::make_unique<Parts>(std::move(listener), limits, std::move(handler),
                                     std::move(streams))) {}

HttpServer::~HttpServer() {
    try {
        drain(std::chrono::milliseconds(0));
        asio::post(parts_->io, [parts = parts_.get()] {
            const auto copy = parts->connections;
            for (const auto& connection : copy)
                connection->close();
        });
    } catch (const std::exception& e) {
        log::warning("connections could not be told of the end", {{"error", e.what()}});
    }
    parts_->pool.stop();
    parts_->io.stop();
    parts_->thread.join();
    parts_->connections.clear();
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

// One connection of the HTTP server: reads a request, has it answered, writes the answer, again.
//
// All of it runs on the thread of all sockets, except what a worker does: answering a request, and
// the steps of a streamed one (server/streamed_request.h). Thread and worker take turns, so nothing
// in it is locked.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "os/unique_fd.h"
#include "server/http_handler.h"
#include "server/limits.h"

namespace boost::asio {
class io_context;
}

namespace lifeboat::server {

class Connection;
class WorkerPool;

// What the connections of a server share. All of it outlives them.
struct ConnectionWorld {
    const Limits& limits;
    const HttpHandler& handler;
    const StreamRouter& streams;
    boost::asio::io_context& io;
    WorkerPool& pool;
    const bool& draining;  // read on the socket thread
    // Told once of each connection that is closed.
    std::function<void(const std::shared_ptr<Connection>&)> closed;
};

class Connection {
  public:
    virtual ~Connection() = default;

    virtual void start() = 0;
    // Instead of start(): says so, and ends.
    virtual void refuse(int status, const std::string& text) = 0;
    // Closes now when nothing is under way, else after the answer.
    virtual void finish() = 0;
    virtual void close() = 0;
};

// Of a socket's addresses.
enum class Family { V4, V6 };

// The connection of a socket that was accepted, which it owns from then on; nullptr: the client is
// gone already.
std::shared_ptr<Connection> make_connection(ConnectionWorld& world, os::UniqueFd socket,
                                            Family family);

}  // namespace lifeboat::server

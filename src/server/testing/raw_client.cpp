#include "server/testing/raw_client.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>

#include "base/encoding.h"
#include "base/error.h"

namespace lifeboat::server::testing {

RawClient::RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!fd_ || ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        throw error_from_errno(errno, "connect to 127.0.0.1:" + std::to_string(port));
}

void RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0) throw error_from_errno(errno, "send");
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

void RawClient::send_as_far_as_possible(std::string_view bytes) {
    try {
        send(bytes);
    } catch (const Error&) {
        return;  // the peer has hung up, as the test expects it may
    }
}

bool RawClient::fill() {
    pollfd poll{fd_.get(), POLLIN, 0};
    const int ready = ::poll(&poll, 1, 10'000);
    if (ready == 0) throw Error(ErrorCategory::Unavailable, "Timeout", "no answer in ten seconds");
    char chunk[65536];
    const ssize_t count = ::recv(fd_.get(), chunk, sizeof chunk, 0);
    if (count <= 0) return false;
    buffer_.append(chunk, static_cast<std::size_t>(count));
    return true;
}

std::string RawClient::receive() {
    while (true) {
        const auto head = buffer_.find("\r\n\r\n");
        if (head != std::string::npos) {
            const auto length = lower_case(buffer_.substr(0, head)).find("content-length:");
            const std::size_t body = length == std::string::npos
                                         ? 0
                                         : std::strtoul(buffer_.c_str() + length + 15, nullptr, 10);
            if (buffer_.size() >= head + 4 + body) {
                std::string answer = buffer_.substr(0, head + 4 + body);
                buffer_.erase(0, answer.size());
                return answer;
            }
        }
        if (!fill()) return std::exchange(buffer_, {});
    }
}

std::string RawClient::receive_all() {
    while (fill()) {
    }
    return std::exchange(buffer_, {});
}

void RawClient::end_sending() {
    ::shutdown(fd_.get(), SHUT_WR);
}

void RawClient::abort() {
    const linger hard{1, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    fd_.reset(-1);
}

}  // namespace lifeboat::server::testing

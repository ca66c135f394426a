#include "server/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>

#include "base/error.h"

namespace lifeboat::server {
namespace {

constexpr int kBacklog = 1024;

// An IPv4 or IPv6 socket address.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;

    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
    sockaddr_in& v4() { return reinterpret_cast<sockaddr_in&>(storage); }
    sockaddr_in6& v6() { return reinterpret_cast<sockaddr_in6&>(storage); }
};

SocketAddress socket_address(const ListenAddress& address) {
    SocketAddress out;
    if (::inet_pton(AF_INET, address.host.c_str(), &out.v4().sin_addr) == 1) {
        out.v4().sin_family = AF_INET;
        out.v4().sin_port = htons(address.port);
        out.size = sizeof(sockaddr_in);
    } else if (::inet_pton(AF_INET6, address.host.c_str(), &out.v6().sin6_addr) == 1) {
        out.v6().sin6_family = AF_INET6;
        out.v6().sin6_port = htons(address.port);
        out.size = sizeof(sockaddr_in6);
    } else {
        throw Error(ErrorCategory::InvalidInput, "InvalidListenAddress",
                    "'" + address.host + "' is not an IP address to listen on");
    }
    return out;
}

bool is_any(SocketAddress& address) {
    return address.storage.ss_family == AF_INET
               ? address.v4().sin_addr.s_addr == htonl(INADDR_ANY)
               : IN6_IS_ADDR_UNSPECIFIED(&address.v6().sin6_addr) != 0;
}

bool is_same(SocketAddress& a, SocketAddress& b) {
    if (a.storage.ss_family != b.storage.ss_family) return false;
    return a.storage.ss_family == AF_INET
               ? a.v4().sin_addr.s_addr == b.v4().sin_addr.s_addr
               : IN6_ARE_ADDR_EQUAL(&a.v6().sin6_addr, &b.v6().sin6_addr) != 0;
}

}  // namespace

std::string ListenAddress::url() const {
    // Nobody can connect to "any address"; the loopback of the same family always works.
    std::string shown = host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host;
    if (shown.find(':') != std::string::npos) shown = "[" + shown + "]";
    return "http://" + shown + ":" + std::to_string(port);
}

bool is_listened_on(const ListenAddress& address, const std::string& ip) {
    SocketAddress listened = socket_address({address.host, 0});
    SocketAddress called = socket_address({ip.substr(0, ip.find('%')), 0});  // without a scope
    // Who calls "any address" calls this machine.
    if (is_any(called))
        called = socket_address({called.storage.ss_family == AF_INET6 ? "::1" : "127.0.0.1", 0});
    if (!is_any(listened)) return is_same(listened, called);
    // Only addresses of this machine can be bound to.
    const os::UniqueFd socket(::socket(called.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    return socket && ::bind(socket.get(), called.get(), called.size) == 0;
}

Listener listen_on(const ListenAddress& address) {
    SocketAddress wanted = socket_address(address);
    const std::string place = address.host + ":" + std::to_string(address.port);
    Listener listener{
        os::UniqueFd(::socket(wanted.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)), address};
    const int yes = 1;
    if (!listener.socket ||
        ::setsockopt(listener.socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        ::bind(listener.socket.get(), wanted.get(), wanted.size) != 0 ||
        ::listen(listener.socket.get(), kBacklog) != 0) {
        if (errno != EADDRINUSE) throw error_from_errno(errno, "listen on " + place);
        throw Error(ErrorCategory::Unavailable, "AddressInUse",
                    place + " is in use: choose another with --listen HOST:PORT");
    }
    SocketAddress taken;
    if (::getsockname(listener.socket.get(), taken.get(), &taken.size) != 0)
        throw error_from_errno(errno, "read the address of " + place);
    listener.address.port =
        ntohs(taken.storage.ss_family == AF_INET6 ? taken.v6().sin6_port : taken.v4().sin_port);
    return listener;
}

ListenAddress parse_listen_address(const std::string& text) {
    const auto invalid = [&] {
        return Error(ErrorCategory::InvalidInput, "InvalidListenAddress",
                     "'" + text + "' is not HOST:PORT, as in 127.0.0.1:7411 or [::1]:7411");
    };
    const auto colon = text.rfind(':');
    if (colon == std::string::npos) throw invalid();
    ListenAddress address;
    address.host = text.substr(0, colon);
    if (address.host == "localhost") address.host = "127.0.0.1";
    if (address.host.size() > 2 && address.host.front() == '[' && address.host.back() == ']')
        address.host = address.host.substr(1, address.host.size() - 2);
    else if (address.host.find(':') != std::string::npos)
        throw invalid();
    const char* first = text.data() + colon + 1;
    const char* last = text.data() + text.size();
    const auto [end, problem] = std::from_chars(first, last, address.port);
    if (first == last || problem != std::errc() || end != last || address.host.empty())
        throw invalid();
    return address;
}

}  // namespace lifeboat::server

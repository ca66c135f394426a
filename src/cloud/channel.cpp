#include "cloud/channel.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace lifeboat::cloud {
namespace {

using Outcome = Transfer::Outcome;

constexpr std::size_t kPiece = 16 << 10;  // a TLS record's most

Transfer broken(int number) {
    return {Outcome::Broken, std::generic_category().message(number)};
}

Transfer broken_tls() {
    const unsigned long problem = ERR_get_error();
    std::array<char, 256> text{};
    ERR_error_string_n(problem, text.data(), text.size());
    const bool refused = ERR_GET_REASON(problem) == SSL_R_CERTIFICATE_VERIFY_FAILED;
    return {refused ? Outcome::NotTrusted : Outcome::Broken, text.data()};
}

// A name or an address, as it must stand in the certificate. False: it cannot be checked.
bool expect_certificate_for(SSL* tls, const std::string& host) {
    in6_addr address{};
    const bool is_address = ::inet_pton(AF_INET, host.c_str(), &address) == 1 ||
                            ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
    SSL_set_hostflags(tls, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (is_address) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host.c_str()) == 1;
    // Without a name OpenSSL would take any.
    return !host.empty() && SSL_set1_host(tls, host.c_str()) == 1 &&
           SSL_set_tlsext_host_name(tls, host.c_str()) == 1;
}

}  // namespace

Channel::Channel(os::UniqueFd socket, const Clock& clock)
    : socket_(std::move(socket)), clock_(clock) {}

void Channel::FreeSsl::operator()(ssl_st* tls) const {
    SSL_free(tls);
}

Transfer Channel::start_tls(ssl_ctx_st* context, const std::string& host,
                            const Patience& patience) {
    ERR_clear_error();
    tls_.reset(SSL_new(context));
    if (!tls_) return broken_tls();
    BIO* const from_server = BIO_new(BIO_s_mem());
    BIO* const to_server = BIO_new(BIO_s_mem());
    SSL_set_bio(tls_.get(), from_server, to_server);  // owns them, where they are there
    if (from_server == nullptr || to_server == nullptr) return broken_tls();
    BIO_set_mem_eof_return(from_server, -1);  // no bytes yet is not the end
    if (!expect_certificate_for(tls_.get(), host))
        return {Outcome::Broken, "no certificate can be checked for the name '" + host + "'"};
    SSL_set_connect_state(tls_.get());
    while (true) {
        ERR_clear_error();
        const int done = SSL_do_handshake(tls_.get());
        const int reason = SSL_get_error(tls_.get(), done);
        const Transfer refused = reason == SSL_ERROR_SSL ? broken_tls() : Transfer();
        // An alert tells the server why.
        Transfer step = flush(patience);
        if (refused.failed()) return refused;
        if (step.failed() || done == 1) return step;
        if (reason != SSL_ERROR_WANT_READ) return {Outcome::Broken, "TLS came to no end"};
        step = fill(patience);
        if (step.failed()) return step;
    }
}

Transfer Channel::write(std::string_view bytes, const Patience& patience) {
    if (!tls_) return send(bytes, patience);
    while (!bytes.empty()) {
        ERR_clear_error();
        const std::size_t piece = std::min(bytes.size(), kPiece);
        std::size_t count = 0;
        const bool taken = SSL_write_ex(tls_.get(), bytes.data(), piece, &count) == 1;
        // Only a server that changes its keys has us read first.
        if (!taken && SSL_get_error(tls_.get(), 0) != SSL_ERROR_WANT_READ) return broken_tls();
        bytes.remove_prefix(count);
        const Transfer step = taken ? flush(patience) : fill(patience);
        if (step.failed()) return step;
    }
    return {};
}

Transfer Channel::read(char* into, std::size_t most, const Patience& patience, std::size_t& count) {
    count = 0;
    if (!tls_) return receive(into, most, patience, count);
    while (true) {
        ERR_clear_error();
        if (SSL_read_ex(tls_.get(), into, most, &count) == 1) return {};
        count = 0;
        const int reason = SSL_get_error(tls_.get(), 0);
        if (reason == SSL_ERROR_ZERO_RETURN) return {};
        if (reason != SSL_ERROR_WANT_READ) return broken_tls();
        Transfer step = flush(patience);
        if (!step.failed()) step = fill(patience);
        if (step.failed()) return step;
    }
}

bool Channel::is_quiet() const {
    // What came with the end of the last answer waits here, and not in the socket.
    if (tls_ && (SSL_has_pending(tls_.get()) == 1 || BIO_pending(SSL_get_rbio(tls_.get())) > 0))
        return false;
    char byte = 0;
    const ssize_t count = ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

Transfer Channel::send(std::string_view bytes, const Patience& patience) {
    while (!bytes.empty()) {
        const ssize_t count =
            ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (Transfer waited = wait_for(POLLOUT, patience); waited.failed()) return waited;
        } else if (errno != EINTR) {
            return broken(errno);
        }
    }
    return {};
}

Transfer Channel::receive(char* into, std::size_t most, const Patience& patience,
                          std::size_t& count) {
    while (true) {
        // The answer is hardly ever there before it is waited for.
        if (Transfer waited = wait_for(POLLIN, patience); waited.failed()) return waited;
        const ssize_t got = ::recv(socket_.get(), into, most, MSG_DONTWAIT);
        if (got >= 0) {
            count = static_cast<std::size_t>(got);
            return {};
        }
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return broken(errno);
    }
}

Transfer Channel::wait_for(short events, const Patience& patience) const {
    while (true) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(patience.until - clock_.now());
        const auto wait = std::clamp(left, std::chrono::milliseconds(0), patience.stall);
        pollfd waiting{socket_.get(), events, 0};
        const int ready = ::poll(&waiting, 1, static_cast<int>(wait.count()));
        if (ready > 0) return {};
        if (ready == 0) return {Outcome::TimedOut, "no answer in time"};
        if (errno != EINTR) return broken(errno);
    }
}

Transfer Channel::flush(const Patience& patience) {
    BIO* const to_server = SSL_get_wbio(tls_.get());
    char* bytes = nullptr;
    const long count = BIO_get_mem_data(to_server, &bytes);
    if (count <= 0) return {};
    Transfer sent = send({bytes, static_cast<std::size_t>(count)}, patience);
    BIO_reset(to_server);
    return sent;
}

Transfer Channel::fill(const Patience& patience) {
    std::array<char, kPiece> bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init): written here
    std::size_t count = 0;
    Transfer got = receive(bytes.data(), bytes.size(), patience, count);
    if (got.failed()) return got;
    if (count == 0) return {Outcome::Broken, "the server hung up without ending TLS"};
    const int taken = BIO_write(SSL_get_rbio(tls_.get()), bytes.data(), static_cast<int>(count));
    return taken == static_cast<int>(count) ? Transfer() : broken_tls();
}

}  // namespace lifeboat::cloud

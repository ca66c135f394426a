#include "cloud/testing/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>

#include "base/encoding.h"
#include "base/error.h"

namespace lifeboat::cloud::testing {
namespace {

template <auto Free>
struct Freed {
    template <typename T>
    void operator()(T* object) const {
        Free(object);
    }
};

template <typename Write>
std::string pem(Write write) {
    const std::unique_ptr<BIO, Freed<BIO_free_all>> bio(BIO_new(BIO_s_mem()));
    write(bio.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
}

// A certificate for "localhost", signed by itself.
std::pair<std::string, std::string> make_certificate() {
    const std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>> key(EVP_EC_gen("P-256"));
    const std::unique_ptr<X509, Freed<X509_free>> certificate(X509_new());
    X509* x = certificate.get();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, key.get());
    X509_NAME* name = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(x, name);
    for (const auto& [kind, value] :
         {std::pair(NID_subject_alt_name, "DNS:localhost"), {NID_basic_constraints, "CA:TRUE"}}) {
        const std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> extension(
            X509V3_EXT_conf_nid(nullptr, nullptr, kind, value));
        X509_add_ext(x, extension.get(), -1);
    }
    X509_sign(x, key.get(), EVP_sha256());
    return {pem([&](BIO* bio) { PEM_write_bio_X509(bio, x); }), pem([&](BIO* bio) {
                PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
            })};
}

}  // namespace

std::string http_answer(int status, const std::string& body, const std::string& headers) {
    return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// One accepted connection, plain or TLS, read and written as bytes.
class ScriptedServer::Channel {
  public:
    Channel(os::UniqueFd fd, Security security, const std::string& certificate,
            const std::string& key)
        : fd_(std::move(fd)) {
        if (security == Security::Plain) return;
        context_.reset(SSL_CTX_new(TLS_server_method()));
        const std::unique_ptr<BIO, Freed<BIO_free_all>> bio(
            BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size())));
        const std::unique_ptr<X509, Freed<X509_free>> x(
            PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
        const std::unique_ptr<BIO, Freed<BIO_free_all>> key_bio(
            BIO_new_mem_buf(key.data(), static_cast<int>(key.size())));
        const std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>> private_key(
            PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
        SSL_CTX_use_certificate(context_.get(), x.get());
        SSL_CTX_use_PrivateKey(context_.get(), private_key.get());
        tls_.reset(SSL_new(context_.get()));
        SSL_set_fd(tls_.get(), fd_.get());
        usable_ = SSL_accept(tls_.get()) == 1;
    }

    bool usable() const { return usable_; }
    int descriptor() const { return fd_.get(); }

    // One request by its Content-Length; nullopt when the client is gone.
    std::optional<std::string> request() {
        while (true) {
            const auto head = buffer_.find("\r\n\r\n");
            if (head != std::string::npos) {
                const auto length = lower_case(buffer_.substr(0, head)).find("content-length:");
                const std::size_t body =
                    length == std::string::npos
                        ? 0
                        : std::strtoul(buffer_.c_str() + length + 15, nullptr, 10);
                if (buffer_.size() >= head + 4 + body) {
                    std::string one = buffer_.substr(0, head + 4 + body);
                    buffer_.erase(0, one.size());
                    return one;
                }
            }
            if (!fill()) return std::nullopt;
        }
    }

    bool fill() {
        char chunk[16384];
        const auto count = tls_ ? SSL_read(tls_.get(), chunk, sizeof chunk)
                                : ::recv(fd_.get(), chunk, sizeof chunk, 0);
        if (count <= 0) return false;
        buffer_.append(chunk, static_cast<std::size_t>(count));
        return true;
    }

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto count =
                tls_ ? SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                     : ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) return;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    }

    // Both leave as one packet, if they are short.
    void send_together(std::string_view first, std::string_view second) {
        hold_back(1);
        send(first);
        send(second);
        hold_back(0);
    }

    void reset() {
        const linger hard{1, 0};
        ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    }

  private:
    void hold_back(int corked) {
        ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_CORK, &corked, sizeof corked);
    }

    os::UniqueFd fd_;
    std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> context_;
    std::unique_ptr<SSL, Freed<SSL_free>> tls_;
    std::string buffer_;
    bool usable_ = true;
};

ScriptedServer::ScriptedServer(std::vector<Step> steps, Security security)
    : steps_(std::move(steps)),
      security_(security),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (security == Security::Tls) std::tie(certificate_, key_) = make_certificate();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_.get(), 64) != 0 ||
        ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw error_from_errno(errno, "listen on 127.0.0.1");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
}

ScriptedServer::~ScriptedServer() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
        ::shutdown(listener_.get(), SHUT_RDWR);
        if (current_ >= 0) ::shutdown(current_, SHUT_RDWR);
    }
    thread_.join();
}

void ScriptedServer::run() {
    while (true) {
        os::UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!fd) return;
        {
            const std::scoped_lock lock(mutex_);
            if (stopping_) return;
            ++connections_;
            current_ = fd.get();
        }
        Channel channel(std::move(fd), security_, certificate_, key_);
        if (channel.usable()) serve(channel);
        const std::scoped_lock lock(mutex_);
        current_ = -1;
    }
}

void ScriptedServer::serve(Channel& channel) {
    while (next_ < steps_.size()) {
        auto request = channel.request();
        if (!request) return;
        {
            const std::scoped_lock lock(mutex_);
            requests_.push_back(std::move(*request));
        }
        if (!perform(steps_[next_++], channel)) return;
    }
}

// False: the connection ends.
bool ScriptedServer::perform(const Step& step, Channel& channel) {
    channel.send_together(step.bytes, step.also);
    if (step.kind == Step::Kind::Reset) channel.reset();
    if (step.kind == Step::Kind::Stall)
        while (channel.fill()) {
        }
    return step.kind == Step::Kind::Answer;
}

std::string ScriptedServer::url() const {
    return security_ == Security::Tls ? "https://localhost:" + std::to_string(port_)
                                      : "http://127.0.0.1:" + std::to_string(port_);
}

std::vector<std::string> ScriptedServer::requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
}

int ScriptedServer::connections() const {
    const std::scoped_lock lock(mutex_);
    return connections_;
}

}  // namespace lifeboat::cloud::testing

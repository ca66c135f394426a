// A server that does to its clients exactly what a test says, one step a connection or request.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "os/unique_fd.h"

namespace lifeboat::cloud::testing {

struct Step {
    enum class Kind {
        Answer,  // read a request, send `bytes`, go on with the next step on this connection
        Close,   // read a request, send `bytes`, close
        Reset,   // read a request, reset the connection
        Stall,   // read a request, send `bytes`, then nothing until the client gives up
    };
    Kind kind = Kind::Answer;
    std::string bytes;
    std::string also = {};  // arrives together with `bytes`, but in a TLS record of its own
};

// "HTTP/1.1 200 OK" with a length and the given body.
std::string http_answer(int status, const std::string& body, const std::string& headers = "");

class ScriptedServer {
  public:
    enum class Security { Plain, Tls };
    // Serves the steps in order on 127.0.0.1; connections after the last step are closed at once.
    explicit ScriptedServer(std::vector<Step> steps, Security security = Security::Plain);
    ~ScriptedServer();
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    std::string url() const;
    std::uint16_t port() const { return port_; }
    // PEM of the certificate a TLS server shows, for "localhost".
    const std::string& certificate() const { return certificate_; }
    // Heads and bodies received so far, one a step.
    std::vector<std::string> requests() const;
    int connections() const;

  private:
    class Channel;
    void run();
    void serve(Channel& channel);
    bool perform(const Step& step, Channel& channel);

    const std::vector<Step> steps_;
    const Security security_;
    std::string certificate_;
    std::string key_;
    os::UniqueFd listener_;
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    int connections_ = 0;
    int current_ = -1;  // descriptor of the connection being served
    bool stopping_ = false;
    std::size_t next_ = 0;
    std::thread thread_;
};

}  // namespace lifeboat::cloud::testing

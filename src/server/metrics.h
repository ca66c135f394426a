// What the server counts, in the text form Prometheus reads.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace lifeboat::server {

class Metrics {
  public:
    struct Gauge {
        std::string name;    // "lifeboat_jobs_waiting"
        std::string labels;  // "kind=\"x\"" or empty
        double value = 0;
    };
    using Source = std::function<std::vector<Gauge>()>;
    // The sources are asked at every rendering, on any thread.
    explicit Metrics(std::vector<Source> sources = {}) : sources_(std::move(sources)) {}

    // `code` is "ok" or the error's code. Service and operation must come from a model, never from
    // the wire: each pair is a series of its own. Thread-safe.
    void count_request(std::string_view service, std::string_view operation, std::string_view code,
                       std::chrono::microseconds took);

    std::string render() const;

  private:
    // Upper bounds in seconds; what is slower counts in +Inf alone.
    static constexpr std::array<double, 12> kBounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                       0.05,   0.1,   0.25,   1,     5,    20};
    struct Latency {
        std::array<std::uint64_t, kBounds.size()> below{};
        std::uint64_t count = 0;
        double seconds = 0;
    };
    mutable std::mutex mutex_;
    std::map<std::string, std::uint64_t, std::less<>> requests_;  // by labels
    std::map<std::string, Latency, std::less<>> latencies_;
    const std::vector<Source> sources_;
};

}  // namespace lifeboat::server

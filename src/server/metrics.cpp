#include "server/metrics.h"

#include <fmt/format.h>

namespace lifeboat::server {

void Metrics::count_request(std::string_view service, std::string_view operation,
                            std::string_view code, std::chrono::microseconds took) {
    const std::string labels = fmt::format("service=\"{}\",operation=\"{}\"", service, operation);
    const std::string with_code = fmt::format("{},code=\"{}\"", labels, code);
    const double seconds = static_cast<double>(took.count()) / 1e6;
    const std::scoped_lock lock(mutex_);
    ++requests_[with_code];
    Latency& latency = latencies_[labels];
    ++latency.count;
    latency.seconds += seconds;
    for (std::size_t i = 0; i < kBounds.size(); ++i)
        if (seconds <= kBounds[i]) ++latency.below[i];
}

std::string Metrics::render() const {
    std::string text =
        "# HELP lifeboat_requests_total Answered AWS requests.\n"
        "# TYPE lifeboat_requests_total counter\n";
    {
        const std::scoped_lock lock(mutex_);
        for (const auto& [labels, count] : requests_)
            text += fmt::format("lifeboat_requests_total{{{}}} {}\n", labels, count);
        text +=
            "# HELP lifeboat_request_seconds Time from complete request to answer.\n"
            "# TYPE lifeboat_request_seconds histogram\n";
        for (const auto& [labels, latency] : latencies_) {
            for (std::size_t i = 0; i < kBounds.size(); ++i)
                text += fmt::format("lifeboat_request_seconds_bucket{{{},le=\"{}\"}} {}\n", labels,
                                    kBounds[i], latency.below[i]);
            text += fmt::format("lifeboat_request_seconds_bucket{{{},le=\"+Inf\"}} {}\n", labels,
                                latency.count);
            text += fmt::format("lifeboat_request_seconds_sum{{{}}} {}\n", labels, latency.seconds);
            text += fmt::format("lifeboat_request_seconds_count{{{}}} {}\n", labels, latency.count);
        }
    }
    std::map<std::string, std::vector<Gauge>> gauges;
    for (const Source& source : sources_)
        for (Gauge& gauge : source())
            gauges[gauge.name].push_back(std::move(gauge));
    for (const auto& [name, all] : gauges) {
        text += fmt::format("# TYPE {} gauge\n", name);
        for (const Gauge& gauge : all)
            text += gauge.labels.empty()
                        ? fmt::format("{} {}\n", name, gauge.value)
                        : fmt::format("{}{{{}}} {}\n", name, gauge.labels, gauge.value);
    }
    return text;
}

}  // namespace lifeboat::server

#include "server/server.h"

#include "apps/recovery/health.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "cloud/credentials.h"
#include "server/kept_gauges.h"

namespace lifeboat::server {
namespace {

// What a woken long poll has to be answered.
constexpr std::chrono::seconds kAnswerTime{2};

IdentitySource only(const cloud::Credentials& credentials, const local::Caller& root) {
    return [identity = Identity{credentials, root}](
               const std::string& access_key_id) -> std::optional<Identity> {
        if (access_key_id != identity.credentials.access_key_id) return std::nullopt;
        return identity;
    };
}

Dispatch dispatch_to(local::Cloud& cloud) {
    return [&cloud](const local::Caller& caller, const std::string& service,
                    const std::string& operation, const Json& request,
                    const cloud::CallOptions& options) {
        return cloud.call_as(caller, service, operation, request, options);
    };
}

std::vector<Metrics::Gauge> job_gauges(const local::Cloud& cloud) {
    std::vector<Metrics::Gauge> gauges;
    for (const auto& [kind, counts] : cloud.job_counts()) {
        const std::string labels = "kind=\"" + kind + "\"";
        gauges.push_back({"lifeboat_jobs_waiting", labels, static_cast<double>(counts.waiting)});
        gauges.push_back({"lifeboat_jobs_running", labels, static_cast<double>(counts.running)});
    }
    return gauges;
}

// Nothing where recovery is not loaded.
std::vector<Metrics::Gauge> recovery_gauges(local::Cloud& cloud) {
    recovery::Health health;
    try {
        health = recovery::read_health(cloud);
    } catch (const Error& e) {
        if (e.category() != ErrorCategory::NotFound)
            log::warning("no metrics of recovery", {{"error", e.message()}});
        return {};
    }
    std::vector<Metrics::Gauge> gauges;
    for (const auto& [status, rows] : health.rows)
        gauges.push_back(
            {"lifeboat_registry_rows", "status=\"" + status + "\"", static_cast<double>(rows)});
    gauges.push_back({"lifeboat_dead_letters", "", static_cast<double>(health.dead_letters)});
    return gauges;
}

}  // namespace

Server::Server(ServerOptions options, Listener listener, local::Cloud& cloud, const Clock& clock,
               Random& random)
    : options_(std::move(options)),
      cloud_(cloud),
      credentials_(cloud::ensure_local_credentials(options_.data, random)),
      metrics_({[&cloud] { return job_gauges(cloud); },
                kept([&cloud] { return recovery_gauges(cloud); }, clock)}),
      aws_(dispatch_to(cloud), only(credentials_, cloud.root_caller()), metrics_, clock, random),
      areas_(options_.data / "vault", metrics_, clock, random),
      published_{listener.address.url(), new_uuid(random)},
      routes_(aws_, metrics_, published_.instance),
      http_(
          std::move(listener), options_.limits,
          [this](const cloud::HttpRequest& request, const Peer& peer) {
              return routes_.answer(request, peer);
          },
          [this](const cloud::HttpRequest& head, const Peer& peer) {
              return areas_.route(head, peer);
          }) {
    publish_endpoint(options_.data, published_);
}

Server::~Server() {
    stop(std::chrono::milliseconds(0));
}

void Server::stop(std::chrono::milliseconds patience) {
    if (std::exchange(stopped_, true)) return;
    withdraw_endpoint(options_.data, published_);
    if (http_.drain(patience)) return;
    cloud_.stop();
    http_.drain(kAnswerTime);
}

}  // namespace lifeboat::server

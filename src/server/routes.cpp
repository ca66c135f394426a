#include "server/routes.h"

#include "base/json.h"

namespace lifeboat::server {

cloud::HttpResponse Routes::answer(const cloud::HttpRequest& request, const Peer& peer) {
    const std::string_view path = cloud::path_of(request.target);
    const bool reading = request.method == "GET" || request.method == "HEAD";
    if (!reading || (path != "/healthz" && path != "/metrics")) return aws_.answer(request, peer);

    cloud::HttpResponse response;
    if (!peer.is_loopback) {
        response.status = 403;
        response.headers.add("Content-Type", "application/json");
        response.body = R"({"message":"Only this machine may read this."})";
    } else if (path == "/healthz") {
        response.headers.add("Content-Type", "application/json");
        response.body = to_text(Json{{"status", "ok"}, {"instance", instance_}});
    } else {
        response.headers.add("Content-Type", "text/plain; version=0.0.4");
        response.body = metrics_.render();
    }
    return response;
}

}  // namespace lifeboat::server

#include "server/area_endpoint.h"

#include "base/log.h"
#include "server/area_request.h"

namespace lifeboat::server {

AreaEndpoint::AreaEndpoint(const std::filesystem::path& root, Metrics& metrics, const Clock& clock,
                           Random& random)
    : areas(root), audit(areas.audit_log()), metrics_(metrics), clock_(clock), random_(random) {
    if (const std::size_t removed = areas.sweep(clock.now()); removed > 0)
        log::info("removed uploads that never ended", {{"files", std::to_string(removed)}});
}

std::unique_ptr<StreamedRequest> AreaEndpoint::route(const cloud::HttpRequest& head,
                                                     const Peer& peer) {
    if (!head.target.starts_with(kAreaPrefix)) return nullptr;
    if (head.headers.get("authorization").starts_with("AWS") ||
        cloud::query_of(head.target).find("X-Amz-") != std::string_view::npos)
        return nullptr;
    return std::make_unique<AreaRequest>(AreaWorld{areas, audit, metrics_, clock_, random_}, head,
                                         peer.address);
}

}  // namespace lifeboat::server

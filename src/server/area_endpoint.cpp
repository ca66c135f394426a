#include "server/area_endpoint.h"

#include "server/area_request.h"

namespace lifeboat::server {

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

// `<data>/endpoint.json`: where the server of a data directory listens, for the command line. It is
// there while a server runs; after a crash it may be there without one, so a reader asks /healthz
// whether the instance it names answers.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace lifeboat::server {

struct PublishedEndpoint {
    std::string url;       // "http://127.0.0.1:7411"
    std::string instance;  // new at each start
};

void publish_endpoint(const std::filesystem::path& data, const PublishedEndpoint& endpoint);
// nullopt when there is none, or it is damaged.
std::optional<PublishedEndpoint> read_endpoint(const std::filesystem::path& data);
// Removes it if it is still this instance's.
void withdraw_endpoint(const std::filesystem::path& data, const PublishedEndpoint& endpoint);

}  // namespace lifeboat::server

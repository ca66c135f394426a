#include "server/endpoint_file.h"

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "os/file.h"

namespace lifeboat::server {
namespace {

std::filesystem::path file_in(const std::filesystem::path& data) {
    return data / "endpoint.json";
}

}  // namespace

void publish_endpoint(const std::filesystem::path& data, const PublishedEndpoint& endpoint) {
    os::publish_file(
        file_in(data),
        to_text(Json{{"endpoint", endpoint.url}, {"instance", endpoint.instance}}) + "\n");
}

std::optional<PublishedEndpoint> read_endpoint(const std::filesystem::path& data) {
    try {
        const Json read = parse_json(os::read_file(file_in(data), 64 << 10), "endpoint.json");
        return PublishedEndpoint{require_string(read, "endpoint"),
                                 require_string(read, "instance")};
    } catch (const Error& e) {
        if (e.category() == ErrorCategory::NotFound || e.category() == ErrorCategory::InvalidInput)
            return std::nullopt;
        throw;
    }
}

void withdraw_endpoint(const std::filesystem::path& data, const PublishedEndpoint& endpoint) {
    const auto published = read_endpoint(data);
    if (!published || published->instance != endpoint.instance) return;
    std::error_code problem;
    std::filesystem::remove(file_in(data), problem);
    if (problem) log::warning("endpoint.json could not be removed", {{"error", problem.message()}});
}

}  // namespace lifeboat::server

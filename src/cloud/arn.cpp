#include "cloud/arn.h"

#include <array>

namespace lifeboat::cloud {

std::string Arn::text() const {
    return "arn:" + partition + ":" + service + ":" + region + ":" + account + ":" + resource;
}

std::optional<Arn> parse_arn(std::string_view text) {
    std::array<std::string, 5> parts;
    for (std::string& part : parts) {
        const auto colon = text.find(':');
        if (colon == std::string_view::npos) return std::nullopt;
        part = text.substr(0, colon);
        text.remove_prefix(colon + 1);
    }
    if (parts[0] != "arn" || parts[1].empty() || parts[2].empty() || text.empty())
        return std::nullopt;
    return Arn{parts[1], parts[2], parts[3], parts[4], std::string(text)};
}

std::string arn_of(const Place& place, std::string_view service, std::string_view resource) {
    return Arn{place.partition, std::string(service), place.region, place.account,
               std::string(resource)}
        .text();
}

}  // namespace lifeboat::cloud

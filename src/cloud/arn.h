// Amazon Resource Names: `arn:partition:service:region:account:resource`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lifeboat::cloud {

// Where a cloud is.
struct Place {
    std::string partition = "aws";
    std::string region = "us-east-1";
    std::string account = "000000000000";

    bool operator==(const Place&) const = default;
};

struct Arn {
    std::string partition;
    std::string service;
    std::string region;   // empty for global resources
    std::string account;  // empty for some (s3)
    std::string resource;

    std::string text() const;
    bool operator==(const Arn&) const = default;
};

// nullopt when `text` does not have the six parts.
std::optional<Arn> parse_arn(std::string_view text);
std::string arn_of(const Place& place, std::string_view service, std::string_view resource);

}  // namespace lifeboat::cloud

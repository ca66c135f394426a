#include "cloud/s3_address.h"

#include <algorithm>

namespace lifeboat::cloud {

bool can_be_host_label(std::string_view bucket) {
    const auto letter_or_digit = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    };
    return bucket.size() >= 3 && bucket.size() <= 63 && letter_or_digit(bucket.front()) &&
           letter_or_digit(bucket.back()) && std::all_of(bucket.begin(), bucket.end(), [&](char c) {
               return letter_or_digit(c) || c == '-';
           });
}

void address_bucket_by_host(std::string_view bucket, Url& server, HttpRequest& request) {
    const std::string prefix = "/" + std::string(bucket);
    if (!can_be_host_label(bucket) || !request.target.starts_with(prefix)) return;
    std::string rest = request.target.substr(prefix.size());
    if (!rest.empty() && rest.front() != '/' && rest.front() != '?') return;
    if (rest.empty() || rest.front() == '?') rest.insert(0, "/");
    request.target = std::move(rest);
    server.host = std::string(bucket) + "." + server.host;
}

}  // namespace lifeboat::cloud

#include "cloud/metadata_credentials.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "cloud/credentials_document.h"
#include "os/file.h"

namespace lifeboat::cloud {
namespace {

constexpr const char* kContainerHost = "http://169.254.170.2";
constexpr const char* kInstanceHost = "http://169.254.169.254";
constexpr const char* kInstanceHost6 = "http://[fd00:ec2::254]";
// Where a token may go without TLS: this machine, ECS's and EKS's agents.
constexpr const char* kOpenHosts[] = {"localhost", "::1", "169.254.170.2", "169.254.170.23",
                                      "fd00:ec2::23"};
constexpr int kTries = 3;
constexpr const char* kInstancePath = "/latest/meta-data/iam/security-credentials/";
constexpr const char* kTokenSeconds = "21600";

struct Address {
    Url server;
    std::string target;
};

Address split(const std::string& uri) {
    const auto scheme = uri.find("://");
    const auto slash = scheme == std::string::npos ? scheme : uri.find_first_of("/?", scheme + 3);
    Address address;
    address.server = parse_url(uri.substr(0, slash));
    address.target = slash == std::string::npos ? "/" : uri.substr(slash);
    if (address.target.front() != '/') address.target.insert(0, "/");
    return address;
}

bool may_travel_openly(const std::string& host) {
    return host.starts_with("127.") ||
           std::find(std::begin(kOpenHosts), std::end(kOpenHosts), host) != std::end(kOpenHosts);
}

std::string authorization(const os::Environment& environment) {
    std::string token = os::get(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("");
    if (const auto file = os::get(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
        token = os::read_file(*file, 1 << 16);
        while (!token.empty() && (token.back() == '\n' || token.back() == '\r'))
            token.pop_back();
    }
    if (token.find_first_of("\r\n") != std::string::npos)
        throw Error(ErrorCategory::InvalidInput, "InvalidAuthorizationToken",
                    "the container's authorization token has more than one line");
    return token;
}

// Repeats what may pass by itself.
HttpResponse send(HttpTransport& transport, const Url& server, const HttpRequest& request) {
    for (int tries = 1;; ++tries) {
        try {
            HttpResponse response = transport.send(server, request);
            if (response.status < 500 || tries == kTries) return response;
        } catch (const Error& e) {
            if (tries == kTries || e.category() != ErrorCategory::Unavailable) throw;
        }
    }
}

}  // namespace

std::optional<Credentials> ContainerCredentials::find() {
    std::string uri;
    if (const auto relative = os::get(environment_, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"))
        uri = kContainerHost + *relative;
    else
        uri = os::get(environment_, "AWS_CONTAINER_CREDENTIALS_FULL_URI").value_or("");
    if (uri.empty()) return std::nullopt;
    const Address address = split(uri);
    if (!address.server.tls && !may_travel_openly(address.server.host))
        throw Error(ErrorCategory::InvalidInput, "InvalidCredentialsUri",
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI names the host '" + address.server.host +
                        "' without TLS; only https, this machine and the agents of ECS and EKS are "
                        "allowed");
    HttpRequest request;
    request.method = "GET";
    request.target = address.target;
    request.headers.set("Accept", "application/json");
    if (const std::string token = authorization(environment_); !token.empty())
        request.headers.set("Authorization", token);
    const HttpResponse response = send(transport_, address.server, request);
    if (response.status != 200)
        throw Error(ErrorCategory::Unavailable, "ContainerCredentialsFailed",
                    "the container's credentials endpoint " + address.server.text() +
                        " answered with status " + std::to_string(response.status) +
                        "; look at the task's or pod's role");
    return read_credentials(parse_json(response.body, "the container's credentials"), "Token");
}

std::optional<Credentials> InstanceCredentials::find() {
    if (lower_case(os::get(environment_, "AWS_EC2_METADATA_DISABLED").value_or("")) == "true")
        return std::nullopt;
    const bool six =
        lower_case(os::get(environment_, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").value_or("")) ==
        "ipv6";
    const Url server = parse_url(os::get(environment_, "AWS_EC2_METADATA_SERVICE_ENDPOINT")
                                     .value_or(six ? kInstanceHost6 : kInstanceHost));
    HttpRequest request;
    request.method = "PUT";
    request.target = server.path + "/latest/api/token";
    request.headers.set("X-aws-ec2-metadata-token-ttl-seconds", kTokenSeconds);
    HttpResponse response;
    try {
        response = transport_.send(server, request);
    } catch (const Error& e) {
        // Nobody there: this is no EC2 instance.
        log::debug("no instance metadata", {{"error", e.what()}});
        return std::nullopt;
    }
    if (response.status != 200) return std::nullopt;

    HttpRequest question;
    question.method = "GET";
    question.headers.set("X-aws-ec2-metadata-token", response.body);
    question.target = server.path + kInstancePath;
    response = send(transport_, server, question);
    if (response.status == 404) return std::nullopt;  // an instance without a role
    const std::string role = response.body.substr(0, response.body.find_first_of("\r\n"));
    if (response.status == 200 && !role.empty()) {
        question.target += percent_encode(role);
        response = send(transport_, server, question);
    }
    if (response.status != 200 || role.empty())
        throw Error(ErrorCategory::Unavailable, "InstanceCredentialsFailed",
                    "the instance metadata service answered with status " +
                        std::to_string(response.status) + "; look at the instance's role");
    const Json document = parse_json(response.body, "the instance's credentials");
    if (const auto code = find_string(document, "Code"); code && *code != "Success")
        throw Error(ErrorCategory::Unavailable, "InstanceCredentialsFailed",
                    "the instance metadata service says '" + *code +
                        "' of the role's credentials; look at the instance profile");
    return read_credentials(document, "Token");
}

}  // namespace lifeboat::cloud

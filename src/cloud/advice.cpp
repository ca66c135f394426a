#include "cloud/advice.h"

namespace lifeboat::cloud {
namespace {

struct Line {
    std::string_view code;  // or a part of it
    std::string_view text;  // "{}" is the action
};

// The first that fits.
constexpr Line kLines[] = {
    {"ExpiredToken", "the session is over: get new temporary credentials"},
    {"RequestExpired", "set this machine's clock"},
    {"RequestTimeTooSkewed", "set this machine's clock"},
    {"SignatureDoesNotMatch", "look at the secret key, and at this machine's clock"},
    {"InvalidSignature", "look at the secret key, and at this machine's clock"},
    {"UnrecognizedClient", "look at the access key id, and whether the account has this Region"},
    {"InvalidClientTokenId", "look at the access key id, and whether the account has this Region"},
    {"InvalidAccessKeyId", "look at the access key id, and at the endpoint"},
    {"AuthFailure", "look at the access key, and at this machine's clock"},
    {"OptInRequired", "sign the account up for the service in this Region"},
    {"AccessDenied", "let the caller's policies allow {}"},
    {"UnauthorizedOperation", "let the caller's policies allow {}"},
    {"Unauthorized", "let the caller's policies allow {}"},
    {"ConnectionFailed", "look at the network, the Region's name, the proxy and AWS_ENDPOINT_URL"},
    {"CertificateNotTrusted", "name the authority in AWS_CA_BUNDLE if it is a proxy of your own"},
    {"Timeout", "the call may have had its effect: look before it is repeated"},
    {"ConnectionBroken", "the call may have had its effect: look before it is repeated"},
};

}  // namespace

std::string advice(const Error& error, std::string_view service, std::string_view operation) {
    for (const Line& line : kLines) {
        if (error.code().find(line.code) == std::string::npos) continue;
        std::string text(line.text);
        if (const auto place = text.find("{}"); place != std::string::npos)
            text.replace(place, 2, std::string(service) + ":" + std::string(operation));
        return text;
    }
    if (error.category() == ErrorCategory::Throttled)
        return "call less often, or have the quota of " + std::string(service) + " raised";
    if (error.category() == ErrorCategory::Unavailable)
        return "try again later; AWS's health page says whether it is known";
    return "";
}

}  // namespace lifeboat::cloud

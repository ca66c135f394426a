#include "cloud/codec.h"

#include <algorithm>

#include "cloud/json_codec.h"
#include "cloud/query_codec.h"
#include "cloud/rest_xml_codec.h"

namespace lifeboat::cloud {
namespace {

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

// Codes that mean "more slowly", from the SDKs' standard retry mode.
constexpr std::string_view kThrottles[] = {"BandwidthLimitExceeded",
                                           "EC2ThrottledException",
                                           "PriorRequestNotComplete",
                                           "ProvisionedThroughputExceededException",
                                           "RequestLimitExceeded",
                                           "RequestThrottled",
                                           "RequestThrottledException",
                                           "SlowDown",
                                           "ThrottledException",
                                           "Throttling",
                                           "ThrottlingException",
                                           "TooManyRequestsException",
                                           "TransactionInProgressException"};
constexpr std::string_view kTransient[] = {"InternalError", "RequestTimeout",
                                           "RequestTimeoutException", "IDPCommunicationError"};
constexpr std::string_view kNotFound[] = {"NotFound", "DoesNotExist", "NoSuch", "NonExistent"};
constexpr std::string_view kExists[] = {"AlreadyExists", "ResourceInUse", "Duplicate",
                                        "QueueNameExists"};
constexpr std::string_view kDenied[] = {"AccessDenied",     "UnrecognizedClient", "Signature",
                                        "InvalidClientTok", "AuthFailure",        "ExpiredToken",
                                        "Unauthorized",     "MissingAuthentic",   "OptInRequired"};
constexpr std::string_view kUnsupported[] = {"UnknownOperation", "InvalidAction",
                                             "UnsupportedOperation"};

template <typename Codes>
bool any_in(std::string_view code, const Codes& parts) {
    return std::any_of(std::begin(parts), std::end(parts),
                       [&](std::string_view part) { return contains(code, part); });
}

template <typename Codes>
bool is_one_of(std::string_view code, const Codes& codes) {
    return std::find(std::begin(codes), std::end(codes), code) != std::end(codes);
}

}  // namespace

const Codec& codec(Protocol protocol) {
    static const JsonRpcCodec json_1_0("application/x-amz-json-1.0");
    static const JsonRpcCodec json_1_1("application/x-amz-json-1.1");
    static const RestJsonCodec rest_json;
    static const RestXmlCodec rest_xml;
    static const QueryCodec query(QueryCodec::Kind::Query);
    static const QueryCodec ec2(QueryCodec::Kind::Ec2);
    switch (protocol) {
        case Protocol::Json10:
            return json_1_0;
        case Protocol::Json11:
            return json_1_1;
        case Protocol::RestJson:
            return rest_json;
        case Protocol::Query:
            return query;
        case Protocol::Ec2:
            return ec2;
        case Protocol::RestXml:
            return rest_xml;
    }
    throw Error(ErrorCategory::Internal, "UnknownProtocol", "a model has no known protocol");
}

ErrorCategory error_category(std::string_view code, int http_status) {
    if (is_one_of(code, kThrottles) || http_status == 429) return ErrorCategory::Throttled;
    if (is_one_of(code, kTransient) || http_status >= 500) return ErrorCategory::Unavailable;
    if (any_in(code, kUnsupported)) return ErrorCategory::Unsupported;
    if (any_in(code, kDenied)) return ErrorCategory::PermissionDenied;
    if (any_in(code, kNotFound)) return ErrorCategory::NotFound;
    if (any_in(code, kExists)) return ErrorCategory::AlreadyExists;
    if (http_status == 401 || http_status == 403) return ErrorCategory::PermissionDenied;
    if (http_status == 404) return ErrorCategory::NotFound;
    return ErrorCategory::InvalidInput;
}

std::string request_id_of(const HttpResponse& response) {
    for (const char* name : {"x-amzn-RequestId", "x-amz-request-id", "x-amz-id-2"})
        if (const std::string* id = response.headers.find(name)) return *id;
    return "";
}

}  // namespace lifeboat::cloud

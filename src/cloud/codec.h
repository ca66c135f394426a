// Wire protocols: how an operation's members become an HTTP request or answer, and back.
//
// All of them read the service's model. A client encodes requests and decodes answers; the local
// endpoint does the reverse; both use the same codec, so what one writes the other reads.
//
// Values are in the form of Cloud::call: timestamps are epoch seconds, blobs base64 text, absent
// members left out. Null members count as absent. Double members may be the texts "NaN", "Infinity"
// and "-Infinity".
//
//   json-1.0, json-1.1   POST /, X-Amz-Target names the operation
//   rest-json            method and path name it; members travel in path, query, headers and body
//   rest-xml             as rest-json, and what is not bound elsewhere is XML
//   query, ec2           a form with Action and Version; XML comes back
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json_fwd.h"
#include "cloud/http_message.h"
#include "cloud/model.h"

namespace lifeboat::cloud {

class Codec {
  public:
    virtual ~Codec() = default;

    // Host, signature and length are left to others.
    virtual HttpRequest encode_request(const ServiceModel& service, const OperationModel& operation,
                                       Json request) const = 0;
    // Throws Error{InvalidInput, "SerializationException"} for what is not of this protocol. Values
    // of a wrong type may come through as they are: validate() names them better.
    virtual Json decode_request(const ServiceModel& service, const OperationModel& operation,
                                const HttpRequest& request) const = 0;

    virtual HttpResponse encode_response(const ServiceModel& service,
                                         const OperationModel& operation, Json response,
                                         std::string_view request_id) const = 0;
    // Throws Error{Unavailable, "InvalidResponse"} for an answer that is not of this protocol.
    virtual Json decode_response(const ServiceModel& service, const OperationModel& operation,
                                 const HttpResponse& response) const = 0;

    // `service` is null when the request did not get so far as to name one.
    virtual HttpResponse encode_error(const ServiceModel* service, const Error& error,
                                      std::string_view request_id) const = 0;
    // Of an answer whose status is not 2xx. Never throws: an unreadable answer becomes an Error
    // with a code made from the status.
    virtual Error decode_error(const ServiceModel& service, const HttpResponse& response) const = 0;
};

const Codec& codec(Protocol protocol);

// Which operation of a REST service a method and path (still encoded) mean; null: none. Where
// several have the same method and path (S3), the parameters and headers they require decide.
const OperationModel* match_operation(const ServiceModel& service, std::string_view method,
                                      std::string_view target, const HttpHeaders& headers = {});

// The category of an error that came over the wire.
ErrorCategory error_category(std::string_view code, int http_status);

// Carry CallOptions. Our own endpoint honours them, AWS passes over them.
inline constexpr const char* kCallTokenHeader = "X-Lifeboat-Call-Token";
inline constexpr const char* kForwardsHeader = "X-Lifeboat-Forwards";

// The request id a service put into an answer's headers; empty when there is none.
std::string request_id_of(const HttpResponse& response);

}  // namespace lifeboat::cloud

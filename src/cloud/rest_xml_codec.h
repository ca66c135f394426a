// The rest-xml protocol: method and path name the operation, members travel in path, query and
// headers, and what is not bound elsewhere is an XML document. S3 speaks it, with customs of its
// own that its model states: errors that stand alone in their document, a namespace, an answer that
// is one bare element.
#pragma once

#include "cloud/codec.h"

namespace lifeboat::cloud {

class RestXmlCodec final : public Codec {
  public:
    HttpRequest encode_request(const ServiceModel& service, const OperationModel& operation,
                               Json request) const override;
    Json decode_request(const ServiceModel& service, const OperationModel& operation,
                        const HttpRequest& request) const override;
    // 206 instead of 200 when the answer says Content-Range.
    HttpResponse encode_response(const ServiceModel& service, const OperationModel& operation,
                                 Json response, std::string_view request_id) const override;
    // An answer may be an error although its status says 200 (S3's long copies): that is thrown.
    Json decode_response(const ServiceModel& service, const OperationModel& operation,
                         const HttpResponse& response) const override;
    HttpResponse encode_error(const ServiceModel* service, const Error& error,
                              std::string_view request_id) const override;
    // An answer to HEAD has no body: its code is made from the status ("NotFound", ...).
    Error decode_error(const ServiceModel& service, const HttpResponse& response) const override;
};

}  // namespace lifeboat::cloud

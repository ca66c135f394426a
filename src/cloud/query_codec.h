// The query and ec2 protocols: a form goes out, XML comes back.
#pragma once

#include "cloud/codec.h"

namespace lifeboat::cloud {

// A query-compatible JSON service (SQS) answers this protocol too, to clients that predate its
// JSON: then names are the model's query names and error codes its wire codes.
class QueryCodec final : public Codec {
  public:
    enum class Kind { Query, Ec2 };
    explicit QueryCodec(Kind kind) : kind_(kind) {}

    HttpRequest encode_request(const ServiceModel& service, const OperationModel& operation,
                               Json request) const override;
    Json decode_request(const ServiceModel& service, const OperationModel& operation,
                        const HttpRequest& request) const override;
    HttpResponse encode_response(const ServiceModel& service, const OperationModel& operation,
                                 Json response, std::string_view request_id) const override;
    Json decode_response(const ServiceModel& service, const OperationModel& operation,
                         const HttpResponse& response) const override;
    HttpResponse encode_error(const ServiceModel* service, const Error& error,
                              std::string_view request_id) const override;
    Error decode_error(const ServiceModel& service, const HttpResponse& response) const override;

  private:
    Kind kind_;
};

// The form of a request, from its query and its body.
QueryParameters form_parameters(const HttpRequest& request);

}  // namespace lifeboat::cloud

// What the JSON protocols have in common: bodies, and how errors travel.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json_fwd.h"
#include "cloud/codec.h"

namespace lifeboat::cloud {

class JsonCodec : public Codec {
  public:
    HttpResponse encode_error(const ServiceModel* service, const Error& error,
                              std::string_view request_id) const override;
    Error decode_error(const ServiceModel& service, const HttpResponse& response) const override;

  protected:
    virtual std::string_view content_type() const = 0;
    // Where an error's code travels, besides the body.
    virtual bool error_type_header() const = 0;
};

// POST / with X-Amz-Target.
class JsonRpcCodec final : public JsonCodec {
  public:
    explicit JsonRpcCodec(std::string_view content_type) : content_type_(content_type) {}

    HttpRequest encode_request(const ServiceModel& service, const OperationModel& operation,
                               Json request) const override;
    Json decode_request(const ServiceModel& service, const OperationModel& operation,
                        const HttpRequest& request) const override;
    HttpResponse encode_response(const ServiceModel& service, const OperationModel& operation,
                                 Json response, std::string_view request_id) const override;
    Json decode_response(const ServiceModel& service, const OperationModel& operation,
                         const HttpResponse& response) const override;

  protected:
    std::string_view content_type() const override { return content_type_; }
    bool error_type_header() const override { return false; }

  private:
    std::string content_type_;
};

class RestJsonCodec final : public JsonCodec {
  public:
    HttpRequest encode_request(const ServiceModel& service, const OperationModel& operation,
                               Json request) const override;
    Json decode_request(const ServiceModel& service, const OperationModel& operation,
                        const HttpRequest& request) const override;
    HttpResponse encode_response(const ServiceModel& service, const OperationModel& operation,
                                 Json response, std::string_view request_id) const override;
    Json decode_response(const ServiceModel& service, const OperationModel& operation,
                         const HttpResponse& response) const override;

  protected:
    std::string_view content_type() const override { return "application/json"; }
    bool error_type_header() const override { return true; }
};

// An answer that is not what the protocol promises.
Error invalid_response(const ServiceModel& service, const OperationModel& operation,
                       const HttpResponse& response, const std::string& problem);

// The status an error travels with.
int error_status(const ServiceModel* service, const Error& error, int permission_denied);

}  // namespace lifeboat::cloud

#include "cloud/json_codec.h"

#include <boost/crc.hpp>

#include "base/json.h"
#include "cloud/json_form.h"

namespace lifeboat::cloud {
namespace {

// "com.amazonaws.sqs#QueueDoesNotExist:http://..." -> "QueueDoesNotExist"
std::string bare_code(std::string code) {
    if (const auto hash = code.find('#'); hash != std::string::npos) code.erase(0, hash + 1);
    if (const auto colon = code.find(':'); colon != std::string::npos) code.resize(colon);
    return code;
}

// The code the query protocol of an older day had for an error every service shares.
std::string_view legacy_code(std::string_view code) {
    if (code == "UnrecognizedClientException") return "InvalidClientTokenId";
    if (code == "InvalidSignatureException") return "SignatureDoesNotMatch";
    if (code == "MissingAuthenticationTokenException") return "MissingAuthenticationToken";
    if (code == "IncompleteSignatureException") return "IncompleteSignature";
    return code;
}

std::string checksum_of(const std::string& body) {
    boost::crc_32_type crc;
    crc.process_bytes(body.data(), body.size());
    return std::to_string(crc.checksum());
}

// DynamoDB's clients check their answers with it.
void add_checksum(const ServiceModel& service, HttpResponse& response) {
    if (service.signing_name() == "dynamodb")
        response.headers.add("X-Amz-Crc32", checksum_of(response.body));
}

}  // namespace

Error invalid_response(const ServiceModel& service, const OperationModel& operation,
                       const HttpResponse& response, const std::string& problem) {
    return Error(ErrorCategory::Unavailable, "InvalidResponse",
                 "the answer of " + service.name() + ":" + operation.name + " (HTTP " +
                     std::to_string(response.status) + ") cannot be read: " + problem);
}

int error_status(const ServiceModel* service, const Error& error, int permission_denied) {
    if (service != nullptr) {
        const int modelled = service->error(error.code()).http_code;
        if (modelled != 400) return modelled;
    }
    switch (error.category()) {
        case ErrorCategory::Internal:
        case ErrorCategory::Corruption:
        case ErrorCategory::NoSpace:
            return 500;
        case ErrorCategory::Unavailable:
            return 503;
        case ErrorCategory::PermissionDenied:
            return permission_denied;
        default:
            return 400;
    }
}

HttpResponse JsonCodec::encode_error(const ServiceModel* service, const Error& error,
                                     std::string_view request_id) const {
    const bool compatible = service != nullptr && service->query_compatible();
    std::string code = error.code();
    if (service != nullptr && !compatible && !service->error(code).wire_code.empty())
        code = service->error(code).wire_code;

    HttpResponse response;
    response.status = error_status(service, error, error_type_header() ? 403 : 400);
    response.headers.add("Content-Type", content_type());
    response.headers.add("x-amzn-RequestId", request_id);
    Json body = error.members();
    body["message"] = error.message();
    if (error_type_header()) {
        response.headers.add("x-amzn-errortype", code);
        // Services differ in the member's case, and clients go by their service's.
        body["Message"] = error.message();
    } else {
        body["__type"] = code;
    }
    if (compatible) {
        const ErrorModel& model = service->error(code);
        const std::string legacy =
            model.wire_code.empty() ? std::string(legacy_code(code)) : model.wire_code;
        response.headers.add("x-amzn-query-error",
                             legacy + (model.sender_fault ? ";Sender" : ";Receiver"));
    }
    response.body = to_text(body);
    if (service != nullptr) add_checksum(*service, response);
    return response;
}

Error JsonCodec::decode_error(const ServiceModel& service, const HttpResponse& response) const {
    Json body = Json::object();
    try {
        if (!response.body.empty()) body = parse_json(response.body, "the error");
    } catch (const Error&) {
        body = Json::object();  // a proxy's page, a cut answer: the status still says something
    }
    std::string code = response.headers.get("x-amzn-errortype");
    for (const char* member : {"__type", "code", "Code"})
        if (code.empty()) code = find_string(body, member).value_or("");
    code = bare_code(code);
    if (code.empty()) code = "HTTP" + std::to_string(response.status);
    code = service.error_code(code);
    std::string message;
    for (const char* member : {"message", "Message", "errorMessage"})
        if (message.empty()) message = find_string(body, member).value_or("");
    if (message.empty())
        message = service.name() + " answered HTTP " + std::to_string(response.status);
    if (!body.is_object()) body = Json::object();
    for (const char* member : {"__type", "code", "Code", "message", "Message"})
        body.erase(member);
    return Error(error_category(code, response.status), code, message, std::move(body));
}

HttpRequest JsonRpcCodec::encode_request(const ServiceModel& service,
                                         const OperationModel& operation, Json request) const {
    to_json_form(*operation.input, request);
    HttpRequest out;
    out.headers.add("Content-Type", content_type_);
    out.headers.add("X-Amz-Target", service.target_prefix() + "." + operation.name);
    if (service.query_compatible()) out.headers.add("x-amzn-query-mode", "true");
    out.body = request.is_null() ? "{}" : to_text(request);
    return out;
}

Json JsonRpcCodec::decode_request(const ServiceModel&, const OperationModel& operation,
                                  const HttpRequest& request) const {
    if (request.body.empty()) return Json::object();
    Json body = parse_json(request.body, "the request");
    if (!body.is_object())
        throw Error(ErrorCategory::InvalidInput, "SerializationException",
                    "the request must be a JSON object");
    from_json_form(*operation.input, body);
    return body;
}

HttpResponse JsonRpcCodec::encode_response(const ServiceModel& service,
                                           const OperationModel& operation, Json response,
                                           std::string_view request_id) const {
    to_json_form(*operation.output, response);
    HttpResponse out;
    out.headers.add("Content-Type", content_type_);
    out.headers.add("x-amzn-RequestId", request_id);
    // Operations that answer nothing have an empty body on AWS, not an empty object.
    if (!operation.output->members.empty() || !response.empty()) out.body = to_text(response);
    add_checksum(service, out);
    return out;
}

Json JsonRpcCodec::decode_response(const ServiceModel& service, const OperationModel& operation,
                                   const HttpResponse& response) const {
    if (const std::string* checksum = response.headers.find("x-amz-crc32"))
        if (*checksum != checksum_of(response.body))
            throw invalid_response(service, operation, response, "its checksum does not match");
    if (response.body.empty()) return Json::object();
    try {
        Json body = parse_json(response.body, "the answer");
        if (!body.is_object()) throw invalid_response(service, operation, response, "no object");
        from_json_form(*operation.output, body);
        drop_unknown_members(*operation.output, body);
        return body;
    } catch (const Error& e) {
        if (e.code() == "InvalidResponse") throw;
        throw invalid_response(service, operation, response, e.message());
    }
}

}  // namespace lifeboat::cloud

#include "cloud/query_codec.h"

#include <pugixml.hpp>

#include "base/json.h"
#include "cloud/json_codec.h"
#include "cloud/query_form.h"
#include "cloud/xml_form.h"

namespace lifeboat::cloud {
namespace {

QueryDialect dialect(QueryCodec::Kind kind, const ServiceModel& service) {
    if (kind == QueryCodec::Kind::Ec2) return QueryDialect::Ec2;
    return service.query_compatible() ? QueryDialect::Legacy : QueryDialect::Query;
}

XmlRules xml_rules(QueryCodec::Kind kind, const ServiceModel& service) {
    XmlRules rules;
    if (kind == QueryCodec::Kind::Ec2) rules.element = "item";
    rules.legacy = kind == QueryCodec::Kind::Query && service.query_compatible();
    return rules;
}

std::string xml_namespace(QueryCodec::Kind kind, const ServiceModel& service) {
    if (kind == QueryCodec::Kind::Ec2)
        return "http://ec2.amazonaws.com/doc/" + service.api_version() + "/";
    if (service.query_compatible())
        return "http://queue.amazonaws.com/doc/" + service.api_version() + "/";
    return "https://" + service.endpoint_prefix() + ".amazonaws.com/doc/" + service.api_version() +
           "/";
}

// What the query protocols call errors that every service shares.
struct SharedError {
    std::string_view code;
    std::string_view query;
    std::string_view ec2;
    int query_status;
    int ec2_status;
};
constexpr SharedError kSharedErrors[] = {
    {"UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure", 403, 401},
    {"InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure", 403, 401},
    {"MissingAuthenticationTokenException", "MissingAuthenticationToken", "AuthFailure", 403, 401},
    {"IncompleteSignatureException", "IncompleteSignature", "IncompleteSignature", 400, 400},
    {"AccessDeniedException", "AccessDenied", "UnauthorizedOperation", 403, 403},
    {"ThrottlingException", "Throttling", "RequestLimitExceeded", 400, 503},
    {"ValidationException", "ValidationError", "InvalidParameterValue", 400, 400},
};

void add_text(pugi::xml_node parent, const char* name, const std::string& text) {
    parent.append_child(name).text().set(text.c_str());
}

}  // namespace

QueryParameters form_parameters(const HttpRequest& request) {
    QueryParameters parameters = parse_query(query_of(request.target), Plus::Space);
    QueryParameters body = parse_query(request.body, Plus::Space);
    parameters.insert(parameters.end(), std::make_move_iterator(body.begin()),
                      std::make_move_iterator(body.end()));
    return parameters;
}

HttpRequest QueryCodec::encode_request(const ServiceModel& service, const OperationModel& operation,
                                       Json request) const {
    QueryParameters parameters = {{"Action", operation.name}, {"Version", service.api_version()}};
    QueryParameters members = query_form(*operation.input, request, dialect(kind_, service));
    parameters.insert(parameters.end(), std::make_move_iterator(members.begin()),
                      std::make_move_iterator(members.end()));
    HttpRequest out;
    out.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    out.body = form_text(parameters);
    return out;
}

Json QueryCodec::decode_request(const ServiceModel& service, const OperationModel& operation,
                                const HttpRequest& request) const {
    return read_query_form(*operation.input, form_parameters(request), dialect(kind_, service));
}

HttpResponse QueryCodec::encode_response(const ServiceModel& service,
                                         const OperationModel& operation, Json response,
                                         std::string_view request_id) const {
    pugi::xml_document document;
    pugi::xml_node root = document.append_child((operation.name + "Response").c_str());
    root.append_attribute("xmlns").set_value(xml_namespace(kind_, service).c_str());
    const XmlRules rules = xml_rules(kind_, service);
    if (kind_ == Kind::Ec2) {
        add_text(root, "requestId", std::string(request_id));
        write_xml_members(*operation.output, response, rules, root);
    } else {
        if (!operation.output->members.empty()) {
            pugi::xml_node result = root.append_child((operation.name + "Result").c_str());
            write_xml_members(*operation.output, response, rules, result);
        }
        add_text(root.append_child("ResponseMetadata"), "RequestId", std::string(request_id));
    }
    HttpResponse out;
    out.headers.add("Content-Type", "text/xml;charset=UTF-8");
    out.headers.add("x-amzn-RequestId", request_id);
    out.body = xml_text(document);
    return out;
}

Json QueryCodec::decode_response(const ServiceModel& service, const OperationModel& operation,
                                 const HttpResponse& response) const {
    if (operation.output->members.empty() || response.body.empty()) return Json::object();
    pugi::xml_document document;
    const auto outcome = document.load_buffer(response.body.data(), response.body.size());
    if (!outcome) throw invalid_response(service, operation, response, outcome.description());
    pugi::xml_node root = document.document_element();
    if (kind_ == Kind::Query)
        if (const pugi::xml_node result = xml_child(root, operation.name + "Result")) root = result;
    return read_xml_members(*operation.output, root, xml_rules(kind_, service));
}

HttpResponse QueryCodec::encode_error(const ServiceModel* service, const Error& error,
                                      std::string_view request_id) const {
    std::string code = error.code();
    std::string message = error.message();
    int status = error_status(service, error, 403);
    const SharedError* shared = nullptr;
    for (const SharedError& one : kSharedErrors)
        if (one.code == code) shared = &one;
    const ErrorModel model = service != nullptr ? service->error(code) : ErrorModel{};
    if (!model.wire_code.empty() && model.wire_code != code) {
        code = model.wire_code;
    } else if (shared != nullptr) {
        code = kind_ == Kind::Ec2 ? shared->ec2 : shared->query;
        status = kind_ == Kind::Ec2 ? shared->ec2_status : shared->query_status;
        if (code == "AuthFailure")
            message = "AWS was not able to validate the provided access credentials: " + message;
    }

    pugi::xml_document document;
    const std::string id(request_id);
    if (kind_ == Kind::Ec2) {
        pugi::xml_node root = document.append_child("Response");
        pugi::xml_node inside = root.append_child("Errors").append_child("Error");
        add_text(inside, "Code", code);
        add_text(inside, "Message", message);
        add_text(root, "RequestID", id);
    } else {
        pugi::xml_node root = document.append_child("ErrorResponse");
        pugi::xml_node inside = root.append_child("Error");
        add_text(inside, "Type", status < 500 ? "Sender" : "Receiver");
        add_text(inside, "Code", code);
        add_text(inside, "Message", message);
        add_text(root, "RequestId", id);
    }
    HttpResponse response;
    response.status = status;
    response.headers.add("Content-Type", "text/xml;charset=UTF-8");
    response.headers.add("x-amzn-RequestId", request_id);
    response.body = xml_text(document);
    return response;
}

Error QueryCodec::decode_error(const ServiceModel& service, const HttpResponse& response) const {
    pugi::xml_document document;
    // What cannot be parsed leaves the document empty; the status still says something.
    document.load_buffer(response.body.data(), response.body.size());
    const pugi::xml_node root = document.document_element();
    pugi::xml_node error = xml_child(root, "Error");
    if (!error) error = xml_child(xml_child(root, "Errors"), "Error");
    std::string code = xml_child(error, "Code").text().get();
    std::string message = xml_child(error, "Message").text().get();
    if (code.empty()) code = "HTTP" + std::to_string(response.status);
    code = service.error_code(code);
    if (message.empty())
        message = service.name() + " answered HTTP " + std::to_string(response.status);
    return Error(error_category(code, response.status), code, message);
}

}  // namespace lifeboat::cloud

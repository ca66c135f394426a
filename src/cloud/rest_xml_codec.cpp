#include "cloud/rest_xml_codec.h"

#include <pugixml.hpp>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/json.h"
#include "cloud/json_codec.h"
#include "cloud/rest_binding.h"
#include "cloud/wire_text.h"
#include "cloud/xml_form.h"

namespace lifeboat::cloud {
namespace {

// White space alone may be a value.
constexpr unsigned kParsing = pugi::parse_default | pugi::parse_ws_pcdata_single;

struct Body {
    std::string text;
    std::string content_type;  // empty: no body
};

bool is_absent(const Json* value) {
    return value == nullptr || value->is_null();
}

bool has_members_to_write(const Shape& shape, const Json& value) {
    for (const Member& member : shape.members)
        if (member.location == Location::Body && !is_absent(find(value, member.name))) return true;
    return false;
}

std::string document_name(const Shape& shape) {
    return shape.xml_name.empty() ? shape.name : shape.xml_name;
}

Body document_of(const ServiceModel& service, const Shape& shape, const Json& value,
                 const std::string& name) {
    pugi::xml_document document;
    pugi::xml_node root = document.append_child(name.c_str());
    declare_namespace(root, shape.xmlns.empty() ? service.xmlns() : shape.xmlns);
    write_xml_members(shape, value, {}, root);
    return {xml_text(document), "application/xml"};
}

Body payload_of(const ServiceModel& service, const Member& member, const Json& value) {
    const Json* payload = find(value, member.name);
    if (is_absent(payload)) return {};
    if (is_raw(member))
        return {raw_payload(member, *payload), std::string(raw_content_type(member))};
    return document_of(
        service, *member.shape, *payload,
        member.location_name != member.name ? member.location_name : document_name(*member.shape));
}

Body bare_document(const ServiceModel& service, const Shape& shape, const Json& value) {
    pugi::xml_document document;
    const Member& member = shape.members.front();
    pugi::xml_node root = document.append_child(member.location_name.c_str());
    declare_namespace(root, service.xmlns());
    if (const Json* found = find(value, member.name); !is_absent(found))
        root.text().set(scalar_text(*member.shape, *found, TimestampFormat::Iso8601).c_str());
    return {xml_text(document), "application/xml"};
}

enum class Side { Request, Response };

Body body_of(const ServiceModel& service, const Shape& shape, const Json& value, Side side) {
    if (const Member* payload = payload_member(shape)) return payload_of(service, *payload, value);
    if (!has_body_members(shape)) return {};
    // A client sends no empty document; an answer is one even when nothing is in it.
    if (side == Side::Request && !has_members_to_write(shape, value)) return {};
    return document_of(service, shape, body_members(shape, value), document_name(shape));
}

pugi::xml_node parsed(pugi::xml_document& document, const std::string& body) {
    const auto outcome = document.load_buffer(body.data(), body.size(), kParsing);
    if (!outcome)
        throw Error(ErrorCategory::InvalidInput, "SerializationException",
                    std::string("the body is not XML: ") + outcome.description());
    return document.document_element();
}

// `value` receives the members that travel in the body.
void read_body(const Shape& shape, const std::string& body, Json& value) {
    const Member* payload = payload_member(shape);
    if (body.empty() || (payload == nullptr && !has_body_members(shape))) return;
    if (payload != nullptr && is_raw(*payload)) {
        value[payload->name] = raw_payload_value(*payload, body);
        return;
    }
    pugi::xml_document document;
    const pugi::xml_node root = parsed(document, body);
    if (payload != nullptr) {
        value[payload->name] = read_xml_members(*payload->shape, root, {});
        return;
    }
    // What travels elsewhere cannot be given in the body.
    value.update(body_members(shape, read_xml_members(shape, root, {})));
}

// What S3 calls errors that every service shares.
struct SharedError {
    std::string_view code;
    std::string_view own;
    int status;
};
constexpr SharedError kSharedErrors[] = {
    {"UnrecognizedClientException", "InvalidAccessKeyId", 403},
    {"InvalidSignatureException", "SignatureDoesNotMatch", 403},
    {"MissingAuthenticationTokenException", "AccessDenied", 403},
    {"IncompleteSignatureException", "AuthorizationHeaderMalformed", 400},
    {"AccessDeniedException", "AccessDenied", 403},
    {"AccessDenied", "AccessDenied", 403},
    {"ThrottlingException", "SlowDown", 503},
    {"ValidationException", "InvalidRequest", 400},
    {"SerializationException", "MalformedXML", 400},
    {"UnknownOperationException", "NotImplemented", 501},
    {"InternalFailure", "InternalError", 500},
};

// HEAD has no body to say more in.
std::string code_of_status(int status) {
    switch (status) {
        case 304:
            return "NotModified";
        case 400:
            return "BadRequest";
        case 403:
            return "Forbidden";
        case 404:
            return "NotFound";
        case 405:
            return "MethodNotAllowed";
        case 412:
            return "PreconditionFailed";
        case 416:
            return "InvalidRange";
        case 503:
            return "SlowDown";
        default:
            return "HTTP" + std::to_string(status);
    }
}

pugi::xml_node error_element(const pugi::xml_document& document) {
    const pugi::xml_node root = document.document_element();
    if (std::string_view(root.name()) == "Error") return root;
    return xml_child(root, "Error");
}

void add_text(pugi::xml_node& parent, const std::string& name, const std::string& text) {
    parent.append_child(name.c_str()).text().set(text.c_str());
}

}  // namespace

HttpRequest RestXmlCodec::encode_request(const ServiceModel& service,
                                         const OperationModel& operation, Json request) const {
    if (request.is_null()) request = Json::object();
    HttpRequest out;
    out.method = operation.method;
    out.target = rest_target(operation, request);
    put_header_members(*operation.input, request, out.headers);
    Body body = body_of(service, *operation.input, request, Side::Request);
    if (!body.content_type.empty() && out.headers.find("Content-Type") == nullptr)
        out.headers.add("Content-Type", body.content_type);
    out.body = std::move(body.text);
    if (operation.checksum_required && out.headers.find("Content-MD5") == nullptr)
        out.headers.add("Content-MD5", base64_encode(md5(out.body)));
    return out;
}

Json RestXmlCodec::decode_request(const ServiceModel&, const OperationModel& operation,
                                  const HttpRequest& request) const {
    Json value = Json::object();
    read_body(*operation.input, request.body, value);
    read_header_members(*operation.input, request.headers, value);
    read_target_members(operation, request.target, value);
    return value;
}

HttpResponse RestXmlCodec::encode_response(const ServiceModel& service,
                                           const OperationModel& operation, Json response,
                                           std::string_view request_id) const {
    if (response.is_null()) response = Json::object();
    const Shape& shape = *operation.output;
    HttpResponse out;
    out.status = operation.http_code;
    for (const Member& member : shape.members)
        if (member.location == Location::Status)
            if (const auto status = find_integer(response, member.name))
                out.status = static_cast<int>(*status);
    out.headers.add("x-amz-request-id", request_id);
    put_header_members(shape, response, out.headers);
    if (out.status == 200 && out.headers.find("Content-Range") != nullptr) out.status = 206;
    if (operation.method == "HEAD" || out.status == 204) return out;
    Body body = operation.unwrapped_output ? bare_document(service, shape, response)
                                           : body_of(service, shape, response, Side::Response);
    if (!body.content_type.empty() && out.headers.find("Content-Type") == nullptr)
        out.headers.add("Content-Type", body.content_type);
    out.body = std::move(body.text);
    return out;
}

Json RestXmlCodec::decode_response(const ServiceModel& service, const OperationModel& operation,
                                   const HttpResponse& response) const {
    const Shape& shape = *operation.output;
    Json value = Json::object();
    const Member* payload = payload_member(shape);
    if (payload == nullptr || !is_raw(*payload)) {
        pugi::xml_document document;
        if (document.load_buffer(response.body.data(), response.body.size(), kParsing) &&
            std::string_view(document.document_element().name()) == "Error")
            throw decode_error(service, response);
        if (operation.unwrapped_output) {
            const Member& member = shape.members.front();
            const std::string text = document.document_element().text().get();
            if (!text.empty()) value[member.name] = scalar_from_text(*member.shape, text);
            return value;
        }
    }
    try {
        read_body(shape, response.body, value);
    } catch (const Error& e) {
        throw invalid_response(service, operation, response, e.message());
    }
    read_header_members(shape, response.headers, value);
    for (const Member& member : shape.members)
        if (member.location == Location::Status) value[member.name] = response.status;
    return value;
}

HttpResponse RestXmlCodec::encode_error(const ServiceModel* service, const Error& error,
                                        std::string_view request_id) const {
    std::string code = error.code();
    int status = error_status(service, error, 403);
    const ErrorModel model = service != nullptr ? service->error(code) : ErrorModel{};
    if (!model.wire_code.empty()) code = model.wire_code;
    for (const SharedError& shared : kSharedErrors)
        if (model.wire_code.empty() && shared.code == error.code()) {
            code = shared.own;
            status = shared.status;
        }
    pugi::xml_document document;
    const bool bare = service == nullptr || service->bare_errors();
    pugi::xml_node root = document.append_child(bare ? "Error" : "ErrorResponse");
    pugi::xml_node inside = bare ? root : root.append_child("Error");
    if (!bare) add_text(inside, "Type", status < 500 ? "Sender" : "Receiver");
    add_text(inside, "Code", code);
    add_text(inside, "Message", error.message());
    for (const auto& [name, value] : error.members().items())
        add_text(inside, name, value.is_string() ? value.get<std::string>() : to_text(value));
    add_text(root, "RequestId", std::string(request_id));
    HttpResponse response;
    response.status = status;
    response.headers.add("Content-Type", "application/xml");
    response.headers.add("x-amz-request-id", request_id);
    response.body = xml_text(document);
    return response;
}

Error RestXmlCodec::decode_error(const ServiceModel& service, const HttpResponse& response) const {
    pugi::xml_document document;
    // What cannot be parsed leaves the document empty; the status still says something.
    document.load_buffer(response.body.data(), response.body.size());
    const pugi::xml_node error = error_element(document);
    std::string code = xml_child(error, "Code").text().get();
    std::string message = xml_child(error, "Message").text().get();
    if (code.empty()) code = code_of_status(response.status);
    code = service.error_code(code);
    if (message.empty())
        message = service.name() + " answered HTTP " + std::to_string(response.status);
    Json members = Json::object();
    for (const pugi::xml_node& child : error.children()) {
        const std::string_view name = child.name();
        if (name != "Code" && name != "Message" && name != "Type" &&
            !child.first_child().first_child())
            members[std::string(name)] = child.text().get();
    }
    return Error(error_category(code, response.status), code, message, std::move(members));
}

}  // namespace lifeboat::cloud

#include "base/encoding.h"
#include "base/json.h"
#include "cloud/json_codec.h"
#include "cloud/json_form.h"
#include "cloud/rest_binding.h"

namespace lifeboat::cloud {
namespace {

struct Body {
    std::string text;
    std::string content_type;  // empty: no body
};

enum class Side { Request, Response };

Body encode_payload(const Member& member, const Json& value, Side side) {
    const Json* payload = find(value, member.name);
    const bool absent = payload == nullptr || payload->is_null();
    if (is_raw(member)) {
        if (absent) return {};
        return {raw_payload(member, *payload), std::string(raw_content_type(member))};
    }
    switch (member.shape->kind) {
        case ShapeKind::Structure:
            if (absent && side == Side::Request) return {"{}", "application/json"};
            if (absent) return {};
            break;
        default:
            if (absent) return {};
    }
    Json copy = *payload;
    to_json_form(*member.shape, copy);
    return {to_text(copy), "application/json"};
}

Body encode_body(const Shape& shape, Json value, Side side) {
    if (const Member* payload = payload_member(shape)) return encode_payload(*payload, value, side);
    if (!has_body_members(shape)) return {};
    Json members = body_members(shape, std::move(value));
    to_json_form(shape, members);
    return {to_text(members), "application/json"};
}

// `value` receives the members that travel in the body.
void decode_body(const Shape& shape, const std::string& body, const char* what, Json& value) {
    if (const Member* payload = payload_member(shape)) {
        if (body.empty()) return;
        if (is_raw(*payload)) {
            value[payload->name] = raw_payload_value(*payload, body);
        } else {
            Json parsed = parse_json(body, what);
            from_json_form(*payload->shape, parsed);
            value[payload->name] = std::move(parsed);
        }
        return;
    }
    if (body.empty() || !has_body_members(shape)) return;
    Json parsed = parse_json(body, what);
    if (!parsed.is_object())
        throw Error(ErrorCategory::InvalidInput, "SerializationException",
                    std::string(what) + " must be a JSON object");
    from_json_form(shape, parsed);
    // What travels elsewhere cannot be given in the body.
    parsed = body_members(shape, std::move(parsed));
    value.update(parsed);
}

}  // namespace

HttpRequest RestJsonCodec::encode_request(const ServiceModel&, const OperationModel& operation,
                                          Json request) const {
    if (request.is_null()) request = Json::object();
    HttpRequest out;
    out.method = operation.method;
    out.target = rest_target(operation, request);
    put_header_members(*operation.input, request, out.headers);
    Body body = encode_body(*operation.input, std::move(request), Side::Request);
    if (!body.content_type.empty() && out.headers.find("Content-Type") == nullptr)
        out.headers.add("Content-Type", body.content_type);
    out.body = std::move(body.text);
    return out;
}

Json RestJsonCodec::decode_request(const ServiceModel&, const OperationModel& operation,
                                   const HttpRequest& request) const {
    Json value = Json::object();
    decode_body(*operation.input, request.body, "the request", value);
    read_header_members(*operation.input, request.headers, value);
    read_target_members(operation, request.target, value);
    return value;
}

HttpResponse RestJsonCodec::encode_response(const ServiceModel&, const OperationModel& operation,
                                            Json response, std::string_view request_id) const {
    if (response.is_null()) response = Json::object();
    const Shape& shape = *operation.output;
    HttpResponse out;
    out.status = operation.http_code;
    for (const Member& member : shape.members)
        if (member.location == Location::Status)
            if (const auto status = find_integer(response, member.name))
                out.status = static_cast<int>(*status);
    out.headers.add("x-amzn-RequestId", request_id);
    put_header_members(shape, response, out.headers);
    Body body = encode_body(shape, std::move(response), Side::Response);
    if (out.status == 204 || out.status == 304) return out;
    if (out.headers.find("Content-Type") == nullptr)
        out.headers.add("Content-Type",
                        body.content_type.empty() ? "application/json" : body.content_type);
    out.body = std::move(body.text);
    return out;
}

Json RestJsonCodec::decode_response(const ServiceModel& service, const OperationModel& operation,
                                    const HttpResponse& response) const {
    const Shape& shape = *operation.output;
    Json value = Json::object();
    try {
        decode_body(shape, response.body, "the answer", value);
        drop_unknown_members(shape, value);
    } catch (const Error& e) {
        throw invalid_response(service, operation, response, e.message());
    }
    read_header_members(shape, response.headers, value);
    for (const Member& member : shape.members)
        if (member.location == Location::Status) value[member.name] = response.status;
    return value;
}

}  // namespace lifeboat::cloud

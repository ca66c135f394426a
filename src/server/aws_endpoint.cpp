#include "server/aws_endpoint.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "cloud/aws_chunked.h"
#include "cloud/codec.h"
#include "cloud/model.h"
#include "cloud/query_codec.h"

namespace lifeboat::server {
namespace {

using cloud::HttpRequest;
using cloud::HttpResponse;
using cloud::Protocol;
using cloud::ServiceModel;

bool is_json(Protocol protocol) {
    return protocol == Protocol::Json10 || protocol == Protocol::Json11;
}

bool is_rest(Protocol protocol) {
    return protocol == Protocol::RestJson || protocol == Protocol::RestXml;
}

bool is_form(const HttpRequest& request) {
    const std::string* type = request.headers.find("content-type");
    constexpr std::string_view kForm = "application/x-www-form-urlencoded";
    return type != nullptr &&
           cloud::equal_ignoring_case(std::string_view(*type).substr(0, kForm.size()), kForm);
}

std::string action_of(const HttpRequest& request) {
    for (auto& [name, value] : cloud::form_parameters(request))
        if (name == "Action") return std::move(value);
    return "";
}

// The protocol a request seems to be in, for answers before its service is known.
Protocol likely_protocol(const HttpRequest& request) {
    if (request.headers.find("x-amz-target") != nullptr) {
        const std::string type = request.headers.get("content-type");
        return type.find("json-1.0") != std::string::npos ? Protocol::Json10 : Protocol::Json11;
    }
    if (is_form(request) ||
        cloud::query_of(request.target).find("Action=") != std::string_view::npos)
        return Protocol::Query;
    return Protocol::RestJson;
}

// What is no number is none of ours.
int forwards_of(const HttpRequest& request) {
    const std::string text = request.headers.get(cloud::kForwardsHeader);
    int forwards = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), forwards);
    const bool is_number = problem == std::errc() && end == text.data() + text.size();
    return is_number ? std::max(forwards, 0) : 0;
}

Error unknown_operation(const std::string& what) {
    return Error(ErrorCategory::Unsupported, "UnknownOperationException", what);
}

}  // namespace

// What is known of a request while it is being answered.
struct AwsEndpoint::Call {
    std::string request_id;
    const ServiceModel* service = nullptr;
    const cloud::OperationModel* operation = nullptr;
    Protocol protocol = Protocol::RestJson;
    std::string signing_name;
};

AwsEndpoint::AwsEndpoint(Dispatch dispatch, IdentitySource identities, Metrics& metrics,
                         const Clock& clock, Random& random)
    : dispatch_(std::move(dispatch)),
      identities_(std::move(identities)),
      metrics_(metrics),
      clock_(clock),
      random_(random) {}

HttpResponse AwsEndpoint::answer(HttpRequest request, const Peer& peer) {
    const Time start = clock_.now();
    Call call;
    call.request_id = new_uuid(random_);
    call.protocol = likely_protocol(request);
    std::string code = "ok";
    HttpResponse response;
    try {
        response = carry_out(call, request, peer);
    } catch (const Error& error) {
        code = error.code();
        response = cloud::codec(call.protocol).encode_error(call.service, error, call.request_id);
    } catch (const std::exception& e) {
        code = "InternalFailure";
        log::error("a request failed in an unexpected way",
                   {{"request", call.request_id}, {"error", e.what()}});
        const Error error(ErrorCategory::Internal, code,
                          "The request failed in an unexpected way; the server's log says more.");
        response = cloud::codec(call.protocol).encode_error(call.service, error, call.request_id);
    }
    const std::string service = call.service != nullptr ? call.service->name() : "unknown";
    const std::string operation = call.operation != nullptr ? call.operation->name : "unknown";
    const Duration took = clock_.now() - start;
    metrics_.count_request(service, operation, code, took);
    log::debug("request", {{"service", service},
                           {"operation", operation},
                           {"code", code},
                           {"us", std::to_string(took.count())},
                           {"request", call.request_id},
                           {"from", peer.address}});
    return response;
}

// Finds service, protocol and operation. Several services may share a signing name; then the target
// prefix or the path decides.
void AwsEndpoint::recognise(Call& call, const HttpRequest& request) const {
    const std::string* target = request.headers.find("x-amz-target");
    const std::string prefix = target == nullptr ? "" : target->substr(0, target->rfind('.'));
    std::string name = target == nullptr ? "" : target->substr(target->rfind('.') + 1);
    bool known = false;
    for (const auto& [service_name, model] : cloud::service_models()) {
        if (model->signing_name() != call.signing_name) continue;
        known = true;
        if (is_json(model->protocol())) {
            if (target != nullptr && model->target_prefix() == prefix) call.service = model;
            if (target == nullptr && model->query_compatible()) {
                call.service = model;
                call.protocol = Protocol::Query;
            }
        } else if (is_rest(model->protocol())) {
            call.operation =
                cloud::match_operation(*model, request.method, request.target, request.headers);
            if (call.operation != nullptr || call.service == nullptr) call.service = model;
            if (call.operation != nullptr) break;
        } else {
            call.service = model;
        }
        if (call.service == model && target != nullptr) break;
    }
    if (call.service == nullptr) {
        if (known)
            throw unknown_operation("'" + (target != nullptr ? *target : request.target) +
                                    "' is no operation of the service '" + call.signing_name +
                                    "' here");
        throw Error(ErrorCategory::Unsupported, "UnknownServiceException",
                    "the service '" + call.signing_name + "' is not offered here");
    }
    const Protocol own = call.service->protocol();
    if (!(is_json(own) && call.protocol == Protocol::Query)) call.protocol = own;
    if (call.operation != nullptr) return;
    if (is_rest(own))
        throw unknown_operation(request.method + " " + std::string(cloud::path_of(request.target)) +
                                " is no operation of the service '" + call.service->name() +
                                "' here");
    if (!is_json(call.protocol)) name = action_of(request);
    call.operation = &call.service->operation(name);
}

local::Caller AwsEndpoint::verified(const cloud::SignatureClaim& claim, HttpRequest& request) {
    const auto identity = identities_(claim.access_key_id);
    if (!identity || claim.session_token != identity->credentials.session_token)
        throw Error(ErrorCategory::PermissionDenied, "UnrecognizedClientException",
                    "The security token included in the request is invalid.");
    cloud::verify(request, claim, identity->credentials, cloud::signing_rules(claim.service),
                  clock_.now(), keys_);
    if (cloud::is_chunked_payload(request))
        cloud::unwrap_chunks(request, claim, identity->credentials, keys_);
    return identity->caller;
}

HttpResponse AwsEndpoint::carry_out(Call& call, HttpRequest& request, const Peer& peer) {
    const auto claim = cloud::read_signature(request);
    if (!claim)
        throw Error(ErrorCategory::PermissionDenied, "MissingAuthenticationTokenException",
                    "Missing Authentication Token");
    call.signing_name = claim->service;
    if (claim->service == "ec2" && call.protocol == Protocol::Query) call.protocol = Protocol::Ec2;
    if (claim->service == "s3") {
        call.protocol = Protocol::RestXml;
        call.service = &cloud::service_model("s3");  // its errors have a form of their own
    }
    local::Caller caller = verified(*claim, request);
    recognise(call, request);
    caller.access_key_id = claim->access_key_id;
    caller.source_ip = peer.address;
    caller.user_agent = request.headers.get("user-agent");
    caller.request_id = call.request_id;

    const cloud::Codec& codec = cloud::codec(call.protocol);
    const Json members = codec.decode_request(*call.service, *call.operation, request);
    cloud::CallOptions options;
    options.call_token = request.headers.get(cloud::kCallTokenHeader);
    options.forwards = forwards_of(request);
    Json response = dispatch_(caller, call.service->name(), call.operation->name, members, options);
    return codec.encode_response(*call.service, *call.operation, std::move(response),
                                 call.request_id);
}

}  // namespace lifeboat::server

#include "local/trail.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"

namespace lifeboat::local {

Json with_lower_first_names(const Json& value) {
    if (value.is_array()) {
        Json out = Json::array();
        for (const Json& element : value)
            out.push_back(with_lower_first_names(element));
        return out;
    }
    if (!value.is_object()) return value;
    Json out = Json::object();
    for (const auto& [name, element] : value.items()) {
        std::string lower = name;
        if (!lower.empty()) lower[0] = lower_case(name.substr(0, 1))[0];
        out[lower] = with_lower_first_names(element);
    }
    return out;
}

Json trail_event(const TrailedCall& call, const Caller& caller, const cloud::Place& place, Time now,
                 Random& random) {
    const std::string time = to_iso8601(now);
    const std::string& source = call.service.event_source();
    Json detail = {
        {"eventVersion", "1.11"},
        {"userIdentity",
         {{"type", "Root"},
          {"principalId", caller.user_id},
          {"arn", caller.arn},
          {"accountId", caller.account},
          {"accessKeyId", caller.access_key_id}}},
        {"eventTime", time},
        {"eventSource", source},
        {"eventName", call.operation.name},
        {"awsRegion", place.region},
        {"sourceIPAddress", caller.source_ip},
        {"userAgent", caller.user_agent},
        {"requestParameters", nullptr},
        {"responseElements", nullptr},
        {"requestID", caller.request_id},
        {"eventID", new_uuid(random)},
        {"readOnly", call.operation.read_only},
        {"eventType", "AwsApiCall"},
        {"managementEvent", true},
        {"recipientAccountId", caller.account},
        {"eventCategory", "Management"},
    };
    if (call.request.is_object())
        detail["requestParameters"] = with_lower_first_names(call.request);
    if (call.error != nullptr) {
        detail["errorCode"] = call.error->code();
        detail["errorMessage"] = call.error->message();
    } else if (call.response != nullptr && !call.response->empty() && !call.operation.read_only) {
        detail["responseElements"] = with_lower_first_names(*call.response);
    }
    // "sagemaker.amazonaws.com" -> "aws.sagemaker"
    return Json{
        {"version", "0"},
        {"id", new_uuid(random)},
        {"detail-type", "AWS API Call via CloudTrail"},
        {"source", "aws." + source.substr(0, source.find('.'))},
        {"account", caller.account},
        {"time", time},
        {"region", place.region},
        {"resources", Json::array()},
        {"detail", std::move(detail)},
    };
}

}  // namespace lifeboat::local

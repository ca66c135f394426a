#include "cloud/custom_resource.h"

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::cloud {
namespace {

// A presigned S3 URL: scheme and host, then path and query as they are.
void put(HttpTransport& transport, const std::string& url, const Json& answer) {
    const auto host = url.find("://");
    const auto path = host == std::string::npos ? host : url.find('/', host + 3);
    HttpRequest request;
    request.method = "PUT";
    request.target = path == std::string::npos ? "/" : url.substr(path);
    // The signature covers an empty one.
    request.headers.set("Content-Type", "");
    request.body = to_text(answer);
    const HttpResponse response = transport.send(parse_url(url.substr(0, path)), request);
    if (response.status / 100 != 2)
        throw Error(ErrorCategory::Unavailable, "CustomResourceUnanswered",
                    "CloudFormation's answer address gave " + std::to_string(response.status));
}

}  // namespace

Function with_custom_resource(Function function, HttpTransport& transport) {
    return [function = std::move(function), &transport](const Json& event,
                                                        FunctionContext& context) -> Json {
        const auto url = find_string(event, "ResponseURL");
        const auto kind = find_string(event, "RequestType");
        if (!url || !kind) return function(event, context);
        const std::string logical = string_or(event, "LogicalResourceId", "resource");
        Json answer = {{"Status", "SUCCESS"},
                       {"StackId", string_or(event, "StackId", "")},
                       {"RequestId", string_or(event, "RequestId", "")},
                       {"LogicalResourceId", logical},
                       {"PhysicalResourceId", string_or(event, "PhysicalResourceId", logical)}};
        Json result = Json::object();
        try {
            // What was made stays when the resource goes.
            if (*kind != "Delete") result = function(Json::object(), context);
        } catch (const Error& e) {
            answer["Status"] = "FAILED";
            answer["Reason"] = e.what();
        }
        put(transport, *url, answer);
        return result;
    };
}

}  // namespace lifeboat::cloud

#include "cloud/lambda_runtime.h"

#include <charconv>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"

namespace lifeboat::cloud {
namespace {

constexpr const char* kBase = "/2018-06-01/runtime/";
constexpr std::chrono::hours kForever{24 * 366};

Json error_document(const Error& error) {
    Json trace = Json::array();
    for (const std::string& one : error.context())
        trace.push_back("while " + one);
    return {{"errorType", error.code()}, {"errorMessage", error.what()}, {"stackTrace", trace}};
}

Time deadline_of(const HttpResponse& event, Time now, Duration timeout) {
    const std::string text = event.headers.get("Lambda-Runtime-Deadline-Ms");
    std::int64_t milliseconds = 0;
    const auto [end, problem] =
        std::from_chars(text.data(), text.data() + text.size(), milliseconds);
    if (problem != std::errc() || end == text.data()) return now + timeout;
    return from_epoch_micros(milliseconds * 1000);
}

}  // namespace

HttpClientOptions runtime_http_options() {
    HttpClientOptions options;
    options.stall = kForever;
    options.total = kForever;
    options.keep = kForever;
    return options;
}

LambdaRuntime::LambdaRuntime(const std::string& api, HttpTransport& transport, Cloud& cloud,
                             const Clock& clock, Random& random, Place place)
    : api_(parse_url("http://" + api)),
      transport_(transport),
      cloud_(cloud),
      clock_(clock),
      random_(random),
      place_(std::move(place)) {}

void LambdaRuntime::serve_one(const std::string& name, const FunctionDescription& function) {
    HttpRequest request;
    request.method = "GET";
    request.target = kBase + std::string("invocation/next");
    const HttpResponse event = transport_.send(api_, request);
    const std::string id = event.headers.get("Lambda-Runtime-Aws-Request-Id");
    if (event.status != 200 || id.empty())
        throw Error(ErrorCategory::Unavailable, "RuntimeApiFailed",
                    "the Lambda Runtime API answered " + std::to_string(event.status) +
                        " without an event");
    const Time start = clock_.now();
    if (const auto arn = parse_arn(event.headers.get("Lambda-Runtime-Invoked-Function-Arn")))
        place_ = {arn->partition, arn->region, arn->account};
    FunctionContext context{cloud_,
                            clock_,
                            random_,
                            place_,
                            id,
                            function.environment,
                            deadline_of(event, start, function.timeout)};
    std::optional<Error> failure;
    Json answer;
    try {
        answer = function.run(parse_json(event.body, "the event"), context);
    } catch (const Error& e) {
        failure = e;
    } catch (const std::exception& e) {
        failure = Error(ErrorCategory::Internal, "InternalFailure", e.what());
    }
    const Time end = clock_.now();
    const std::string took = std::to_string((end - start).count());
    const std::string left = std::to_string((context.deadline - end).count());
    if (failure)
        log::error("invocation failed", {{"function", name},
                                         {"request", id},
                                         {"us", took},
                                         {"left_us", left},
                                         {"error", failure->what()}});
    else
        log::info("invocation",
                  {{"function", name}, {"request", id}, {"us", took}, {"left_us", left}});
    const std::string path = "invocation/" + id + "/";
    if (!failure) {
        const HttpResponse taken = post(path + "response", answer, "");
        if (taken.status / 100 == 2) return;
        // Too large, for instance; the event must not stay without an end.
        failure = Error(ErrorCategory::InvalidInput, "ResponseRefused",
                        "the Lambda Runtime API answered " + std::to_string(taken.status) +
                            " to the function's response");
    }
    post(path + "error", error_document(*failure), failure->code());
}

void LambdaRuntime::report_start_failure(const Error& error) {
    post("init/error", error_document(error), error.code());
}

HttpResponse LambdaRuntime::post(const std::string& path, const Json& body,
                                 const std::string& error_type) {
    HttpRequest request;
    request.target = kBase + path;
    request.headers.set("Content-Type", "application/json");
    if (!error_type.empty()) request.headers.set("Lambda-Runtime-Function-Error-Type", error_type);
    request.body = to_text(body);
    return transport_.send(api_, request);
}

}  // namespace lifeboat::cloud

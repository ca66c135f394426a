#include "local/lambda/invoker.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"

namespace lifeboat::local::lambda {
namespace {

double milliseconds(Duration duration) {
    return static_cast<double>(duration.count()) / 1000;
}

Json failure(std::string_view type, std::string_view message) {
    return {{"errorType", type}, {"errorMessage", message}};
}

}  // namespace

const cloud::FunctionDescription* Invoker::find(const std::string& name) const {
    const auto it = site_.functions.find(name);
    return it == site_.functions.end() ? nullptr : &it->second;
}

std::string Invoker::resolve(const std::string& text,
                             const std::optional<std::string>& qualifier) const {
    const FunctionName wanted = parse_function_name(site_.place, text, qualifier);
    const bool other_version = !wanted.qualifier.empty() && wanted.qualifier != kLatest;
    if (other_version || find(wanted.name) == nullptr)
        throw Error(ErrorCategory::NotFound, "ResourceNotFoundException",
                    "Function not found: " + function_arn(site_.place, wanted.name) +
                        (wanted.qualifier.empty() ? "" : ":" + wanted.qualifier));
    return wanted.name;
}

Outcome Invoker::run(const std::string& name, const Json& event,
                     const std::string& request_id) const {
    fault::reach("lambda.before-function");
    const Time start = site_.clock.now();
    Outcome outcome;
    outcome.log = fmt::format("START RequestId: {} Version: {}\n", request_id, kLatest);
    Json result;
    if (const cloud::FunctionDescription* function = find(name); function == nullptr) {
        outcome.failed = true;
        result = failure("ResourceNotFoundException",
                         "Function not found: " + function_arn(site_.place, name));
    } else {
        cloud::FunctionContext context{site_.cloud,
                                       site_.clock,
                                       site_.random,
                                       site_.place,
                                       request_id,
                                       function->environment,
                                       start + function->timeout};
        try {
            result = function->run(event, context);
        } catch (const Error& error) {
            if (error.category() == ErrorCategory::Cancelled &&
                site_.jobs.stop_token().stop_requested())
                throw;
            outcome.failed = true;
            result = failure(error.code(), error.message());
            if (!error.context().empty()) result["trace"] = error.context();
        } catch (const std::exception& error) {
            outcome.failed = true;
            result = failure("Runtime.UnhandledException", error.what());
        }
        if (site_.clock.now() > context.deadline) {
            outcome.failed = true;
            result = failure("Sandbox.Timedout",
                             fmt::format("RequestId: {} Error: Task timed out after {:.2f} seconds",
                                         request_id, milliseconds(function->timeout) / 1000));
        }
    }
    outcome.payload = to_text(result);
    if (outcome.payload.size() > kMostSynchronousBytes) {
        outcome.failed = true;
        outcome.payload = to_text(
            failure("Function.ResponseSizeTooLarge",
                    fmt::format("Response payload size exceeded maximum allowed payload size "
                                "({} bytes).",
                                kMostSynchronousBytes)));
    }
    if (outcome.failed) outcome.log += fmt::format("[ERROR] {}\n", failure_text(outcome.payload));
    outcome.log += fmt::format("END RequestId: {0}\nREPORT RequestId: {0}\tDuration: {1:.2f} ms\n",
                               request_id, milliseconds(site_.clock.now() - start));
    fault::reach("lambda.after-function");
    return outcome;
}

std::string failure_text(std::string_view payload) {
    const Json value = parse_json(payload, "a function's failure");
    return find_string(value, "errorType").value_or("Error") + ": " +
           find_string(value, "errorMessage").value_or("");
}

}  // namespace lifeboat::local::lambda

#include "local/lambda/destination.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "cloud/arn.h"

namespace lifeboat::local::lambda {
namespace {

bool is_permanent(const Error& error) {
    return error.category() == ErrorCategory::NotFound ||
           error.category() == ErrorCategory::InvalidInput ||
           error.category() == ErrorCategory::PermissionDenied ||
           error.category() == ErrorCategory::Unsupported;
}

}  // namespace

void check_destinations(const Json& config, DestinationKind allowed) {
    for (const auto& [when, destination] : config.items()) {
        const std::string text = string_or(destination, "Destination", "");
        if (text.empty()) continue;
        const auto arn = cloud::parse_arn(text);
        const bool is_queue = arn && arn->service == "sqs" && !arn->resource.ends_with(".fifo");
        const bool is_function = arn && arn->service == "lambda" &&
                                 arn->resource.starts_with("function:") &&
                                 allowed == DestinationKind::QueueOrFunction;
        if (!is_queue && !is_function)
            throw Error(
                ErrorCategory::InvalidInput, "InvalidParameterValueException",
                "The destination ARN '" + text + "' of '" + when + "' is not that of " +
                    (allowed == DestinationKind::Queue ? "a standard SQS queue"
                                                       : "a standard SQS queue or function") +
                    "; other destinations are not offered here");
    }
}

std::string destination_of(const Json& config, std::string_view when) {
    const Json* arn = find_path(config, {when, "Destination"});
    return arn != nullptr && arn->is_string() ? arn->get<std::string>() : "";
}

void send_to_destination(Site& site, const std::string& arn_text, const Json& record,
                         const std::string& token) {
    try {
        const auto arn = cloud::parse_arn(arn_text);
        if (arn && arn->service == "lambda") {
            site.cloud.call("lambda", "Invoke",
                            {{"FunctionName", arn_text},
                             {"InvocationType", "Event"},
                             {"Payload", base64_encode(to_text(record))}},
                            {token});
            return;
        }
        if (!arn || arn->service != "sqs")
            throw Error(ErrorCategory::Unsupported, "InvalidParameterValueException",
                        "not the ARN of a queue or function");
        const Json queue = site.cloud.call(
            "sqs", "GetQueueUrl",
            Json{{"QueueName", arn->resource}, {"QueueOwnerAWSAccountId", arn->account}});
        site.cloud.call("sqs", "SendMessage",
                        {{"QueueUrl", queue.at("QueueUrl")}, {"MessageBody", to_text(record)}},
                        {token});
    } catch (const Error& error) {
        if (!is_permanent(error)) throw;
        log::error(
            "a record could not be sent to its destination and is lost",
            {{"destination", arn_text}, {"error", error.what()}, {"record", to_text(record)}});
    }
}

}  // namespace lifeboat::local::lambda

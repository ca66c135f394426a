#include "local/events/delivery.h"

#include <algorithm>

#include "base/backoff.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/log.h"
#include "local/events/target_input.h"

namespace lifeboat::local::events {
namespace {

constexpr std::string_view kJob = "events.deliver";
// EventBridge's defaults: 185 retries within 24 hours.
constexpr std::int64_t kMostRetries = 185;
constexpr std::int64_t kOldestSeconds = 86400;
constexpr Backoff kBackoff{std::chrono::seconds(1), 2.0, std::chrono::minutes(10)};

// One name for everything that this delivery does.
std::string token_of(const Json& order) {
    return to_hex(sha256(require_string(order["event"], "id") + "\n" +
                         require_string(order, "rule_arn") + "\n" +
                         require_string(order["target"], "Id")));
}

// "8-4-4-4-12" of the first 32 hexadecimal digits.
std::string uuid_of(std::string_view hex) {
    std::string uuid;
    for (const std::size_t length : {8U, 4U, 4U, 4U, 12U}) {
        if (!uuid.empty()) uuid += '-';
        uuid += hex.substr(0, length);
        hex.remove_prefix(length);
    }
    return uuid;
}

// What a failure is called in the dead-letter queue. Empty: it may pass, so it is worth a retry.
std::string lasting_failure(const Error& error) {
    switch (error.category()) {
        case ErrorCategory::NotFound:
            return "NO_RESOURCE";
        case ErrorCategory::PermissionDenied:
            return "NO_PERMISSIONS";
        case ErrorCategory::InvalidInput:
        case ErrorCategory::AlreadyExists:
        case ErrorCategory::Unsupported:
            return "SDK_CLIENT_ERROR";
        default:
            return "";
    }
}

std::string passing_failure(const Error& error) {
    return error.category() == ErrorCategory::Throttled ? "THROTTLING" : "INTERNAL_ERROR";
}

}  // namespace

void Delivery::prepare() {
    JobPolicy policy;
    policy.head_start = kEventHeadStart;
    site_.jobs.handle(
        std::string(kJob), [this](const Job& job) { return run(job); }, policy);
}

void Delivery::enqueue(Transaction& tx, const Rule& rule, const std::string& rule_arn,
                       const Json& target, const Json& event) {
    const Json order = {{"rule", rule.name},
                        {"rule_arn", rule_arn},
                        {"target", target},
                        {"event", event},
                        {"ingested", to_epoch_micros(site_.clock.now())},
                        {"retries", 0}};
    site_.jobs.enqueue(tx, kJob, token_of(order), order, site_.clock.now());
}

JobResult Delivery::run(const Job& job) {
    const Json& order = *job.payload;
    if (order.contains("dead")) {
        bury(order);
        return finished();
    }
    try {
        fault::reach("events.before-delivery");
        call_target(order, token_of(order));
        fault::reach("events.after-delivery");
        return finished();
    } catch (const Error& error) {
        if (error.category() == ErrorCategory::Cancelled) throw;
        return failed(order, error);
    }
}

JobResult Delivery::failed(const Json& order, const Error& error) {
    const Json& target = order["target"];
    const Json* policy = find(target, "RetryPolicy");
    const Json none = Json::object();
    const Json& limits = policy != nullptr ? *policy : none;
    const std::int64_t most = integer_or(limits, "MaximumRetryAttempts", kMostRetries);
    const Time oldest =
        from_epoch_micros(require_integer(order, "ingested")) +
        std::chrono::seconds(integer_or(limits, "MaximumEventAgeInSeconds", kOldestSeconds));
    const std::int64_t retries = require_integer(order, "retries");
    const Time now = site_.clock.now();

    Json next = order;
    const std::string lasting = lasting_failure(error);
    Json dead = {{"code", lasting.empty() ? passing_failure(error) : lasting},
                 {"message", error.code() + ": " + error.message()}};
    if (lasting.empty() && retries < most && now < oldest) {
        next["retries"] = retries + 1;
        const Time due = now + kBackoff.delay_after(static_cast<int>(retries) + 1, site_.random);
        return {{}, std::min(due, oldest), std::make_shared<const Json>(std::move(next))};
    }
    if (lasting.empty())
        dead["exhausted"] = retries >= most ? "MaximumRetryAttempts" : "MaximumEventAgeInSeconds";
    if (find_path(target, {"DeadLetterConfig", "Arn"}) == nullptr) {
        log::warning("an event could not be delivered and its target has no dead-letter queue",
                     {{"rule", require_string(order, "rule")},
                      {"target", require_string(target, "Arn")},
                      {"event", require_string(order["event"], "id")},
                      {"error", error.what()}});
        return finished();
    }
    // From here on it is another piece of work, with retries of its own.
    next["dead"] = std::move(dead);
    return {{}, now, std::make_shared<const Json>(std::move(next))};
}

void Delivery::call_target(const Json& order, const std::string& token) {
    const Json& target = order["target"];
    const Json& event = order["event"];
    const std::string arn_text = require_string(target, "Arn");
    const auto arn = cloud::parse_arn(arn_text);
    const std::string rule_arn = require_string(order, "rule_arn");
    const std::string rule = require_string(order, "rule");
    const std::string input = target_input(
        target, {event, rule_arn, rule, from_epoch_micros(require_integer(order, "ingested"))});
    const std::string service = arn ? arn->service : "";
    if (service == "lambda") {
        site_.cloud.call("lambda", "Invoke",
                         {{"FunctionName", arn_text},
                          {"InvocationType", "Event"},
                          {"Payload", base64_encode(input)}},
                         {token});
    } else if (service == "states") {
        try {
            site_.cloud.call(
                "states", "StartExecution",
                {{"stateMachineArn", arn_text},
                 {"input", input},
                 {"name", require_string(event, "id").substr(0, 36) + "_" + uuid_of(token)}},
                {token});
        } catch (const Error& error) {
            // The name is this delivery's: it has been started before.
            if (error.code() != "ExecutionAlreadyExists") throw;
        }
    } else if (service == "sqs") {
        Json message = {{"MessageBody", input}};
        if (const Json* group = find_path(target, {"SqsParameters", "MessageGroupId"})) {
            message["MessageGroupId"] = *group;
            message["MessageDeduplicationId"] = token;
        }
        send(arn_text, std::move(message), token);
    } else {
        throw Error(ErrorCategory::Unsupported, "UnsupportedTarget",
                    "the local cloud cannot deliver events to " + arn_text);
    }
}

void Delivery::send(const std::string& queue_arn, Json message, const std::string& token) {
    const auto arn = cloud::parse_arn(queue_arn);
    if (!arn)
        throw Error(ErrorCategory::InvalidInput, "InvalidArn", queue_arn + " is not a queue's ARN");
    message["QueueUrl"] =
        site_.cloud
            .call("sqs", "GetQueueUrl",
                  Json{{"QueueName", arn->resource}, {"QueueOwnerAWSAccountId", arn->account}})
            .at("QueueUrl");
    site_.cloud.call("sqs", "SendMessage", message, {token});
}

void Delivery::bury(const Json& order) {
    const Json& target = order["target"];
    const Json& dead = order["dead"];
    const std::string queue = require_string(target["DeadLetterConfig"], "Arn");
    const auto attribute = [](const std::string& text) {
        return Json{{"DataType", "String"}, {"StringValue", text}};
    };
    Json attributes = {
        {"RULE_ARN", attribute(require_string(order, "rule_arn"))},
        {"TARGET_ARN", attribute(require_string(target, "Arn"))},
        {"ERROR_CODE", attribute(require_string(dead, "code"))},
        {"ERROR_MESSAGE", attribute(require_string(dead, "message"))},
        {"RETRY_ATTEMPTS", attribute(std::to_string(require_integer(order, "retries")))}};
    if (const auto exhausted = find_string(dead, "exhausted"))
        attributes["EXHAUSTED_RETRY_CONDITION"] = attribute(*exhausted);
    try {
        send(queue, {{"MessageBody", to_text(order["event"])}, {"MessageAttributes", attributes}},
             token_of(order) + "/dead");
    } catch (const Error& error) {
        if (lasting_failure(error).empty()) throw;
        log::error("an event could not be put into its dead-letter queue and is lost",
                   {{"rule", require_string(order, "rule")},
                    {"queue", queue},
                    {"event", to_text(order["event"])},
                    {"error", error.what()}});
    }
}

}  // namespace lifeboat::local::events

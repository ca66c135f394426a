#include "local/lambda/asynchronous.h"

#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "local/lambda/destination.h"

namespace lifeboat::local::lambda {
namespace {

constexpr std::string_view kJobKind = "lambda.invocation";
constexpr std::chrono::hours kTokenLife{24};

JobResult again_with(Time due, Json payload) {
    return JobResult{{}, due, std::make_shared<const Json>(std::move(payload))};
}

}  // namespace

std::string Asynchronous::schema() {
    return R"(
CREATE TABLE lambda_invoke_config (
    function TEXT PRIMARY KEY,
    config TEXT NOT NULL,
    modified INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE lambda_token (
    token TEXT PRIMARY KEY,
    used INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX lambda_token_used ON lambda_token (used);
)";
}

void Asynchronous::prepare() {
    JobPolicy policy;
    policy.concurrency = static_cast<int>(site_.settings.integer("lambda.concurrency", 6));
    policy.head_start = kEventHeadStart;
    site_.jobs.handle(
        std::string(kJobKind), [this](const Job& job) { return run(job); }, policy);
}

void Asynchronous::enqueue(Transaction& tx, const std::string& function, const Json& event,
                           const std::string& request_id, const std::string& token) {
    const Time now = site_.clock.now();
    if (!token.empty()) {
        tx.run("DELETE FROM lambda_token WHERE used < ?1", {to_epoch_micros(now - kTokenLife)});
        if (tx.run("INSERT OR IGNORE INTO lambda_token (token, used) VALUES (?1, ?2)",
                   {token, to_epoch_micros(now)}) == 0)
            return;
    }
    site_.jobs.enqueue(tx, kJobKind, "",
                       {{"function", function},
                        {"request_id", request_id},
                        {"event", event},
                        {"since", to_epoch_micros(now)},
                        {"tries", 0}},
                       now);
}

JobResult Asynchronous::run(const Job& job) {
    const Json& work = *job.payload;
    const Config config = site_.database.read(
        [&](Transaction& tx) { return config_of(tx, require_string(work, "function")); });
    return find(work, "condition") == nullptr ? invoke(work, config) : report(work, config);
}

JobResult Asynchronous::invoke(const Json& work, const Config& config) {
    const Outcome outcome = invoker_.run(require_string(work, "function"), work["event"],
                                         require_string(work, "request_id"));
    Json next = work;
    const std::int64_t tries = require_integer(work, "tries") + 1;
    next["tries"] = tries;
    next["outcome"] = {{"failed", outcome.failed},
                       {"payload", parse_json(outcome.payload, "a function's result")}};
    const Time now = site_.clock.now();
    if (!outcome.failed) {
        if (config.on_success.empty()) return finished();
        next["condition"] = "Success";
        return again_with(now, std::move(next));
    }
    const Duration first =
        site_.settings.seconds("lambda.async_retry_seconds", std::chrono::minutes(1));
    const Time retry = now + first * (std::int64_t{1} << (tries - 1));
    const Time oldest = from_epoch_micros(require_integer(work, "since")) +
                        std::chrono::seconds(config.most_age_seconds);
    if (tries > config.retries)
        next["condition"] = "RetriesExhausted";
    else if (retry > oldest)
        next["condition"] = "EventAgeExceeded";
    const bool given_up = next.contains("condition");
    log::warning(given_up ? "an asynchronous invocation failed for good"
                          : "an asynchronous invocation failed and will be tried again",
                 {{"function", require_string(work, "function")},
                  {"request", require_string(work, "request_id")},
                  {"try", std::to_string(tries)},
                  {"error", failure_text(outcome.payload)}});
    return again_with(given_up ? now : retry, std::move(next));
}

JobResult Asynchronous::report(const Json& work, const Config& config) {
    const Json& outcome = work["outcome"];
    const bool failed = bool_or(outcome, "failed", true);
    const std::string request_id = require_string(work, "request_id");
    const std::string function = require_string(work, "function");
    Json response_context = {{"statusCode", 200}, {"executedVersion", kLatest}};
    if (failed) response_context["functionError"] = "Unhandled";
    const Json record = {
        {"version", "1.0"},
        {"timestamp", to_iso8601_millis(site_.clock.now())},
        {"requestContext",
         {{"requestId", request_id},
          {"functionArn", function_arn(site_.place, function) + ":" + std::string(kLatest)},
          {"condition", require_string(work, "condition")},
          {"approximateInvokeCount", require_integer(work, "tries")}}},
        {"requestPayload", work["event"]},
        {"responseContext", std::move(response_context)},
        {"responsePayload", outcome["payload"]}};
    const std::string& destination = failed ? config.on_failure : config.on_success;
    if (!destination.empty())
        send_to_destination(site_, destination, record, request_id + ":destination");
    else if (failed)
        log::error(
            "an asynchronous invocation is dropped: its function has no OnFailure destination",
            {{"function", function}, {"record", to_text(record)}});
    return finished();
}

Asynchronous::Config Asynchronous::config_of(Transaction& tx, const std::string& function) const {
    Config config;
    const auto stored =
        tx.one("SELECT config FROM lambda_invoke_config WHERE function = ?1", {function},
               [](const Row& row) { return parse_json(row.text(0), "a stored row"); });
    if (!stored) return config;
    config.retries = integer_or(*stored, "MaximumRetryAttempts", config.retries);
    config.most_age_seconds =
        integer_or(*stored, "MaximumEventAgeInSeconds", config.most_age_seconds);
    if (const Json* destinations = lifeboat::find(*stored, "DestinationConfig")) {
        config.on_failure = destination_of(*destinations, "OnFailure");
        config.on_success = destination_of(*destinations, "OnSuccess");
    }
    return config;
}

Json Asynchronous::config_json(Transaction& tx, const std::string& function) const {
    const std::string arn = function_arn(site_.place, function) + ":" + std::string(kLatest);
    auto stored = tx.one("SELECT config, modified FROM lambda_invoke_config WHERE function = ?1",
                         {function}, [&](const Row& row) {
                             Json config = parse_json(row.text(0), "a stored row");
                             config["FunctionArn"] = arn;
                             config["LastModified"] =
                                 to_epoch_seconds(from_epoch_micros(row.integer(1)));
                             return config;
                         });
    if (!stored)
        throw Error(ErrorCategory::NotFound, "ResourceNotFoundException",
                    "The function " + arn + " doesn't have an EventInvokeConfig");
    return *std::move(stored);
}

Json Asynchronous::put_config(Transaction& tx, const Json& request, const Json& base) {
    const std::string function = invoker_.resolve(require_string(request, "FunctionName"),
                                                  find_string(request, "Qualifier"));
    Json config = Json::object();
    for (const char* member :
         {"MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"}) {
        if (const Json* value = find(request, member))
            config[member] = *value;
        else if (const Json* old = find(base, member))
            config[member] = *old;
    }
    if (const Json* destinations = find(config, "DestinationConfig"))
        check_destinations(*destinations, DestinationKind::QueueOrFunction);
    tx.run(
        "INSERT INTO lambda_invoke_config (function, config, modified) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (function) DO UPDATE SET"
        "  config = excluded.config, modified = excluded.modified",
        {function, to_text(config), to_epoch_micros(site_.clock.now())});
    return config_json(tx, function);
}

std::vector<Operation> Asynchronous::operations() {
    const auto function_of = [this](const Json& request) {
        return invoker_.resolve(require_string(request, "FunctionName"),
                                find_string(request, "Qualifier"));
    };
    return {
        writes("PutFunctionEventInvokeConfig",
               [this](Transaction& tx, const Json& request, const Caller&) {
                   return put_config(tx, request, Json::object());
               }),
        writes("UpdateFunctionEventInvokeConfig",
               [this, function_of](Transaction& tx, const Json& request, const Caller&) {
                   return put_config(tx, request, config_json(tx, function_of(request)));
               }),
        reads("GetFunctionEventInvokeConfig",
              [this, function_of](Transaction& tx, const Json& request, const Caller&) {
                  return config_json(tx, function_of(request));
              }),
        writes("DeleteFunctionEventInvokeConfig",
               [this, function_of](Transaction& tx, const Json& request, const Caller&) {
                   const std::string function = function_of(request);
                   config_json(tx, function);  // absent: an error
                   tx.run("DELETE FROM lambda_invoke_config WHERE function = ?1", {function});
                   return Json::object();
               }),
    };
}

}  // namespace lifeboat::local::lambda

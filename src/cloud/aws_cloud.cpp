#include "cloud/aws_cloud.h"

#include <charconv>
#include <mutex>
#include <optional>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/pause.h"
#include "cloud/advice.h"
#include "cloud/aws_chunked.h"
#include "cloud/codec.h"
#include "cloud/s3_address.h"
#include "cloud/wire_text.h"

namespace lifeboat::aws {
namespace {

using cloud::HttpRequest;
using cloud::HttpResponse;

// Beyond this a Date header says that a clock is off; below, it says how long the answer took.
constexpr std::chrono::minutes kNotableOffset{4};
constexpr std::chrono::seconds kLongestRetryAfter{20};
constexpr std::size_t kWorthChunks = 64 << 10;

bool is_about_time(const std::string& code) {
    for (const std::string_view one :
         {"InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure", "RequestExpired",
          "RequestTimeTooSkewed", "RequestInTheFuture"})
        if (code == one) return true;
    return false;
}

bool is_about_expiry(const std::string& code) {
    return code == "ExpiredToken" || code == "ExpiredTokenException";
}

}  // namespace

// One call and what its last try left behind.
struct Cloud::Attempt {
    const cloud::ServiceModel& service;
    const cloud::OperationModel& operation;
    const cloud::Url server;
    const HttpRequest unsigned_request;
    Pace& pace;
    int owed = 0;  // of the retry quota, by the last repetition
    std::string request_id;
    std::optional<Duration> retry_after;
    std::optional<Time> server_time;
    std::optional<cloud::Credentials> credentials;  // that signed the last try
};

Cloud::Cloud(CloudOptions options, cloud::CredentialsProvider& credentials,
             cloud::HttpTransport& transport, const Clock& clock, Random& random)
    : options_(std::move(options)),
      credentials_(credentials),
      transport_(transport),
      clock_(clock),
      random_(random) {}

Json Cloud::call(std::string_view service_name, std::string_view operation_name,
                 const Json& request, const cloud::CallOptions& options) {
    const cloud::ServiceModel& service = cloud::service_model(service_name);
    const cloud::OperationModel& operation = service.operation(operation_name);
    Json members = request;
    for (const cloud::Member& member : operation.input->members)
        if (member.idempotency_token && find(members, member.name) == nullptr)
            members[member.name] = new_uuid(random_);

    const std::string bucket =
        service.name() == "s3" ? find_string(members, "Bucket").value_or("") : "";
    HttpRequest encoded =
        cloud::codec(service.protocol()).encode_request(service, operation, std::move(members));
    cloud::Url server = options_.endpoints.of(service, options_.region);
    if (!bucket.empty() && !options_.endpoints.is_given(service))
        cloud::address_bucket_by_host(bucket, server, encoded);
    if (!options_.endpoints.is_given(service)) server.host = operation.host_prefix + server.host;
    encoded.headers.set("Host", server.authority());
    encoded.headers.set("User-Agent", "lifeboat");
    if (!options.call_token.empty())
        encoded.headers.set(cloud::kCallTokenHeader, options.call_token);
    if (options.forwards > 0)
        encoded.headers.set(cloud::kForwardsHeader, std::to_string(options.forwards));
    if (!server.path.empty()) encoded.target = server.path + encoded.target;

    Attempt state{service, operation, server, std::move(encoded), pace_of(service.name()), 0, "",
                  {},      {},        {}};
    bool clock_corrected = false;
    bool credentials_renewed = false;
    for (int tries = 1;; ++tries) {
        try {
            Json answer = attempt(state);
            state.pace.quota.give(tries == 1 ? RetryQuota::kSuccess : state.owed);
            return answer;
        } catch (const Error& error) {
            if (!clock_corrected && correct_clock(state, error.code())) {
                clock_corrected = true;
                continue;
            }
            if (!credentials_renewed && is_about_expiry(error.code()) && renew_credentials(state)) {
                credentials_renewed = true;
                continue;
            }
            if (!may_repeat(error, state, tries)) fail(error, state, tries);
            const Duration delay = delay_after(tries, state);
            log::debug("a call is repeated", {{"service", service.name()},
                                              {"operation", operation.name},
                                              {"error", error.code()},
                                              {"delay_us", std::to_string(delay.count())}});
            pause(clock_, delay);
        }
    }
}

Cloud::Pace& Cloud::pace_of(const std::string& service) {
    const std::scoped_lock lock(paces_mutex_);
    return paces_[service];
}

bool Cloud::may_repeat(const Error& error, Attempt& state, int tries) {
    if (tries >= options_.retries.most_tries || !is_retryable(error)) return false;
    const int cost = error.code() == "Timeout" ? RetryQuota::kTimeoutCost : RetryQuota::kCost;
    if (!state.pace.quota.take(cost)) return false;
    state.owed = cost;
    return true;
}

void Cloud::fail(const Error& error, const Attempt& state, int tries) const {
    std::string message = error.message();
    if (const std::string what_to_do =
            cloud::advice(error, state.service.name(), state.operation.name);
        !what_to_do.empty())
        message += (message.empty() ? "" : "; ") + what_to_do;
    Error told(error.category(), error.code(), message, error.members());
    for (const std::string& one : error.context())
        told.within(one);
    std::string what = state.service.name() + ":" + state.operation.name + " in " + options_.region;
    if (options_.endpoints.is_given(state.service)) what += " at " + state.server.text();
    if (!state.request_id.empty()) what += ", request " + state.request_id;
    if (tries > 1) what += ", " + std::to_string(tries) + " tries";
    throw told.within("calling " + what);
}

Json Cloud::attempt(Attempt& state) {
    state.request_id.clear();
    state.retry_after.reset();
    state.server_time.reset();
    const bool adaptive = options_.retries.mode == RetryMode::Adaptive;
    if (adaptive) pause(clock_, state.pace.rate.take(clock_.now()));
    HttpRequest request = state.unsigned_request;
    const std::string& signing_name = state.service.signing_name();
    cloud::SigningContext context{signing_region(state.service, options_.region), signing_name,
                                  clock_.now() + Duration(clock_offset_us_.load()),
                                  cloud::signing_rules(signing_name)};
    state.credentials.reset();
    if (!state.operation.is_unsigned) {
        state.credentials = cloud::require_credentials(credentials_);
        const bool in_chunks = options_.signs_uploads_in_chunks && signing_name == "s3" &&
                               request.body.size() >= kWorthChunks;
        (in_chunks ? cloud::sign_in_chunks : cloud::sign)(request, *state.credentials, context,
                                                          keys_);
    }

    const HttpResponse response = transport_.send(state.server, request);
    state.request_id = cloud::request_id_of(response);
    const cloud::Codec& codec = cloud::codec(state.service.protocol());
    if (response.status / 100 != 2) {
        note_advice(state, response);
        Error error = codec.decode_error(state.service, response);
        if (adaptive && error.category() == ErrorCategory::Throttled)
            state.pace.rate.throttled(clock_.now());
        throw error;
    }
    if (adaptive) state.pace.rate.succeeded(clock_.now());
    return codec.decode_response(state.service, state.operation, response);
}

// What the headers of a refusal say about the next try.
void Cloud::note_advice(Attempt& state, const HttpResponse& response) {
    if (const std::string* date = response.headers.find("date"))
        if (const auto time = cloud::parse_timestamp(*date))
            state.server_time = from_epoch_seconds(*time);
    if (const std::string* after = response.headers.find("retry-after")) {
        int seconds = 0;
        if (std::from_chars(after->data(), after->data() + after->size(), seconds).ec ==
                std::errc() &&
            seconds >= 0)
            state.retry_after =
                std::min<Duration>(std::chrono::seconds(seconds), kLongestRetryAfter);
    }
}

Duration Cloud::delay_after(int tries, const Attempt& attempt) {
    const Duration delay = options_.retries.backoff.delay_after(tries, random_);
    return attempt.retry_after ? std::max(delay, *attempt.retry_after) : delay;
}

bool Cloud::correct_clock(const Attempt& attempt, const std::string& code) {
    if (!attempt.server_time || !is_about_time(code)) return false;
    const Duration offset = *attempt.server_time - clock_.now();
    const Duration change = offset - Duration(clock_offset_us_.load());
    if (std::chrono::abs(change) < kNotableOffset) return false;
    log::warning("this machine's clock differs from the server's",
                 {{"seconds", std::to_string(offset.count() / 1'000'000)}});
    clock_offset_us_ = offset.count();
    return true;
}

bool Cloud::renew_credentials(const Attempt& attempt) {
    if (!attempt.credentials) return false;
    credentials_.forget(*attempt.credentials);
    const auto found = credentials_.find();
    return found && found->session_token != attempt.credentials->session_token;
}

}  // namespace lifeboat::aws

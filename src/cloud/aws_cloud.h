// AWS, or any endpoint that speaks its protocols: signs, encodes, sends, decodes, retries.
//
// Where a service is: endpoints.h. How often what failed is tried again: retry.h, and only what may
// pass by itself (throttling, 5xx, a broken connection). A clock that is off is measured
// by the server's Date and corrected. Credentials a service calls expired are asked for anew, once.
// Idempotency tokens the caller leaves out are filled in, so
// that a repeated try is no second effect.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "cloud/cloud.h"
#include "cloud/credentials.h"
#include "cloud/endpoints.h"
#include "cloud/http_client.h"
#include "cloud/model.h"
#include "cloud/retry.h"
#include "cloud/sigv4.h"

namespace lifeboat::aws {

struct CloudOptions {
    std::string region = "us-east-1";
    Endpoints endpoints;
    RetryOptions retries;
    bool signs_uploads_in_chunks = false;  // those to S3 (aws_chunked.h); false: as a whole
};

class Cloud final : public cloud::Cloud {
  public:
    // What is referred to outlives the cloud.
    Cloud(CloudOptions options, cloud::CredentialsProvider& credentials,
          cloud::HttpTransport& transport, const Clock& clock, Random& random);

    // The Error's message says what to do as well; its context names service, operation, Region,
    // request id and tries.
    Json call(std::string_view service, std::string_view operation, const Json& request,
              const cloud::CallOptions& options) override;
    using cloud::Cloud::call;

  private:
    struct Attempt;
    // What calls to one service share.
    struct Pace {
        RetryQuota quota;
        SendingRate rate;
    };
    Pace& pace_of(const std::string& service);
    bool may_repeat(const Error& error, Attempt& attempt, int tries);
    [[noreturn]] void fail(const Error& error, const Attempt& attempt, int tries) const;
    Json attempt(Attempt& attempt);
    static void note_advice(Attempt& attempt, const cloud::HttpResponse& response);
    Duration delay_after(int tries, const Attempt& attempt);
    bool correct_clock(const Attempt& attempt, const std::string& code);
    bool renew_credentials(const Attempt& attempt);

    const CloudOptions options_;
    cloud::CredentialsProvider& credentials_;
    cloud::HttpTransport& transport_;
    const Clock& clock_;
    Random& random_;
    cloud::SigningKeys keys_;
    std::mutex paces_mutex_;
    std::map<std::string, Pace, std::less<>> paces_;
    std::atomic<std::int64_t> clock_offset_us_{0};  // server's time minus ours
};

}  // namespace lifeboat::aws

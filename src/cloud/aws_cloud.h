// AWS, or any endpoint that speaks its protocols: signs, encodes, sends, decodes, retries.
//
// Where a service is: an address given by its options, else AWS_ENDPOINT_URL_<SERVICE>, else
// AWS_ENDPOINT_URL, else the profile's endpoint_url, else AWS's own for the Region.
//
// Retries follow the SDKs' standard mode: three tries, growing delays with jitter, and only for
// what may pass by itself (throttling, 5xx, a broken connection). A clock that is off is measured
// by the server's Date and corrected. Credentials a service calls expired are asked for anew, once.
// Idempotency tokens the caller leaves out are filled in, so
// that a repeated try is no second effect.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/random.h"
#include "cloud/cloud.h"
#include "cloud/credentials.h"
#include "cloud/http_client.h"
#include "cloud/model.h"
#include "cloud/sigv4.h"
#include "cloud/url.h"
#include "os/environment.h"

namespace lifeboat::aws {

struct Endpoints {
    std::string every;                                        // of all services; empty: AWS's own
    std::map<std::string, std::string, std::less<>> service;  // by the model's name

    // What the environment and the profile say.
    static Endpoints from(const os::Environment& environment, const cloud::Profile& profile);
    cloud::Url of(const cloud::ServiceModel& service_model, const std::string& region) const;
    // Whether that is an address somebody gave, and not AWS's own.
    bool is_given(const cloud::ServiceModel& service_model) const;
};

struct CloudOptions {
    std::string region = "us-east-1";
    Endpoints endpoints;
    int most_tries = 3;
    Backoff backoff{std::chrono::milliseconds(200), 2.0, std::chrono::seconds(20)};
};

class Cloud final : public cloud::Cloud {
  public:
    // What is referred to outlives the cloud.
    Cloud(CloudOptions options, cloud::CredentialsProvider& credentials,
          cloud::HttpTransport& transport, const Clock& clock, Random& random);

    // The Error's context names service, operation, Region, request id and tries.
    Json call(std::string_view service, std::string_view operation, const Json& request,
              const cloud::CallOptions& options) override;
    using cloud::Cloud::call;

  private:
    struct Attempt;
    Json attempt(Attempt& attempt);
    Duration delay_after(int tries, const Attempt& attempt);
    bool correct_clock(const Attempt& attempt, const std::string& code);
    bool renew_credentials(const Attempt& attempt);
    void wait(Duration delay) const;

    const CloudOptions options_;
    cloud::CredentialsProvider& credentials_;
    cloud::HttpTransport& transport_;
    const Clock& clock_;
    Random& random_;
    cloud::SigningKeys keys_;
    std::atomic<std::int64_t> clock_offset_us_{0};  // server's time minus ours
};

}  // namespace lifeboat::aws

// Asynchronous invocations (InvocationType "Event"): durable before Invoke answers, tried again
// after failures, then reported to a destination or to the log.
//
// Each is a job whose payload says how far it is. By default two more tries follow a failed one,
// after one and two minutes; settings: lambda.async_retry_seconds (60), the delay after the first.
// Source: Lambda developer guide, "How Lambda handles errors and retries with asynchronous
// invocation"; API reference, PutFunctionEventInvokeConfig.
#pragma once

#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "local/lambda/invoker.h"
#include "local/service.h"
#include "local/site.h"

namespace lifeboat::local::lambda {

class Asynchronous {
  public:
    Asynchronous(Site& site, const Invoker& invoker) : site_(site), invoker_(invoker) {}

    // The tables' SQL.
    static std::string schema();
    std::vector<Operation> operations();
    void prepare();

    // Within the caller's transaction. A `token` (if not empty) that was given before, up to a day
    // ago, has no second effect.
    void enqueue(Transaction& tx, const std::string& function, const Json& event,
                 const std::string& request_id, const std::string& token);

  private:
    struct Config {
        std::int64_t retries = 2;
        std::int64_t most_age_seconds = 6 * 60 * 60;
        std::string on_failure;  // ARNs; empty: none
        std::string on_success;
    };

    Config config_of(Transaction& tx, const std::string& function) const;
    Json config_json(Transaction& tx, const std::string& function) const;
    Json put_config(Transaction& tx, const Json& request, const Json& base);
    JobResult run(const Job& job);
    JobResult invoke(const Json& work, const Config& config);
    JobResult report(const Json& work, const Config& config);

    Site& site_;
    const Invoker& invoker_;
};

}  // namespace lifeboat::local::lambda

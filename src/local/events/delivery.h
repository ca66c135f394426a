// Brings one event to one target, however long that takes: as a job, at least once.
//
// A delivery names its call after the event, the rule and the target, so that a target which keeps
// such names (lambda, sqs and states do) sees one call however often the delivery is repeated after
// a crash. A target that cannot take the event now is tried again with growing delays, as its
// RetryPolicy says; then, or when it never will, the event goes to the dead-letter queue with the
// attributes EventBridge gives it, or is dropped with a warning.
//
// Source: EventBridge user guide, "Retry policy", "Dead-letter queues".
#pragma once

#include <string>
#include <string_view>

#include "base/json_fwd.h"
#include "local/events/rules.h"
#include "local/site.h"

namespace lifeboat {
class Error;
}

namespace lifeboat::local::events {

class Delivery {
  public:
    explicit Delivery(Site& site) : site_(site) {}

    // Registers the job.
    void prepare();

    // Asks for the delivery within the transaction that publishes the event.
    void enqueue(Transaction& tx, const Rule& rule, const std::string& rule_arn, const Json& target,
                 const Json& event);

  private:
    JobResult run(const Job& job);
    JobResult failed(const Json& order, const Error& error);
    void call_target(const Json& order, const std::string& token);
    void bury(const Json& order);
    void send(const std::string& queue_arn, Json message, const std::string& token);

    Site& site_;
};

}  // namespace lifeboat::local::events

// StartMessageMoveTask: brings messages out of a dead-letter queue, back to where they came from or
// to another queue, as a job that goes on after a crash.
#pragma once

#include "base/json_fwd.h"
#include "local/site.h"
#include "local/sqs/arrivals.h"
#include "local/sqs/queues.h"

namespace lifeboat::local::sqs {

class MoveTasks {
  public:
    MoveTasks(Site& site, const QueueAddress& address, Arrivals& arrivals)
        : site_(site), address_(address), arrivals_(arrivals) {}

    // Registers the job.
    void prepare();

    Json start(Transaction& tx, const Json& request);
    Json cancel(Transaction& tx, const Json& request);
    Json list(Transaction& tx, const Json& request);

  private:
    JobResult run(const Job& job);
    // Moves some; false when the task has come to its end.
    bool step(Transaction& tx, const std::string& handle, int most);

    Site& site_;
    const QueueAddress& address_;
    Arrivals& arrivals_;
};

}  // namespace lifeboat::local::sqs

// Tasks that start by themselves: a durable job each, which starts an execution when its time has
// come. An execution of the task that still runs then makes this one be left out, as on AWS.
#pragma once

#include <functional>
#include <string>

#include "base/json_fwd.h"
#include "local/database.h"
#include "local/jobs.h"
#include "local/site.h"

namespace lifeboat::local::datasync {

// Refuses a Schedule whose expression is none. An empty expression asks for no schedule.
void check_schedule(const Json& schedule);

class Schedules {
  public:
    // Starts an execution of the task with this ARN, if it is there, its Schedule is still this one
    // and enabled, and no other runs; in the job's last transaction.
    using Start = std::function<void(Transaction&, const std::string& task, const Json& schedule)>;

    explicit Schedules(Site& site) : site_(site) {}
    // Before the jobs start.
    void prepare(Start start);

    // After a task was made or its Schedule changed; nullptr when it has none.
    void set(Transaction& tx, const std::string& task, const Json* schedule);
    void remove(Transaction& tx, const std::string& task);

  private:
    JobResult run(const Job& job) const;

    Site& site_;
    Start start_;
};

}  // namespace lifeboat::local::datasync

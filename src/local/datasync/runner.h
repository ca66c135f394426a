// Runs executions: a durable job each, which copies through the mover and records what came of it.
//
// A process that dies in the middle runs the job again from the start; the mover mends what was
// left unfinished and copies the rest. Counts go on from where they were: what there was to do at
// first, less what is left to do now, has been done.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "local/datasync/executions.h"
#include "local/jobs.h"
#include "mover/bandwidth.h"
#include "mover/copy_tree.h"

namespace lifeboat::local::datasync {

class Runner final : public RunningCopies {
  public:
    Runner(Site& site, Locations& locations, Tasks& tasks)
        : site_(site), locations_(locations), tasks_(tasks) {}

    // Before the jobs start. `executions` must outlive the jobs.
    void prepare(Executions& executions);

    void cancel(const std::string& execution) override;
    void set_rate(const std::string& execution, std::int64_t bytes_per_second) override;

  private:
    // What can be reached of a copy while it runs.
    struct Handle {
        std::stop_source stop;
        std::shared_ptr<mover::Bandwidth> bandwidth;
    };
    class Registration;

    JobResult run(const Job& job);
    mover::Report copy(const Execution& execution, Handle& handle, Json& estimate);
    mover::Report copy_between(const Location& source, const Location& destination,
                               const mover::Options& options, const mover::Filter& filter,
                               const mover::Surroundings& around);
    JobResult end(const Execution& execution, const mover::Report& report, const Json& estimate);
    JobResult fail(const Execution& execution, const std::string& code, const std::string& detail);
    void note(const std::string& execution, const mover::Progress& progress, Json& estimate);

    Site& site_;
    Locations& locations_;
    Tasks& tasks_;
    Executions* executions_ = nullptr;
    std::mutex mutex_;
    std::map<std::string, Handle*> running_;
};

}  // namespace lifeboat::local::datasync

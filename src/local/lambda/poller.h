// The background work of event source mappings: reads what is new, runs the function, remembers how
// far it came.
//
// A batch is done when its function succeeded and then the checkpoint is durable (or the messages
// are deleted): after a crash anywhere at most the batch in work is delivered again. Fault points:
// "lambda.before-checkpoint", and those of Invoker.
#pragma once

#include "local/lambda/invoker.h"
#include "local/lambda/mappings.h"
#include "local/lambda/stream_positions.h"
#include "local/site.h"

namespace lifeboat::local::lambda {

class Poller {
  public:
    Poller(Site& site, const Invoker& invoker, Mappings& mappings)
        : site_(site), invoker_(invoker), mappings_(mappings) {}

    // Registers the handler of kMappingJob.
    void prepare();

  private:
    JobResult run(const Job& job);

    Site& site_;
    const Invoker& invoker_;
    Mappings& mappings_;
    StreamPositions positions_;
};

}  // namespace lifeboat::local::lambda

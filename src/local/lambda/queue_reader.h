// One step of a mapping from an SQS queue: a batch of messages, deleted once the function
// succeeded.
//
// Messages of a failed batch come again when their visibility timeout is over, and go to the
// queue's own dead-letter queue after its maxReceiveCount, as on AWS. An empty queue is looked at
// again after the setting lambda.poll_seconds (1). Source: Lambda developer guide, "Using Lambda
// with Amazon SQS".
#pragma once

#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "local/lambda/invoker.h"
#include "local/lambda/mappings.h"
#include "local/site.h"

namespace lifeboat::local::lambda {

class QueueReader {
  public:
    QueueReader(Site& site, const Invoker& invoker, Mappings& mappings, const Mapping& mapping)
        : site_(site), invoker_(invoker), mappings_(mappings), mapping_(mapping) {}

    // When to look again.
    Time step();

  private:
    std::vector<Json> receive(const std::string& url);
    void remove(const std::string& url, const std::vector<Json>& records);

    Site& site_;
    const Invoker& invoker_;
    Mappings& mappings_;
    const Mapping& mapping_;
};

}  // namespace lifeboat::local::lambda

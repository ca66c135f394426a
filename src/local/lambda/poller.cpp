#include "local/lambda/poller.h"

#include "base/error.h"
#include "base/json.h"
#include "local/lambda/queue_reader.h"
#include "local/lambda/stream_reader.h"

namespace lifeboat::local::lambda {

void Poller::prepare() {
    JobPolicy policy;
    policy.concurrency = static_cast<int>(site_.settings.integer("lambda.concurrency", 6));
    policy.head_start = kEventHeadStart;
    site_.jobs.handle(
        std::string(kMappingJob), [this](const Job& job) { return run(job); }, policy);
}

JobResult Poller::run(const Job& job) {
    const std::string uuid = require_string(*job.payload, "uuid");
    const auto mapping = mappings_.find_enabled(uuid);
    if (!mapping) {
        positions_.forget(uuid);
        return finished();
    }
    std::optional<Time> next;
    try {
        if (mapping->kind == SourceKind::Stream)
            next = StreamReader(site_, invoker_, mappings_, positions_, *mapping).step();
        else
            next = QueueReader(site_, invoker_, mappings_, *mapping).step();
    } catch (const Error& error) {
        if (error.category() != ErrorCategory::Cancelled)
            mappings_.note(*mapping, std::string("PROBLEM: ") + error.what());
        throw;
    }
    return next ? again_at(*next) : finished();
}

}  // namespace lifeboat::local::lambda

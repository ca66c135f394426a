// Fires rules that have a schedule: one keyed job per rule, which waits for the rule's next
// instant.
//
// The event and the step to the next instant are one transaction, so no instant fires twice.
// Instants that passed while nobody was running fire once, together.
#pragma once

#include "local/events/bus.h"
#include "local/events/rules.h"
#include "local/site.h"

namespace lifeboat::local::events {

class Timer {
  public:
    Timer(Site& site, EventBus& bus) : site_(site), bus_(bus) {}

    // Registers the job.
    void prepare();

    // Call within every transaction that changes a rule; `before` is what it was. A schedule that
    // did not change goes on undisturbed.
    void changed(Transaction& tx, const std::optional<Rule>& before, const Rule& now);
    void removed(Transaction& tx, const Rule& rule);

  private:
    JobResult run(const Job& job);
    // `round`: how often the clock was set back under the rule; the same instant comes again then.
    Json event_of(const Rule& rule, const std::string& rule_arn, Time instant,
                  std::int64_t round) const;

    Site& site_;
    EventBus& bus_;
};

}  // namespace lifeboat::local::events

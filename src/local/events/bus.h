// The event bus itself: finds the rules an event fits and asks for its deliveries, all within the
// transaction of the change that caused the event.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/json_fwd.h"
#include "local/event_sink.h"
#include "local/events/delivery.h"
#include "local/events/pattern.h"
#include "local/site.h"

namespace lifeboat::local::events {

class EventBus final : public EventSink {
  public:
    EventBus(Site& site, Delivery& delivery) : site_(site), delivery_(delivery) {}

    // To the default bus.
    void publish(Transaction& tx, const Json& event) override;
    void publish(Transaction& tx, const std::string& bus, const Json& event);

    // To the targets of one rule, as its schedule asks for.
    void publish_to(Transaction& tx, const Rule& rule, const Json& event);

  private:
    std::shared_ptr<const Pattern> compiled(const std::string& text);

    Site& site_;
    Delivery& delivery_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<const Pattern>> patterns_;  // by their text
};

}  // namespace lifeboat::local::events

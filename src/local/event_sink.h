// Where services put the events they cause. The events service implements it.
#pragma once

#include "base/json_fwd.h"

namespace lifeboat::local {

class Transaction;

class EventSink {
  public:
    virtual ~EventSink() = default;
    // Puts an event with EventBridge's whole envelope (version, id, detail-type, source, account,
    // time, region, resources, detail) on the default bus. Part of the caller's transaction: the
    // event is delivered if, and only if, the change commits. `id` names the event: deliveries and
    // their effects are made once per id.
    virtual void publish(Transaction& tx, const Json& event) = 0;
};

}  // namespace lifeboat::local

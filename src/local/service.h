// What a service of the local cloud is: a name, a schema, operations, background work.
//
// The host (local/cloud.h) does the rest of a call: it finds the operation, validates the request
// against the service's model (cloud/model.h), opens the transaction, records the CloudTrail event,
// answers a repeated call_token with the first answer. So a handler only says what the operation
// does.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"

namespace lifeboat::local {

class Transaction;

// Who calls, as the endpoint verified it or as the process itself.
struct Caller {
    std::string account;
    std::string arn;  // "arn:aws:iam::000000000000:root"
    std::string user_id;
    std::string access_key_id;  // empty: this process
    std::string source_ip;
    std::string user_agent;
    std::string request_id;  // unique per call
    std::string call_token;  // CallOptions::call_token; blocking operations may use it themselves
};

// An operation sees a snapshot (reads), changes the database in one transaction (writes), or does
// neither by itself because it waits or calls other services (blocks).
// Handlers get a request that satisfies the model, and return the response members, an object.
// A write handler may run on another caller's thread, possibly again after a crash, and must not
// block or call Site::cloud; what takes time is a job.
struct Operation {
    using Transacted = std::function<Json(Transaction&, const Json& request, const Caller&)>;
    using Plain = std::function<Json(const Json& request, const Caller&)>;

    std::string name;
    Transacted read;  // exactly one of the three is set
    Transacted write;
    Plain block;
};

Operation reads(std::string name, Operation::Transacted handler);
Operation writes(std::string name, Operation::Transacted handler);
Operation blocks(std::string name, Operation::Plain handler);

class Service {
  public:
    virtual ~Service() = default;
    // The name of its model.
    virtual std::string_view name() const = 0;
    // SQL scripts, applied in order, once each; only ever append. Prefix tables with the name.
    virtual std::vector<std::string> schema() const { return {}; }
    virtual std::vector<Operation> operations() = 0;
    // Called once after all schemas are there and before any call or job: register job handlers.
    virtual void prepare() {}
    // Called once all services are prepared and jobs run.
    virtual void start() {}
    // Called before the jobs stop: wake whoever waits in a blocking operation.
    virtual void stop() {}
    // Whether CloudTrail events of this service's write calls go to the event bus.
    virtual bool is_trailed() const { return false; }
};

}  // namespace lifeboat::local

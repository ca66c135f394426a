// Task tokens of the local cloud: tasks that a worker of an activity, or whoever was given the
// token, ends. https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html
//
// A token exists from the transaction that stores the record that carries it, and is closed in the
// one that stores the task's end. What is sent for it advances its execution.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flow/history.h"
#include "flow/outside.h"
#include "local/service.h"
#include "local/site.h"
#include "local/sqs/arrivals.h"

namespace lifeboat::local::states {

class Tasks {
  public:
    // `site` must outlive it.
    explicit Tasks(Site& site) : site_(site) {}

    // Activities, GetActivityTask, SendTask*.
    std::vector<Operation> operations();
    // Ends all long polls.
    void stop() { arrivals_.stop(); }

    // Opens or closes the token that a record of an execution carries, if it carries one.
    void note(Transaction& tx, const std::string& execution, const flow::HistoryRecord& record);
    // The execution has ended: its tokens are worth nothing any more, and whoever waits for its end
    // (".sync") goes on.
    void ended(Transaction& tx, const std::string& execution);
    // The executions whose end an execution waits for (".sync").
    static std::vector<std::string> waited_for(Transaction& tx, const std::string& execution);
    // The clock was set back: no sign of life may lie in the future.
    void follow_clock_back(Transaction& tx);
    std::optional<flow::Callback> callback(const std::string& token);

  private:
    Json create(Transaction& tx, const Json& request);
    Json describe(Transaction& tx, const Json& request) const;
    Json list(Transaction& tx, const Json& request) const;
    Json remove(Transaction& tx, const Json& request);
    Json take(const Json& request);
    std::optional<Json> try_take(const std::string& activity, const std::string& worker);
    Json succeed(Transaction& tx, const Json& request);
    Json fail(Transaction& tx, const Json& request);
    Json beat(Transaction& tx, const Json& request);
    // The execution of an open token. Throws Error InvalidToken, TaskDoesNotExist, TaskTimedOut.
    std::string require_open(Transaction& tx, const std::string& token) const;
    static void close(Transaction& tx, const std::string& token);
    void note_wait(Transaction& tx, const std::string& execution, const Json& submitted);
    void advance(Transaction& tx, const std::string& execution);

    Site& site_;
    sqs::Arrivals arrivals_;  // by activity
};

std::string tasks_schema();

}  // namespace lifeboat::local::states

// Runs a machine to its end in a test: time jumps to whatever the execution waits for, the journal
// is kept in memory.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/testing/manual_clock.h"
#include "cloud/cloud.h"
#include "flow/engine.h"
#include "flow/testing/memory_outside.h"

namespace lifeboat::flow::testing {

struct RecordedCall {
    std::string service, operation;
    std::string request;  // JSON text
    std::string token;
};

// Answers every call with a function of the test and remembers it.
class ScriptedCloud final : public cloud::Cloud {
  public:
    using cloud::Cloud::call;
    using Answer = std::function<Json(const std::string& service, const std::string& operation,
                                      const Json& request)>;

    Json call(std::string_view service, std::string_view operation, const Json& request,
              const cloud::CallOptions& options) override;

    Answer answer;  // none: every call fails with UnknownOperationException
    std::vector<RecordedCall> calls;
};

class MachineRunner {
  public:
    // Fails the test when the definition is refused.
    explicit MachineRunner(const std::string& definition);

    // From a new execution to its end. Throws Error{Internal} when it does not end in a sane number
    // of advances.
    const Execution& run(const std::string& input);
    // One advance of a fresh Execution rebuilt from the journal, as after a crash. Returns false
    // when it has ended.
    bool resume_once();

    std::vector<std::string> event_types() const;     // of the visible events, in order
    std::vector<std::string> entered_states() const;  // names, in order

    ScriptedCloud cloud;
    lifeboat::testing::ManualClock clock;
    SeededRandom random{7};
    MemoryOutside outside;
    std::vector<HistoryRecord> journal;
    std::size_t largest_batch = 0;  // bytes of what was to be made durable at once
    std::unique_ptr<Execution> execution;

    std::unique_ptr<Execution> rebuild() const;
    void start(const std::string& input);
    // Advances until it waits or ends; moves the clock when it waits. False when it has ended.
    bool advance_once();
    // Advances until it waits or ends, at this moment.
    Advance advance_here();

  private:
    World world();
    Journal journal_writer();
    // A child execution of a distributed Map, from its start to its end.
    ChildResult run_child(const MapRunPlan& plan, const Value& input, const std::string& arn);

    std::shared_ptr<const Machine> machine_;
};

}  // namespace lifeboat::flow::testing

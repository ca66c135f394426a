#include "flow/testing/machine_runner.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "flow/child_machine.h"
#include "flow/machine_parser.h"

namespace lifeboat::flow::testing {

Json ScriptedCloud::call(std::string_view service, std::string_view operation, const Json& request,
                         const cloud::CallOptions& options) {
    calls.push_back(
        {std::string(service), std::string(operation), to_text(request), options.call_token});
    if (!answer)
        throw Error(ErrorCategory::Unsupported, "UnknownOperationException",
                    "this test answers no calls");
    return answer(std::string(service), std::string(operation), request);
}

MachineRunner::MachineRunner(const std::string& definition)
    : clock(*parse_iso8601("2026-01-02T03:04:05Z")) {
    ParsedMachine parsed = parse_machine(definition);
    if (parsed.machine == nullptr)
        throw Error(ErrorCategory::InvalidInput, "InvalidDefinition", describe(parsed.diagnostics));
    machine_ = std::move(parsed.machine);
    outside.run_child = [this](const MapRunPlan& plan, const Value& input, const std::string& arn) {
        return run_child(plan, input, arn);
    };
}

World MachineRunner::world() {
    return {cloud, clock, random, {}, &outside};
}

Journal MachineRunner::journal_writer() {
    return [this](const Execution& /*execution*/, const std::vector<HistoryRecord>& records) {
        std::size_t bytes = 0;
        for (const HistoryRecord& record : records) {
            bytes += weight(record);
            journal.push_back(
                history_record_from_json(parse_json(to_text(to_json(record)), "a stored record")));
        }
        largest_batch = std::max(largest_batch, bytes);
    };
}

std::unique_ptr<Execution> MachineRunner::rebuild() const {
    auto fresh = std::make_unique<Execution>(
        ExecutionIdentity{"arn:aws:states:us-east-1:000000000000:execution:m:e", "e",
                          "arn:aws:iam::000000000000:role/r",
                          "arn:aws:states:us-east-1:000000000000:stateMachine:m", "m"},
        machine_);
    for (const HistoryRecord& record : journal)
        fresh->apply(record);
    return fresh;
}

void MachineRunner::start(const std::string& input) {
    journal = {started_record(input, "arn:aws:iam::000000000000:role/r", clock.now())};
    execution = rebuild();
}

Advance MachineRunner::advance_here() {
    return advance(*execution, world(), journal_writer());
}

bool MachineRunner::advance_once() {
    const Advance result = advance_here();
    if (result.finished) return false;
    if (result.due > clock.now()) clock.advance(result.due - clock.now());
    return true;
}

bool MachineRunner::resume_once() {
    execution = rebuild();
    return advance_once();
}

const Execution& MachineRunner::run(const std::string& input) {
    start(input);
    for (int i = 0; i < 10'000; ++i)
        if (!advance_once()) return *execution;
    throw Error(ErrorCategory::Internal, "EndlessExecution", "the execution does not end");
}

ChildResult MachineRunner::run_child(const MapRunPlan& plan, const Value& input,
                                     const std::string& arn) {
    Execution child({arn, arn.substr(arn.rfind(':') + 1), "arn:aws:iam::000000000000:role/r",
                     "arn:aws:states:us-east-1:000000000000:stateMachine:" + plan.machine_name,
                     plan.machine_name},
                    child_machine(*machine_, plan.processor));
    child.apply(started_record(to_text(*input), "arn:aws:iam::000000000000:role/r", clock.now()));
    const auto forget = [](const Execution&, const std::vector<HistoryRecord>&) {};
    for (int i = 0; i < 10'000 && child.status() == ExecutionStatus::Running; ++i) {
        const Advance result = advance(child, world(), forget);
        if (!result.finished && result.due > clock.now()) clock.advance(result.due - clock.now());
    }
    ChildResult result{
        arn,
        child.identity().name,
        std::string(to_string(child.status())),
        to_text(*input),
        child.output() == nullptr ? std::nullopt : std::optional(to_text(*child.output())),
        child.failure().error,
        child.failure().cause,
        child.started_at(),
        child.ended_at()};
    return result;
}

std::vector<std::string> MachineRunner::event_types() const {
    std::vector<std::string> types;
    for (const HistoryRecord& record : journal)
        if (record.id != 0) types.push_back(record.type);
    return types;
}

std::vector<std::string> MachineRunner::entered_states() const {
    std::vector<std::string> names;
    for (const HistoryRecord& record : journal)
        if (record.type.ends_with("StateEntered"))
            names.push_back(record.details->at("name").get<std::string>());
    return names;
}

}  // namespace lifeboat::flow::testing

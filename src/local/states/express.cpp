// StartSyncExecution: an execution of an EXPRESS machine within the call. It is kept nowhere: when
// the process ends, so does the execution, and the caller knows by the broken connection (at most
// once, as on AWS).
#include "base/error.h"
#include "base/json.h"
#include "local/states/arns.h"
#include "local/states/executions.h"

namespace lifeboat::local::states {
namespace {

// Step Functions bills by 100 ms.
std::int64_t billed_milliseconds(Duration took) {
    const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
    return (millis + 99) / 100 * 100;
}

}  // namespace

Json Executions::start_sync(const Json& request) {
    const Target target = site_.database.read([&](Transaction& tx) {
        Target found = machines_.resolve(tx, require_string(request, "stateMachineArn"));
        machines_.require_active(tx, found.machine.arn);
        return found;
    });
    const MachineRow& machine = target.machine;
    if (!machine.is_express())
        throw Error(ErrorCategory::InvalidInput, "StateMachineTypeNotSupported",
                    "This operation is not supported by this type of state machine");
    std::string name = string_or(request, "name", "");
    if (name.empty()) name = new_uuid(site_.random);
    check_name(name);
    const std::string input = execution_input(request);

    flow::ExecutionIdentity identity;
    identity.arn = express_arn(site_.place, machine.name, name, new_uuid(site_.random));
    identity.name = name;
    identity.role_arn = machine.role_arn;
    identity.machine_arn = machine.arn;
    identity.machine_name = machine.name;
    identity.longest_seconds = kLongestExpress;
    flow::Execution execution(identity, machines_.parsed(target.revision));
    const Time started = site_.clock.now();
    execution.apply(flow::started_record(input, machine.role_arn, started));
    const flow::World world{site_.cloud, site_.clock, site_.random, site_.place};
    for (;;) {
        const flow::Advance result =
            flow::advance(execution, world, [](const auto&, const auto&) {});
        if (result.finished) break;
        sleeper_.sleep_until(result.due);
    }

    const bool data = string_or(request, "includedData", "ALL_DATA") == "ALL_DATA";
    Json answer = {
        {"executionArn", identity.arn},
        {"stateMachineArn", require_string(request, "stateMachineArn")},
        {"name", name},
        {"status", std::string(flow::to_string(execution.status()))},
        {"startDate", to_epoch_seconds(started)},
        {"stopDate", to_epoch_seconds(execution.ended_at())},
        {"inputDetails", {{"included", data}}},
        {"outputDetails", {{"included", data}}},
        {"billingDetails",
         {{"billedDurationInMilliseconds", billed_milliseconds(execution.ended_at() - started)}}}};
    if (data) answer["input"] = input;
    if (data && execution.output() != nullptr) answer["output"] = to_text(*execution.output());
    if (execution.failure().error) answer["error"] = *execution.failure().error;
    if (execution.failure().cause) answer["cause"] = *execution.failure().cause;
    if (const auto trace = find_string(request, "traceHeader")) answer["traceHeader"] = *trace;
    return answer;
}

}  // namespace lifeboat::local::states

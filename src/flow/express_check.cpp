#include "flow/express_check.h"

namespace lifeboat::flow {
namespace {

void check(const StateList& list, const std::string& where, bool express,
           std::vector<Diagnostic>& problems) {
    for (const auto& [name, state] : list.states) {
        const std::string place = where + "/States/" + name;
        const bool map = state.type == StateType::Map;
        if (express && state.distributed != nullptr)
            problems.push_back({"SCHEMA_VALIDATION_FAILED",
                                "Express state machine does not support Distributed Map states",
                                place});
        if (express && state.type == StateType::Task &&
            state.task.kind == TaskResource::Kind::Activity)
            problems.push_back({"SCHEMA_VALIDATION_FAILED",
                                "Express state machine does not support activities",
                                place + "/Resource"});
        else if (express && state.type == StateType::Task &&
                 state.task.pattern != TaskResource::Pattern::RequestResponse) {
            const auto dot = state.task.resource.find('.');
            problems.push_back({"SCHEMA_VALIDATION_FAILED",
                                "Express state machine does not support '" +
                                    state.task.resource.substr(dot) + "' service integration",
                                place + "/Resource"});
        }
        for (std::size_t i = 0; i < state.branches.size(); ++i)
            check(*state.branches[i],
                  place + (map ? "/ItemProcessor" : "/Branches[" + std::to_string(i) + "]"),
                  express || (state.distributed != nullptr && state.distributed->express),
                  problems);
    }
}

}  // namespace

void check_type(ParsedMachine& parsed, MachineType type) {
    if (parsed.machine == nullptr) return;
    check(parsed.machine->top, "", type == MachineType::Express, parsed.diagnostics);
    if (!parsed.diagnostics.empty()) parsed.machine = nullptr;
}

}  // namespace lifeboat::flow

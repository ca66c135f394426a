#include "flow/express_check.h"

namespace lifeboat::flow {
namespace {

void check(const StateList& list, const std::string& where, std::vector<Diagnostic>& problems) {
    for (const auto& [name, state] : list.states) {
        const std::string place = where + "/States/" + name;
        if (state.type == StateType::Task &&
            state.task.pattern != TaskResource::Pattern::RequestResponse) {
            const auto dot = state.task.resource.find('.');
            problems.push_back({"SCHEMA_VALIDATION_FAILED",
                                "Express state machine does not support '" +
                                    state.task.resource.substr(dot) + "' service integration",
                                place + "/Resource"});
        }
        for (std::size_t i = 0; i < state.branches.size(); ++i)
            check(*state.branches[i],
                  place + (state.type == StateType::Map ? "/ItemProcessor"
                                                        : "/Branches[" + std::to_string(i) + "]"),
                  problems);
    }
}

}  // namespace

void check_express(ParsedMachine& parsed) {
    if (parsed.machine == nullptr) return;
    check(parsed.machine->top, "", parsed.diagnostics);
    if (!parsed.diagnostics.empty()) parsed.machine = nullptr;
}

}  // namespace lifeboat::flow

#include "flow/child_machine.h"

#include "base/error.h"

namespace lifeboat::flow {
namespace {

const StateList* find_processor(const StateList& list, std::string_view processor) {
    for (const auto& [name, state] : list.states) {
        if (state.distributed != nullptr && state.distributed->place == processor)
            return state.branches.front().get();
        for (const auto& branch : state.branches)
            if (const StateList* found = find_processor(*branch, processor)) return found;
    }
    return nullptr;
}

}  // namespace

std::shared_ptr<const Machine> child_machine(const Machine& machine, std::string_view processor) {
    const StateList* list = find_processor(machine.top, processor);
    if (list == nullptr)
        throw Error(ErrorCategory::Corruption, "InvalidHistory",
                    "the state machine has no distributed Map at " + std::string(processor));
    auto child = std::make_shared<Machine>();
    child->top = *list;
    return child;
}

}  // namespace lifeboat::flow

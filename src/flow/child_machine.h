// The machine of the child executions of a distributed Map: its processor, run on its own.
#pragma once

#include <memory>
#include <string_view>

#include "flow/machine.h"

namespace lifeboat::flow {

// `processor` is DistributedMap::place. Throws Error{Corruption, "InvalidHistory"} when the machine
// has no such Map.
std::shared_ptr<const Machine> child_machine(const Machine& machine, std::string_view processor);

}  // namespace lifeboat::flow

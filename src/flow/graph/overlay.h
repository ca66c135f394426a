// What an execution did, put onto the graph of its machine.
#pragma once

#include "flow/graph/graph.h"

namespace lifeboat::flow::graph {

// `events` are those of GetExecutionHistory, oldest first; `status` is the execution's
// ("RUNNING", ...); `now`, in seconds since 1970, is where running states end for the time being.
void overlay(Graph& graph, const Json& events, const std::string& status, double now);

}  // namespace lifeboat::flow::graph

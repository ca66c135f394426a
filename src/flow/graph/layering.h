// Which layer each state of a graph stands in, so that transitions lead from one layer to a lower
// one.
#pragma once

#include <vector>

#include "flow/graph/graph.h"

namespace lifeboat::flow::graph {

struct Layering {
    std::vector<std::size_t> layers;  // by node; 0 is the top
    std::vector<bool> backwards;      // by edge: closes a circle, so it leads back up
};

// Longest-path layers of what does not lead back. The end stands below everything.
Layering layers_of(const Graph& graph);

}  // namespace lifeboat::flow::graph

// Places a graph on the plane: states in layers from top to bottom, so that transitions lead down;
// what leads back up, or very far down, goes around at the right. Branches of a state stand side by
// side in its box.
//
// The usual steps for layered drawings: longest-path layers, order by the barycentre of neighbours,
// places by their average; see K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual understanding
// of hierarchical system structures" (1981).
#pragma once

#include "flow/graph/graph.h"

namespace lifeboat::flow::graph {

// Sets the places of everything in it. Units are pixels.
void lay_out(Graph& graph);

// How many letters fit into the box of a state.
inline constexpr std::size_t kLongestLine = 34;
inline constexpr double kLetter = 7.2;       // width of a letter, 13 px
inline constexpr double kSmallLetter = 6.2;  // 11 px
inline constexpr double kHeader = 50;        // of a box with branches
inline constexpr double kPadding = 18;       // around branches
// The text, cut with an ellipsis when it is longer.
std::string shortened(const std::string& text, std::size_t most);

}  // namespace lifeboat::flow::graph

// A state machine as a drawing: its states, the transitions between them, and what an execution
// made of them. Made from the definition's JSON alone, so that machines of AWS, and those this
// engine would refuse, can be drawn too.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json_fwd.h"

namespace lifeboat::flow::graph {

// What became of a state, by its last visit.
enum class Outcome {
    NotEntered,
    Running,
    Succeeded,
    Retried,  // succeeded, but not at the first try
    Caught,   // failed, and a Catch took over
    Failed,
    Stopped,  // left behind: something beside it failed, or the execution was stopped
};
std::string_view to_string(Outcome outcome);  // "caught"

// What an execution did in a state.
struct Visit {
    Outcome outcome = Outcome::NotEntered;
    int visits = 0;
    int retries = 0;
    std::int64_t milliseconds = 0;  // in the state, all visits together
    double entered = 0;             // last entered, seconds since 1970
    std::string problem;            // "Error: cause" of what last went wrong
};

struct Point {
    double x = 0, y = 0;
};

struct Graph;

struct Node {
    std::string name;
    std::string type;          // "Task"; "Start" and "End" at the edges of the machine
    std::string detail;        // the resource of a Task, the duration of a Wait; may be empty
    std::vector<Graph> inner;  // branches of a Parallel; the processor of a Map
    Visit visit;
    // Set by the layout: the box, within the graph the node belongs to.
    double x = 0, y = 0, width = 0, height = 0;
};

struct Edge {
    enum class Kind { Next, Choice, Default, Catch };
    std::size_t from = 0, to = 0;  // indexes of nodes
    Kind kind = Kind::Next;
    std::string label;
    int taken = 0;
    // Set by the layout.
    std::vector<Point> points;
    bool curved = true;  // else straight lines with rounded corners
    Point label_at;
};

struct Graph {
    std::vector<Node> nodes;  // the first is where it begins
    std::vector<Edge> edges;
    double x = 0, y = 0, width = 0, height = 0;  // set by the layout, within the node around it
};

// Throws Error{InvalidInput, "InvalidDefinition"} when the text is not the JSON of a machine. What
// leads nowhere is left out.
Graph graph_of(std::string_view definition);

// Calls visit(Graph&) for a graph and all graphs within.
template <typename Visitor>
void each_graph(Graph& graph, const Visitor& visit) {
    visit(graph);
    for (Node& node : graph.nodes)
        for (Graph& inner : node.inner)
            each_graph(inner, visit);
}

}  // namespace lifeboat::flow::graph

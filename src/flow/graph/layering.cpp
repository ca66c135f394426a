#include "flow/graph/layering.h"

#include <algorithm>

namespace lifeboat::flow::graph {

Layering layers_of(const Graph& graph) {
    const std::size_t count = graph.nodes.size();
    Layering found;
    found.backwards.assign(graph.edges.size(), false);
    std::vector<std::vector<std::size_t>> out(count);
    for (std::size_t e = 0; e < graph.edges.size(); ++e)
        out[graph.edges[e].from].push_back(e);
    enum class Mark { New, Open, Closed };
    std::vector<Mark> marks(count, Mark::New);
    std::vector<std::size_t> finished;
    for (std::size_t first = 0; first < count; ++first) {
        if (marks[first] != Mark::New) continue;
        std::vector<std::pair<std::size_t, std::size_t>> path = {{first, 0}};
        marks[first] = Mark::Open;
        while (!path.empty()) {
            auto& [node, next] = path.back();
            if (next == out[node].size()) {
                marks[node] = Mark::Closed;
                finished.push_back(node);
                path.pop_back();
                continue;
            }
            const std::size_t e = out[node][next++];
            const std::size_t to = graph.edges[e].to;
            if (marks[to] == Mark::Open) found.backwards[e] = true;
            if (marks[to] != Mark::New) continue;
            marks[to] = Mark::Open;
            path.emplace_back(to, 0);
        }
    }
    found.layers.assign(count, 0);
    for (auto node = finished.rbegin(); node != finished.rend(); ++node)
        for (const std::size_t e : out[*node])
            if (!found.backwards[e]) {
                std::size_t& to = found.layers[graph.edges[e].to];
                to = std::max(to, found.layers[*node] + 1);
            }
    for (std::size_t i = 0; i < count; ++i)
        if (graph.nodes[i].type == "End") found.layers[i] = *std::ranges::max_element(found.layers);
    return found;
}

}  // namespace lifeboat::flow::graph

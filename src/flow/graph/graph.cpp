#include "flow/graph/graph.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/json.h"
#include "flow/graph/condition.h"

namespace lifeboat::flow::graph {
namespace {

constexpr int kDeepest = 100;  // branches within branches

std::string detail_of(const Json& state) {
    if (const auto resource = find_string(state, "Resource")) {
        // arn:aws:states:::aws-sdk:sqs:sendMessage, arn:aws:lambda:r:a:function:name
        const auto colon = resource->find(":::");
        if (colon != std::string::npos) return resource->substr(colon + 3);
        return resource->substr(resource->rfind(':') + 1);
    }
    for (const char* field : {"Seconds", "SecondsPath", "Timestamp", "TimestampPath", "Error"})
        if (const Json* value = find(state, field))
            return (value->is_string() ? value->get<std::string>() : to_text(*value)) +
                   (std::string_view(field) == "Seconds" && value->is_number() ? " s" : "");
    return "";
}

class Reader {
  public:
    Graph machine(const Json& definition, int depth) {
        Graph graph;
        const Json* states = find(definition, "States");
        if (states == nullptr || !states->is_object() || depth > kDeepest) return graph;
        const std::string start = string_or(definition, "StartAt", "");
        std::map<std::string, std::size_t> indexes;
        const auto add = [&](const std::string& name, const Json& state) {
            indexes.emplace(name, graph.nodes.size());
            graph.nodes.push_back(node(name, state, depth));
        };
        if (states->contains(start)) add(start, states->at(start));
        for (const auto& [name, state] : states->items())
            if (name != start) add(name, state);
        for (const auto& [name, state] : states->items())
            if (state.is_object()) add_edges(graph, indexes, indexes.at(name), state);
        return graph;
    }

  private:
    Node node(const std::string& name, const Json& state, int depth) {
        Node node;
        node.name = name;
        if (!state.is_object()) return node;
        node.type = string_or(state, "Type", "");
        node.detail = detail_of(state);
        if (const Json* branches = find(state, "Branches");
            branches != nullptr && branches->is_array())
            for (const Json& branch : *branches)
                node.inner.push_back(machine(branch, depth + 1));
        for (const char* field : {"ItemProcessor", "Iterator"})
            if (const Json* processor = find(state, field))
                node.inner.push_back(machine(*processor, depth + 1));
        std::erase_if(node.inner, [](const Graph& inner) { return inner.nodes.empty(); });
        return node;
    }

    static void add_edges(Graph& graph, const std::map<std::string, std::size_t>& indexes,
                          std::size_t from, const Json& state) {
        const auto add = [&](const Json& place, const char* field, Edge::Kind kind,
                             const std::string& label) {
            const auto to = indexes.find(string_or(place, field, ""));
            if (to == indexes.end()) return;
            for (Edge& edge : graph.edges)
                if (edge.from == from && edge.to == to->second && edge.kind == kind) {
                    edge.label += " or " + label;
                    return;
                }
            Edge edge;
            edge.from = from;
            edge.to = to->second;
            edge.kind = kind;
            edge.label = label;
            graph.edges.push_back(std::move(edge));
        };
        add(state, "Next", Edge::Kind::Next, "");
        if (const Json* choices = find(state, "Choices"); choices && choices->is_array())
            for (const Json& choice : *choices)
                if (choice.is_object()) add(choice, "Next", Edge::Kind::Choice, condition(choice));
        add(state, "Default", Edge::Kind::Default, "otherwise");
        if (const Json* catchers = find(state, "Catch"); catchers && catchers->is_array())
            for (const Json& catcher : *catchers)
                if (catcher.is_object())
                    add(catcher, "Next", Edge::Kind::Catch, errors_of(catcher));
    }

    static std::string errors_of(const Json& catcher) {
        std::string text;
        if (const Json* names = find(catcher, "ErrorEquals"); names && names->is_array())
            for (const Json& name : *names)
                if (name.is_string()) text += (text.empty() ? "" : ", ") + name.get<std::string>();
        return text == "States.ALL" ? "any error" : text;
    }
};

// The machine begins and ends at places of their own.
void add_ends(Graph& graph) {
    Node start;
    start.name = "Start";
    start.type = "Start";
    Node end;
    end.name = "End";
    end.type = "End";
    std::vector<bool> leaves(graph.nodes.size(), true);
    for (Edge& edge : graph.edges) {
        if (edge.kind != Edge::Kind::Catch) leaves[edge.from] = false;
        ++edge.from;
        ++edge.to;
    }
    graph.nodes.insert(graph.nodes.begin(), start);
    const std::size_t last = graph.nodes.size();
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        if (!leaves[i] || graph.nodes[i + 1].type == "Fail") continue;
        Edge edge;
        edge.from = i + 1;
        edge.to = last;
        graph.edges.push_back(edge);
    }
    graph.nodes.push_back(end);
    Edge first;
    first.to = 1;
    graph.edges.insert(graph.edges.begin(), first);
}

}  // namespace

Graph graph_of(std::string_view definition) {
    Json json;
    try {
        json = parse_json(definition, "the state machine definition");
    } catch (const Error& error) {
        throw Error(ErrorCategory::InvalidInput, "InvalidDefinition", error.message());
    }
    Graph graph = Reader().machine(json, 0);
    if (graph.nodes.empty())
        throw Error(ErrorCategory::InvalidInput, "InvalidDefinition",
                    "the definition has no states that could be drawn");
    add_ends(graph);
    return graph;
}

std::string_view to_string(Outcome outcome) {
    switch (outcome) {
        case Outcome::NotEntered:
            return "not entered";
        case Outcome::Running:
            return "running";
        case Outcome::Succeeded:
            return "succeeded";
        case Outcome::Retried:
            return "retried";
        case Outcome::Caught:
            return "caught";
        case Outcome::Failed:
            return "failed";
        case Outcome::Stopped:
            return "stopped";
    }
    return "";
}

}  // namespace lifeboat::flow::graph

#include <map>

#include "flow/graph/drawing.h"

namespace lifeboat::flow::graph {
namespace {

// Within quotes Mermaid takes HTML entities; its own marks must not appear as such.
std::string quoted(const std::string& text) {
    std::string safe;
    for (const char c : text) {
        if (c == '"')
            safe += "#quot;";
        else if (c == '#')
            safe += "#35;";
        else if (c == '<')
            safe += "#lt;";
        else if (c == '>')
            safe += "#gt;";
        else if (c == '&')
            safe += "#amp;";
        else if (c == '`')
            safe += "#96;";
        else if (static_cast<unsigned char>(c) < 0x20)
            safe += ' ';
        else
            safe += c;
    }
    return "\"" + safe + "\"";
}

std::string class_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::NotEntered:
            return "idle";
        default:
            return std::string(to_string(outcome));
    }
}

class Writer {
  public:
    std::string write(const Graph& graph, const Caption& caption) {
        if (!caption.title.empty()) out_ += "---\ntitle: " + quoted(caption.title) + "\n---\n";
        out_ += "flowchart TD\n";
        body(graph, "  ");
        for (const auto& [outcome, ids] : classes_) {
            const Look look = look_of(outcome);
            out_ += "  classDef " + class_of(outcome) + " fill:" + std::string(look.fill) +
                    ",stroke:" + std::string(look.line) + ",color:" + std::string(look.text) +
                    "\n  class " + ids + " " + class_of(outcome) + "\n";
        }
        return std::move(out_);
    }

  private:
    void body(const Graph& graph, const std::string& indent) {
        std::vector<std::string> ids;
        for (const Node& node : graph.nodes) {
            ids.push_back("s" + std::to_string(count_++));
            draw(node, ids.back(), indent);
        }
        for (const Edge& edge : graph.edges) {
            const bool caught = edge.kind == Edge::Kind::Catch;
            const std::string arrow = edge.taken > 0 && !caught ? " ==>"
                                      : caught                  ? " -.->"
                                                                : " -->";
            out_ += indent + ids[edge.from] + arrow +
                    (edge.label.empty() ? "" : "|" + quoted(edge.label) + "|") + " " +
                    ids[edge.to] + "\n";
        }
    }

    void draw(const Node& node, const std::string& id, const std::string& indent) {
        std::string& listed = classes_[node.visit.outcome];
        listed += (listed.empty() ? "" : ",") + id;
        const std::string visit = visit_text(node.visit);
        const std::string label = quoted(node.name).substr(0, quoted(node.name).size() - 1) +
                                  (visit.empty() ? "" : "<br/>" + visit) + "\"";
        if (node.inner.empty()) {
            const bool end = node.type == "Start" || node.type == "End";
            const bool choice = node.type == "Choice";
            out_ += indent + id +
                    (end      ? "(["
                     : choice ? "{"
                              : "[") +
                    label +
                    (end      ? "])"
                     : choice ? "}"
                              : "]") +
                    "\n";
            return;
        }
        out_ += indent + "subgraph " + id + "[" + label + "]\n";
        for (const Graph& inner : node.inner)
            body(inner, indent + "  ");
        out_ += indent + "end\n";
    }

    std::string out_;
    std::size_t count_ = 0;
    std::map<Outcome, std::string> classes_;
};

}  // namespace

std::string to_mermaid(const Graph& graph, const Caption& caption) {
    return Writer().write(graph, caption);
}

}  // namespace lifeboat::flow::graph

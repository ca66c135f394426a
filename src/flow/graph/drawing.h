// The drawings of a graph: SVG for looking at, Mermaid for pasting into a page of text.
#pragma once

#include <string>
#include <string_view>

#include "flow/graph/graph.h"

namespace lifeboat::flow::graph {

// What stands above a drawing; both may be empty.
struct Caption {
    std::string title;
    std::string subtitle;
};

// A whole SVG 1.1 document, self-contained, with tooltips. The graph must be laid out
// (flow/graph/layout.h).
std::string to_svg(const Graph& graph, const Caption& caption);

// A Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html). Needs no layout.
std::string to_mermaid(const Graph& graph, const Caption& caption);

// "2.5 s, 2 retries, 3 visits"; empty when the state was not entered.
std::string visit_text(const Visit& visit);

// How an outcome looks, in both.
struct Look {
    std::string_view fill, line, text;
};
Look look_of(Outcome outcome);

// For use in XML text and attributes; what XML cannot hold becomes U+FFFD.
std::string xml_escaped(std::string_view text);

}  // namespace lifeboat::flow::graph

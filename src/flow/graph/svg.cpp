#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "flow/graph/drawing.h"
#include "flow/graph/layout.h"

namespace lifeboat::flow::graph {
namespace {

constexpr double kMargin = 20;
constexpr double kCorner = 9;
constexpr std::string_view kTaken = "#475366";
constexpr std::string_view kIdle = "#bcc4d0";
constexpr std::string_view kCatch = "#d97f12";
constexpr std::string_view kIdleCatch = "#eac793";

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", value);
    return text;
}

std::string at(double x, double y) {
    return number(x) + "," + number(y);
}

// The little sign of a state's type, within 16 x 16.
std::string_view sign_of(std::string_view type) {
    if (type == "Task") return "M9 1 L3 9 H7.5 L6.5 15 L13 6.5 H8.5 Z";
    if (type == "Choice") return "M8 1.5 L14.5 8 L8 14.5 L1.5 8 Z";
    if (type == "Wait") return "M8 1.5 A6.5 6.5 0 1 0 8.01 1.5 Z M8 4.5 V8.3 L10.8 10";
    if (type == "Pass") return "M2 8 H13 M9 4 L13 8 L9 12";
    if (type == "Parallel") return "M4.5 2 V14 M8 2 V14 M11.5 2 V14";
    if (type == "Map") return "M2 5 H10 V14 H2 Z M5 5 V2 H14 V11 H10";
    if (type == "Succeed") return "M2.5 8.5 L6.5 12.5 L13.5 4";
    if (type == "Fail") return "M3.5 3.5 L12.5 12.5 M12.5 3.5 L3.5 12.5";
    return "M8 3 V13";
}

class Drawing {
  public:
    std::string draw(const Graph& graph, const Caption& caption) {
        const bool titled = !caption.title.empty();
        const double top = titled ? 62 : kMargin;
        const double title_width =
            std::max(static_cast<double>(caption.title.size()) * 9.5,
                     static_cast<double>(caption.subtitle.size()) * kSmallLetter);
        collect(graph);
        const double legend = static_cast<double>(outcomes_.size()) * 96;
        width_ = std::max({graph.width, title_width, legend}) + 2 * kMargin;
        const double height = top + graph.height + (outcomes_.empty() ? kMargin : 54);
        begin(width_, height, caption);
        if (titled) {
            text(kMargin, 30, caption.title, "16", "#1d2633", "600", "start");
            text(kMargin, 48, caption.subtitle, "11.5", "#5b6676", "400", "start");
        }
        body(graph, (width_ - graph.width) / 2, top);
        draw_legend(top + graph.height + 24);
        out_ += "</svg>\n";
        return std::move(out_);
    }

  private:
    void begin(double width, double height, const Caption& caption) {
        out_ =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
            "width=\"" +
            number(width) + "\" height=\"" + number(height) + "\" viewBox=\"0 0 " + number(width) +
            " " + number(height) +
            "\" font-family=\"Inter, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', Arial, "
            "sans-serif\" role=\"img\">\n<title>" +
            xml_escaped(caption.title) + "</title>\n<defs>\n";
        const std::pair<std::string_view, std::string_view> arrows[] = {
            {"taken", kTaken}, {"idle", kIdle}, {"catch", kCatch}, {"idle-catch", kIdleCatch}};
        for (const auto& [name, colour] : arrows)
            out_ += "<marker id=\"" + std::string(name) +
                    "\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"9\" "
                    "markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path "
                    "d=\"M0 1 L9 5 L0 9 Z\" fill=\"" +
                    std::string(colour) + "\"/></marker>\n";
        out_ += "</defs>\n<rect width=\"100%\" height=\"100%\" fill=\"#fbfcfd\"/>\n";
    }

    void collect(const Graph& graph) {
        for (const Node& node : graph.nodes) {
            if (node.type != "Start" && node.type != "End") outcomes_.insert(node.visit.outcome);
            for (const Graph& inner : node.inner)
                collect(inner);
        }
        // Without an execution there is nothing to explain.
        if (outcomes_.size() == 1 && outcomes_.contains(Outcome::NotEntered)) outcomes_.clear();
    }

    void body(const Graph& graph, double x, double y) {
        for (const Node& node : graph.nodes)
            draw_node(node, x, y);
        for (const bool taken : {false, true})
            for (const Edge& edge : graph.edges)
                if ((edge.taken > 0) == taken) draw_edge(edge, x, y);
        for (const Edge& edge : graph.edges)
            draw_label(edge, x, y);
    }

    void draw_node(const Node& node, double dx, double dy) {
        const double x = dx + node.x;
        const double y = dy + node.y;
        const Look look = look_of(node.visit.outcome);
        const bool end = node.type == "Start" || node.type == "End";
        out_ += "<g><title>" + xml_escaped(tooltip(node)) + "</title>\n";
        const std::string fill =
            node.inner.empty() ? std::string(look.fill) : std::string("#ffffff");
        out_ +=
            "<rect x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" + number(node.width) +
            "\" height=\"" + number(node.height) + "\" rx=\"" + (end ? "15" : "8") + "\" fill=\"" +
            fill + "\" stroke=\"" + std::string(look.line) + "\" stroke-width=\"" +
            (node.visit.outcome == Outcome::NotEntered ? "1.2" : "1.8") + "\"" +
            (node.visit.outcome == Outcome::NotEntered && !end ? " stroke-dasharray=\"5 3\"" : "") +
            "/>\n";
        if (end) {
            text(x + node.width / 2, y + 19.5, node.name, "12", look.text, "500", "middle");
        } else {
            const double band = node.inner.empty() ? 0 : kHeader - 12;
            if (band > 0)
                out_ += "<path d=\"M" + at(x + 1, y + band) + " V" + number(y + 8) + " Q" +
                        at(x + 1, y + 1) + " " + at(x + 8, y + 1) + " H" +
                        number(x + node.width - 8) + " Q" + at(x + node.width - 1, y + 1) + " " +
                        at(x + node.width - 1, y + 8) + " V" + number(y + band) + " Z\" fill=\"" +
                        std::string(look.fill) + "\"/>\n";
            draw_head(node, x, y, look, band);
        }
        out_ += "</g>\n";
        for (std::size_t i = 0; i < node.inner.size(); ++i) {
            const Graph& inner = node.inner[i];
            if (i > 0)
                out_ += "<path d=\"M" + at(x + inner.x - kPadding / 2, y + kHeader - 4) + " V" +
                        number(y + node.height - 10) +
                        "\" stroke=\"#dde2ea\" stroke-dasharray=\"2 4\"/>\n";
            body(inner, x + inner.x, y + inner.y);
        }
    }

    void draw_head(const Node& node, double x, double y, const Look& look, double band) {
        const bool filled = node.type == "Task";
        const double middle = y + (band > 0 ? band / 2 : node.height / 2);
        out_ += "<path transform=\"translate(" + at(x + 13, middle - 8) + ")\" d=\"" +
                std::string(sign_of(node.type)) + "\" fill=\"" +
                (filled ? std::string(look.line) : "none") + "\" stroke=\"" +
                std::string(look.line) +
                "\" stroke-width=\"1.6\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>\n";
        const std::string second = visit_text(node.visit).empty()
                                       ? shortened(node.detail, kLongestLine + 4)
                                       : visit_text(node.visit);
        const double name_y = second.empty() ? middle + 4.5 : middle - 3;
        text(x + 38, name_y, shortened(node.name, kLongestLine), "13", look.text, "600", "start");
        if (!second.empty())
            text(x + 38, middle + 13, second, "11", look.text, "400", "start", " opacity=\"0.85\"");
    }

    static std::string tooltip(const Node& node) {
        std::string tip = node.name;
        if (node.type != "Start" && node.type != "End")
            tip += " (" + node.type + "): " + std::string(to_string(node.visit.outcome));
        if (!node.detail.empty()) tip += " - " + node.detail;
        if (!node.visit.problem.empty()) tip += " - " + node.visit.problem;
        return tip;
    }

    void draw_edge(const Edge& edge, double x, double y) {
        const bool taken = edge.taken > 0;
        const bool caught = edge.kind == Edge::Kind::Catch;
        const std::string_view colour =
            caught ? (taken ? kCatch : kIdleCatch) : (taken ? kTaken : kIdle);
        const std::string_view arrow =
            caught ? (taken ? "catch" : "idle-catch") : (taken ? "taken" : "idle");
        out_ += "<path d=\"" + (edge.curved ? curve(edge, x, y) : corners(edge, x, y)) +
                "\" fill=\"none\" stroke=\"" + std::string(colour) + "\" stroke-width=\"" +
                (taken ? "2" : "1.4") + "\"" + (caught ? " stroke-dasharray=\"6 4\"" : "") +
                " marker-end=\"url(#" + std::string(arrow) + ")\"/>\n";
    }

    static std::string curve(const Edge& edge, double x, double y) {
        std::string path = "M" + at(x + edge.points[0].x, y + edge.points[0].y);
        for (std::size_t i = 1; i < edge.points.size(); ++i) {
            const Point& from = edge.points[i - 1];
            const Point& to = edge.points[i];
            if (std::abs(from.x - to.x) < 0.5) {
                path += " L" + at(x + to.x, y + to.y);
                continue;
            }
            const double middle = y + (from.y + to.y) / 2;
            path += " C" + at(x + from.x, middle) + " " + at(x + to.x, middle) + " " +
                    at(x + to.x, y + to.y);
        }
        return path;
    }

    static std::string corners(const Edge& edge, double x, double y) {
        const auto& points = edge.points;
        std::string path = "M" + at(x + points[0].x, y + points[0].y);
        const auto towards = [](const Point& from, const Point& to, double most) {
            const double length = std::hypot(to.x - from.x, to.y - from.y);
            const double part = length < 1e-6 ? 0 : std::min(most, length / 2) / length;
            return Point{from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part};
        };
        for (std::size_t i = 1; i + 1 < points.size(); ++i) {
            const Point before = towards(points[i], points[i - 1], kCorner);
            const Point after = towards(points[i], points[i + 1], kCorner);
            path += " L" + at(x + before.x, y + before.y) + " Q" +
                    at(x + points[i].x, y + points[i].y) + " " + at(x + after.x, y + after.y);
        }
        return path + " L" + at(x + points.back().x, y + points.back().y);
    }

    void draw_label(const Edge& edge, double x, double y) {
        if (edge.label.empty()) return;
        const bool taken = edge.taken > 0;
        const std::string_view colour =
            edge.kind == Edge::Kind::Catch ? "#a35c06" : (taken ? "#2f3947" : "#7d8796");
        out_ += "<g><title>" + xml_escaped(edge.label) + "</title>";
        text(x + edge.label_at.x, y + edge.label_at.y, shortened(edge.label, kLongestLine), "10.5",
             colour, taken ? "600" : "400", "middle",
             " stroke=\"#fbfcfd\" stroke-width=\"4\" stroke-linejoin=\"round\" "
             "paint-order=\"stroke\"");
        out_ += "</g>\n";
    }

    void draw_legend(double y) {
        double x = kMargin;
        for (const Outcome outcome : outcomes_) {
            const Look look = look_of(outcome);
            out_ += "<rect x=\"" + number(x) + "\" y=\"" + number(y) +
                    "\" width=\"14\" height=\"14\" rx=\"4\" fill=\"" + std::string(look.fill) +
                    "\" stroke=\"" + std::string(look.line) + "\" stroke-width=\"1.5\"/>\n";
            text(x + 20, y + 11, std::string(to_string(outcome)), "11", "#4a5565", "400", "start");
            x += 96;
        }
    }

    void text(double x, double y, const std::string& content, std::string_view size,
              std::string_view colour, std::string_view weight, std::string_view anchor,
              const std::string& more = "") {
        out_ += "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" font-size=\"" +
                std::string(size) + "\" font-weight=\"" + std::string(weight) + "\" fill=\"" +
                std::string(colour) + "\" text-anchor=\"" + std::string(anchor) + "\"" + more +
                ">" + xml_escaped(content) + "</text>\n";
    }

    std::string out_;
    double width_ = 0;
    std::set<Outcome> outcomes_;
};

}  // namespace

std::string to_svg(const Graph& graph, const Caption& caption) {
    return Drawing().draw(graph, caption);
}

}  // namespace lifeboat::flow::graph

#include "flow/graph/layout.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "flow/graph/layering.h"

namespace lifeboat::flow::graph {
namespace {

constexpr double kGapX = 36;
constexpr double kGapY = 46;         // between layers
constexpr double kLabelRoom = 18;    // more of it where transitions have labels
constexpr double kChannel = 12;      // between lines that go around
constexpr int kLongestThrough = 12;  // layers; longer transitions go around
constexpr int kSweeps = 12;

std::size_t letters(const std::string& text) {
    // UTF-8: continuation bytes are no letters.
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// A state, or a point a long transition passes on its way through a layer.
struct Cell {
    std::size_t layer = 0;
    double width = 0, height = 0;
    double x = 0, y = 0;  // the left edge; the top
    std::vector<std::size_t> up, down;
    double centre() const { return x + width / 2; }
};

class Layout {
  public:
    explicit Layout(Graph& graph) : graph_(graph) {}

    void run() {
        size_nodes();
        find_layers();
        add_passages();
        order();
        place_vertically();
        place_horizontally();
        finish_nodes();
        route();
    }

  private:
    void size_nodes() {
        for (Node& node : graph_.nodes) {
            if (node.type == "Start" || node.type == "End") {
                node.width = 64;
                node.height = 30;
                continue;
            }
            const auto name = std::min(letters(node.name), kLongestLine);
            const auto detail = std::min(letters(node.detail), kLongestLine + 4);
            node.width = std::max({128.0, static_cast<double>(name) * kLetter + 56,
                                   static_cast<double>(detail) * kSmallLetter + 56});
            node.height = 50;
            if (node.inner.empty()) continue;
            double x = kPadding;
            double tallest = 0;
            for (Graph& inner : node.inner) {
                lay_out(inner);
                inner.x = x;
                inner.y = kHeader;
                x += inner.width + kPadding;
                tallest = std::max(tallest, inner.height);
            }
            const double spare = std::max(0.0, node.width - x);
            for (Graph& inner : node.inner)
                inner.x += spare / 2;
            node.width = std::max(node.width, x);
            node.height = kHeader + tallest + kPadding;
        }
    }

    void find_layers() {
        Layering layering = layers_of(graph_);
        backwards_ = std::move(layering.backwards);
        cells_.resize(graph_.nodes.size());
        for (std::size_t i = 0; i < cells_.size(); ++i) {
            cells_[i].layer = layering.layers[i];
            cells_[i].width = graph_.nodes[i].width;
            cells_[i].height = graph_.nodes[i].height;
        }
    }

    void add_passages() {
        passages_.resize(graph_.edges.size());
        around_.assign(graph_.edges.size(), false);
        for (std::size_t e = 0; e < graph_.edges.size(); ++e) {
            const Edge& edge = graph_.edges[e];
            const std::size_t top = cells_[edge.from].layer;
            const std::size_t bottom = cells_[edge.to].layer;
            around_[e] = backwards_[e] || bottom > top + kLongestThrough;
            if (around_[e]) continue;
            std::size_t above = edge.from;
            for (std::size_t layer = top + 1; layer < bottom; ++layer) {
                Cell cell;
                cell.layer = layer;
                cell.width = 10;
                if (layer == top + 1)
                    cell.width = std::max(
                        10.0, static_cast<double>(letters(shown_label(edge))) * kSmallLetter);
                const std::size_t index = cells_.size();
                cells_.push_back(cell);
                passages_[e].push_back(index);
                connect(above, index);
                above = index;
            }
            connect(above, edge.to);
        }
        std::size_t most = 0;
        for (const Cell& cell : cells_)
            most = std::max(most, cell.layer);
        layers_.resize(most + 1);
        for (std::size_t i = 0; i < cells_.size(); ++i)
            layers_[cells_[i].layer].push_back(i);
    }

    void connect(std::size_t above, std::size_t below) {
        cells_[above].down.push_back(below);
        cells_[below].up.push_back(above);
    }

    // Neighbours stand near each other: every layer is sorted by where its neighbours are.
    void order() {
        std::vector<double> rank(cells_.size());
        const auto number = [&](const std::vector<std::size_t>& layer) {
            for (std::size_t i = 0; i < layer.size(); ++i)
                rank[layer[i]] = static_cast<double>(i);
        };
        for (const auto& layer : layers_)
            number(layer);
        const auto sort = [&](std::vector<std::size_t>& layer, bool by_above) {
            std::vector<double> keys(cells_.size());
            for (const std::size_t cell : layer) {
                const auto& others = by_above ? cells_[cell].up : cells_[cell].down;
                double sum = 0;
                for (const std::size_t other : others)
                    sum += rank[other];
                keys[cell] = others.empty() ? rank[cell] : sum / static_cast<double>(others.size());
            }
            std::ranges::stable_sort(
                layer, [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
            number(layer);
        };
        for (int sweep = 0; sweep < kSweeps; ++sweep) {
            for (std::size_t i = 1; i < layers_.size(); ++i)
                sort(layers_[i], true);
            for (std::size_t i = layers_.size() - 1; i-- > 0 && sweep + 1 < kSweeps;)
                sort(layers_[i], false);
        }
    }

    void place_vertically() {
        std::vector<bool> labelled(layers_.size(), false);
        for (const Edge& edge : graph_.edges)
            if (!edge.label.empty()) labelled[cells_[edge.from].layer] = true;
        double y = kPadding / 2;
        for (std::size_t i = 0; i < layers_.size(); ++i) {
            double tallest = 0;
            for (const std::size_t cell : layers_[i])
                tallest = std::max(tallest, cells_[cell].height);
            for (const std::size_t cell : layers_[i]) {
                const bool passage = cell >= graph_.nodes.size();
                if (passage) cells_[cell].height = tallest;
                cells_[cell].y = y;
            }
            tops_.push_back(y);
            y += tallest;
            bottoms_.push_back(y);
            y += kGapY + (labelled[i] ? kLabelRoom : 0);
        }
        height_ = bottoms_.back() + kPadding / 2;
    }

    void place_horizontally() {
        for (const auto& layer : layers_) {
            double x = 0;
            for (const std::size_t cell : layer) {
                cells_[cell].x = x;
                x += cells_[cell].width + kGapX;
            }
        }
        for (int sweep = 0; sweep < 2 * kSweeps; ++sweep) {
            if (sweep % 2 == 0)
                for (auto& layer : layers_)
                    pull(layer, sweep);
            else
                for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer)
                    pull(*layer, sweep);
        }
        double left = 0;
        for (const Cell& cell : cells_)
            left = std::min(left, cell.x);
        width_ = 0;
        for (Cell& cell : cells_) {
            cell.x += kPadding / 2 - left;
            width_ = std::max(width_, cell.x + cell.width);
        }
    }

    // Moves every cell of a layer towards the middle of its neighbours as far as order and gaps
    // allow: blocks of touching cells settle at the average of what their members wish.
    void pull(const std::vector<std::size_t>& layer, int sweep) {
        struct Block {
            double wish = 0;  // sum of wished left edges of the block's first cell
            double count = 0, width = 0;
            std::vector<std::size_t> members;
            double x() const { return wish / count; }
        };
        std::vector<Block> blocks;
        for (const std::size_t index : layer) {
            const Cell& cell = cells_[index];
            std::vector<std::size_t> others = sweep % 2 == 0 ? cell.up : cell.down;
            if (sweep + 2 >= 2 * kSweeps || others.empty()) {
                others = cell.up;
                others.insert(others.end(), cell.down.begin(), cell.down.end());
            }
            double wish = cell.x;
            if (!others.empty()) {
                double sum = 0;
                for (const std::size_t other : others)
                    sum += cells_[other].centre();
                wish = sum / static_cast<double>(others.size()) - cell.width / 2;
            }
            blocks.push_back({wish, 1, cell.width + kGapX, {index}});
            while (blocks.size() > 1) {
                Block& last = blocks.back();
                Block& before = blocks[blocks.size() - 2];
                if (before.x() + before.width <= last.x()) break;
                before.wish += last.wish - last.count * before.width;
                before.count += last.count;
                before.width += last.width;
                before.members.insert(before.members.end(), last.members.begin(),
                                      last.members.end());
                blocks.pop_back();
            }
        }
        for (const Block& block : blocks) {
            double x = block.x();
            for (const std::size_t member : block.members) {
                cells_[member].x = x;
                x += cells_[member].width + kGapX;
            }
        }
    }

    void finish_nodes() {
        for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
            graph_.nodes[i].x = cells_[i].x;
            graph_.nodes[i].y = cells_[i].y;
        }
    }

    // Where the transitions of a node touch its box: side by side, in the order of where they go.
    std::vector<double> ports(bool outgoing) const {
        std::vector<double> at(graph_.edges.size());
        std::vector<std::vector<std::size_t>> of(graph_.nodes.size());
        for (std::size_t e = 0; e < graph_.edges.size(); ++e)
            of[outgoing ? graph_.edges[e].from : graph_.edges[e].to].push_back(e);
        const auto far = [&](std::size_t e) {
            if (around_[e]) return width_ + 1;
            const auto& passages = passages_[e];
            if (passages.empty())
                return cells_[outgoing ? graph_.edges[e].to : graph_.edges[e].from].centre();
            return cells_[outgoing ? passages.front() : passages.back()].centre();
        };
        for (std::size_t n = 0; n < of.size(); ++n) {
            std::ranges::stable_sort(of[n],
                                     [&](std::size_t a, std::size_t b) { return far(a) < far(b); });
            const double room =
                std::min(cells_[n].width * 0.6, static_cast<double>(of[n].size() - 1) * 28.0);
            for (std::size_t i = 0; i < of[n].size(); ++i)
                at[of[n][i]] =
                    cells_[n].centre() +
                    (of[n].size() < 2
                         ? 0
                         : room * (static_cast<double>(i) / static_cast<double>(of[n].size() - 1) -
                                   0.5));
        }
        return at;
    }

    void route() {
        const std::vector<double> leave = ports(true);
        const std::vector<double> arrive = ports(false);
        std::vector<int> labels_above(graph_.nodes.size(), 0);
        // Shorter detours are closer.
        std::vector<std::size_t> detours;
        for (std::size_t e = 0; e < graph_.edges.size(); ++e)
            if (around_[e]) detours.push_back(e);
        const auto span = [&](std::size_t e) {
            return std::abs(static_cast<double>(cells_[graph_.edges[e].from].layer) -
                            static_cast<double>(cells_[graph_.edges[e].to].layer));
        };
        std::ranges::stable_sort(detours,
                                 [&](std::size_t a, std::size_t b) { return span(a) < span(b); });
        double channel = width_ + kChannel;
        for (const std::size_t e : detours) {
            Edge& edge = graph_.edges[e];
            const Cell& from = cells_[edge.from];
            const Cell& to = cells_[edge.to];
            const double down = bottoms_[from.layer] + 14;
            const double back = tops_[to.layer] - 16;
            edge.curved = false;
            edge.points = {{leave[e], from.y + from.height},
                           {leave[e], down},
                           {channel, down},
                           {channel, back},
                           {arrive[e], back},
                           {arrive[e], to.y}};
            edge.label_at = {(leave[e] + channel) / 2, down - 4};
            channel += kChannel;
        }
        graph_.width = (detours.empty() ? width_ : channel) + kPadding / 2;
        graph_.height = height_;
        for (std::size_t e = 0; e < graph_.edges.size(); ++e) {
            if (around_[e]) continue;
            Edge& edge = graph_.edges[e];
            const Cell& from = cells_[edge.from];
            const Cell& to = cells_[edge.to];
            edge.points = {{leave[e], from.y + from.height}};
            if (from.y + from.height < bottoms_[from.layer])
                edge.points.push_back({leave[e], bottoms_[from.layer]});
            for (const std::size_t passage : passages_[e]) {
                const Cell& cell = cells_[passage];
                edge.points.push_back({cell.centre(), cell.y});
                edge.points.push_back({cell.centre(), cell.y + cell.height});
            }
            edge.points.push_back({arrive[e], to.y});
            if (edge.label.empty()) continue;
            const std::size_t next = edge.points[1].y > edge.points[0].y &&
                                             edge.points[1].x == edge.points[0].x &&
                                             edge.points.size() > 2
                                         ? 2
                                         : 1;
            edge.label_at = edge.points[next];
            // Labels of transitions that end at the same state stand above each other.
            const int above = passages_[e].empty() ? labels_above[edge.to]++ : 0;
            edge.label_at.y -= 14 + 13 * above;
        }
    }

    static std::string shown_label(const Edge& edge) { return shortened(edge.label, kLongestLine); }

    Graph& graph_;
    std::vector<Cell> cells_;  // the nodes first
    std::vector<std::vector<std::size_t>> layers_;
    std::vector<std::vector<std::size_t>> passages_;  // of every edge
    std::vector<bool> backwards_, around_;
    std::vector<double> tops_, bottoms_;  // of layers
    double width_ = 0, height_ = 0;
};

}  // namespace

void lay_out(Graph& graph) {
    if (!graph.nodes.empty()) Layout(graph).run();
}

std::string shortened(const std::string& text, std::size_t most) {
    if (letters(text) <= most) return text;
    std::string cut;
    std::size_t count = 0;
    for (const char c : text) {
        if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U && count++ == most - 1) break;
        cut += c;
    }
    return cut + "…";
}

}  // namespace lifeboat::flow::graph

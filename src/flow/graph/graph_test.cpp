#include "flow/graph/graph.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "flow/graph/condition.h"
#include "flow/graph/drawing.h"
#include "flow/graph/layout.h"
#include "flow/graph/overlay.h"
#include "flow/testing/machine_runner.h"

namespace lifeboat::flow::graph {
namespace {

using testing::MachineRunner;

const std::string kMachine = R"({"StartAt": "Look", "States": {
    "Look": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:getQueueUrl",
        "Parameters": {"QueueName": "q"}, "Next": "Kind",
        "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 3}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}]},
    "Kind": {"Type": "Choice", "Default": "Look",
        "Choices": [{"Variable": "$.QueueUrl", "StringEquals": "a<b>&\"c\"", "Next": "Both"}]},
    "Both": {"Type": "Parallel", "Next": "Each", "ResultPath": null, "Branches": [
        {"StartAt": "One", "States": {"One": {"Type": "Pass", "End": true}}},
        {"StartAt": "Two", "States": {"Two": {"Type": "Wait", "Seconds": 2, "End": true}}}]},
    "Each": {"Type": "Map", "ItemsPath": "$.list", "End": true, "ItemProcessor": {
        "StartAt": "Item", "States": {"Item": {"Type": "Pass", "End": true}}}},
    "Sorry": {"Type": "Fail"}}})";

const Node* find_node(const Graph& graph, std::string_view name) {
    for (const Node& node : graph.nodes) {
        if (node.name == name) return &node;
        for (const Graph& inner : node.inner)
            if (const Node* found = find_node(inner, name)) return found;
    }
    return nullptr;
}

// Runs the machine; `failures` calls fail first.
Graph drawn(int failures, const std::string& answer) {
    MachineRunner runner(kMachine);
    runner.cloud.answer = [&](const std::string&, const std::string&, const Json&) -> Json {
        if (failures-- > 0) throw Error(ErrorCategory::Internal, "InternalFailure", "not yet");
        return Json::parse(answer);
    };
    runner.run("{}");
    Json events = Json::array();
    for (const HistoryRecord& record : runner.journal)
        if (record.id != 0) events.push_back(to_history_event(record, true));
    Graph graph = graph_of(kMachine);
    overlay(graph, events, std::string(flow::to_string(runner.execution->status())),
            to_epoch_seconds(runner.clock.now()));
    return graph;
}

Outcome outcome_of(const Graph& graph, const std::string& name) {
    return find_node(graph, name)->visit.outcome;
}

TEST(Graph, HoldsStatesTransitionsAndBranches) {
    const Graph graph = graph_of(kMachine);
    EXPECT_EQ(graph.nodes.front().type, "Start");
    EXPECT_EQ(graph.nodes[1].name, "Look");
    EXPECT_EQ(graph.nodes.back().type, "End");
    EXPECT_EQ(graph.nodes.size(), 7U);
    EXPECT_EQ(find_node(graph, "Both")->inner.size(), 2U);
    EXPECT_EQ(find_node(graph, "Look")->detail, "aws-sdk:sqs:getQueueUrl");
    EXPECT_EQ(find_node(graph, "Two")->detail, "2 s");
    EXPECT_TRUE(std::ranges::any_of(graph.edges, [](const Edge& edge) {
        return edge.kind == Edge::Kind::Catch && edge.label == "any error";
    }));
    EXPECT_THROW(graph_of("{"), Error);
    EXPECT_THROW(graph_of("[]"), Error);
    EXPECT_THROW(graph_of(R"({"StartAt": "A", "States": {}})"), Error);
}

TEST(Graph, SaysConditionsInOneLine) {
    EXPECT_EQ(condition(Json::parse(R"({"Variable": "$.n", "NumericGreaterThanEquals": 3})")),
              "$.n >= 3");
    EXPECT_EQ(condition(Json::parse(R"({"And": [{"Variable": "$.a", "IsPresent": true},
        {"Not": {"Variable": "$.b", "StringEqualsPath": "$.c"}}]})")),
              "$.a is present and not ($.b == $.c)");
    EXPECT_EQ(condition(Json::parse(R"({"Condition": "{% $x > 1 %}"})")), "{% $x > 1 %}");
}

TEST(Graph, IsColouredByWhatHappened) {
    const Graph graph = drawn(2, R"({"QueueUrl": "a<b>&\"c\"", "list": [1, 2, 3]})");
    EXPECT_EQ(outcome_of(graph, "Look"), Outcome::Retried);
    EXPECT_EQ(find_node(graph, "Look")->visit.retries, 2);
    EXPECT_EQ(outcome_of(graph, "Both"), Outcome::Succeeded);
    EXPECT_EQ(find_node(graph, "Two")->visit.milliseconds, 2000);
    EXPECT_EQ(find_node(graph, "Item")->visit.visits, 3);
    EXPECT_EQ(outcome_of(graph, "Sorry"), Outcome::NotEntered);
    EXPECT_EQ(outcome_of(graph, "End"), Outcome::Succeeded);
    const auto taken = [&](const std::string& from, const std::string& to) {
        for (const Edge& edge : graph.edges)
            if (graph.nodes[edge.from].name == from && graph.nodes[edge.to].name == to)
                return edge.taken;
        return -1;
    };
    EXPECT_EQ(taken("Look", "Kind"), 1);
    EXPECT_EQ(taken("Kind", "Look"), 0);
    EXPECT_EQ(taken("Look", "Sorry"), 0);
    EXPECT_EQ(taken("Each", "End"), 1);
}

TEST(Graph, ShowsWhatWasCaughtAndWhereItFailed) {
    const Graph graph = drawn(9, "{}");
    EXPECT_EQ(outcome_of(graph, "Look"), Outcome::Caught);
    EXPECT_EQ(find_node(graph, "Look")->visit.retries, 3);
    EXPECT_NE(find_node(graph, "Look")->visit.problem.find("not yet"), std::string::npos);
    EXPECT_EQ(outcome_of(graph, "Sorry"), Outcome::Failed);
    EXPECT_EQ(outcome_of(graph, "Both"), Outcome::NotEntered);
    EXPECT_EQ(outcome_of(graph, "End"), Outcome::NotEntered);
}

TEST(Graph, AFailureInsideMarksWhatIsAround) {
    const Graph graph = drawn(0, R"({"QueueUrl": "a<b>&\"c\""})");
    EXPECT_EQ(outcome_of(graph, "Each"), Outcome::Failed);
    EXPECT_NE(find_node(graph, "Each")->visit.problem.find("$.list"), std::string::npos);
}

bool overlap(const Node& a, const Node& b) {
    return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height &&
           b.y < a.y + a.height;
}

TEST(Graph, LaysBoxesOutWithoutOverlap) {
    Graph graph = graph_of(kMachine);
    lay_out(graph);
    each_graph(graph, [](const Graph& part) {
        for (std::size_t i = 0; i < part.nodes.size(); ++i) {
            EXPECT_GE(part.nodes[i].x, 0);
            EXPECT_LE(part.nodes[i].x + part.nodes[i].width, part.width);
            EXPECT_LE(part.nodes[i].y + part.nodes[i].height, part.height);
            for (std::size_t j = 0; j < i; ++j)
                EXPECT_FALSE(overlap(part.nodes[i], part.nodes[j]))
                    << part.nodes[i].name << " and " << part.nodes[j].name;
        }
        for (const Edge& edge : part.edges)
            EXPECT_GE(edge.points.size(), 2U);
    });
}

TEST(Graph, LaysOutLargeMachinesInReasonableTime) {
    Json machine = {{"StartAt", "s0"}, {"States", Json::object()}};
    constexpr int kStates = 2'000;
    for (int i = 0; i < kStates; ++i)
        machine["States"]["s" + std::to_string(i)] = {
            {"Type", "Task"},
            {"Next", "s" + std::to_string((i + 1) % kStates)},
            {"Catch", {{{"ErrorEquals", {"States.ALL"}}, {"Next", "s" + std::to_string(i / 2)}}}}};
    Graph graph = graph_of(to_text(machine));
    lay_out(graph);
    EXPECT_GT(graph.height, 50.0 * kStates);
    EXPECT_GT(to_svg(graph, {}).size(), 100'000U);
}

TEST(Graph, DrawingsEscapeWhatTheyShow) {
    Graph graph = drawn(2, R"({"QueueUrl": "a<b>&\"c\"", "list": []})");
    lay_out(graph);
    const std::string svg = to_svg(graph, {"m <1> & \"2\"", "SUCCEEDED\x01"});
    EXPECT_NE(svg.find("m &lt;1&gt; &amp; &quot;2&quot;"), std::string::npos);
    EXPECT_EQ(svg.find("<b>"), std::string::npos);
    EXPECT_EQ(svg.find('\x01'), std::string::npos);
    EXPECT_NE(svg.find("2 retries"), std::string::npos);
    const std::string mermaid = to_mermaid(graph, {"m", ""});
    EXPECT_NE(mermaid.find("flowchart TD"), std::string::npos);
    EXPECT_NE(mermaid.find("subgraph"), std::string::npos);
    EXPECT_EQ(mermaid.find("a<b>"), std::string::npos);
}

}  // namespace
}  // namespace lifeboat::flow::graph

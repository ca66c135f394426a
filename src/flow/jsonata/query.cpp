#include "flow/jsonata/query.h"

#include "base/json.h"
#include "flow/jsonata/evaluator.h"
#include "flow/jsonata/parser.h"

namespace lifeboat::flow::jsonata {
namespace {

// Refuses what is not supported; notes the variables.
void look_through(const Node& node, std::set<std::string, std::less<>>& variables) {
    if (node.kind == Node::Kind::Variable && node.text == "eval")
        fail_at(node.position, "U1003", "The function $eval is not supported");
    if (node.kind == Node::Kind::Variable) variables.insert(node.text);
    const auto visit = [&variables](const NodePtr& below) {
        if (below != nullptr) look_through(*below, variables);
    };
    for (const NodePtr& part : node.parts)
        visit(part);
    for (const Stage& stage : node.stages)
        visit(stage.filter);
    for (const SortTerm& term : node.terms)
        visit(term.expression);
    for (const auto* pairs : {&node.pairs, &node.group})
        for (const auto& [key, value] : *pairs) {
            visit(key);
            visit(value);
        }
    if (node.kind == Node::Kind::Regex) Regex::compile(node.text, node.name);
}

}  // namespace

Query Query::parse(std::string_view text) {
    Query query;
    query.tree_ = parse_expression(text);
    look_through(*query.tree_, query.variables_);
    return query;
}

namespace {

std::optional<Json> result_of(Evaluator& evaluator, const Node& tree, const Item& input,
                              Budget& budget) {
    const Item result = evaluator.run(tree, input);
    if (result.undefined()) return std::nullopt;
    return to_json(result, budget);
}

}  // namespace

std::optional<Json> Query::evaluate(const Json& input, const Bindings& bindings, Random* random,
                                    Time now, const Limits& limits) const {
    Budget budget(limits);
    Evaluator evaluator(budget, random, now);
    for (const auto& [name, value] : bindings)
        evaluator.bind(name, from_json(*value, budget));
    return result_of(evaluator, *tree_, from_json(input, budget), budget);
}

std::optional<Json> Query::evaluate(const Environment& environment, Random* random, Time now,
                                    Budget& budget) const {
    Evaluator evaluator(budget, random, now);
    for (const auto& [name, value] : environment)
        evaluator.bind(name, value);
    return result_of(evaluator, *tree_, Item::null(), budget);
}

}  // namespace lifeboat::flow::jsonata

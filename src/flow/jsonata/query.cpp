#include "flow/jsonata/query.h"

#include "base/json.h"
#include "flow/jsonata/evaluator.h"
#include "flow/jsonata/parser.h"

namespace lifeboat::flow::jsonata {
namespace {

void refuse_unsupported(const Node& node) {
    if (node.kind == Node::Kind::Variable && node.text == "eval")
        fail_at(node.position, "U1003", "The function $eval is not supported");
    const auto visit = [](const NodePtr& below) {
        if (below != nullptr) refuse_unsupported(*below);
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
    refuse_unsupported(*query.tree_);
    return query;
}

std::optional<Json> Query::evaluate(const Json& input, const Bindings& bindings, Random* random,
                                    Time now, const Limits& limits) const {
    Budget budget(limits);
    return evaluate(input, bindings, random, now, budget);
}

std::optional<Json> Query::evaluate(const Json& input, const Bindings& bindings, Random* random,
                                    Time now, Budget& budget) const {
    Evaluator evaluator(budget, random, now);
    for (const auto& [name, value] : bindings)
        evaluator.bind(name, from_json(*value, budget));
    const Item result = evaluator.run(*tree_, from_json(input, budget));
    if (result.undefined()) return std::nullopt;
    return to_json(result, budget);
}

}  // namespace lifeboat::flow::jsonata

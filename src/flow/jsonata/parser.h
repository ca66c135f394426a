// From text to tree.
#pragma once

#include <string_view>

#include "flow/jsonata/expression.h"

namespace lifeboat::flow::jsonata {

// Throws Error with an S-code and the position. Nesting deeper than kDeepestExpression is U1001.
NodePtr parse_expression(std::string_view text);

inline constexpr int kDeepestExpression = 200;

// `left`.`right`, [..], {..} and so on as steps of one path; see path_builder.cpp.
NodePtr join_steps(NodePtr left, const NodePtr& right);
NodePtr add_predicate(NodePtr subject, NodePtr predicate, std::size_t position);
NodePtr add_sort(NodePtr subject, std::vector<SortTerm> terms, std::size_t position);
NodePtr bind_focus(NodePtr subject, const std::string& variable, std::size_t position);
NodePtr bind_index(NodePtr subject, const std::string& variable);
NodePtr as_path(NodePtr node);
// % in `inside` that is still looking for its step goes on looking from `outside`.
void pass_on_parents(Node& outside, const NodePtr& inside);

}  // namespace lifeboat::flow::jsonata

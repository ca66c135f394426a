// JSONata: expressions over JSON, in the language of docs.jsonata.org as Step Functions offers it.
//
//     const Query query = Query::parse("$sum(orders.(price * quantity))");
//     std::optional<Json> total = query.evaluate(input, {}, nullptr, now);
//
// A query is immutable and may be evaluated by many threads. Every failure is an Error
// {InvalidInput} whose code is JSONata's own (S0201, T1006, D3030 ...; U1001 and U1002 where an
// expression takes more depth, time or memory than it may) and whose member "position" is the
// offset in bytes.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json_fwd.h"
#include "base/random.h"
#include "flow/jsonata/item.h"
#include "flow/value.h"

namespace lifeboat::flow::jsonata {

struct Node;

// Variables by name without "$"; as JSON, and as the evaluator takes them.
using Bindings = std::map<std::string, Value, std::less<>>;
using Environment = std::map<std::string, Item, std::less<>>;

class Query {
  public:
    // Besides syntax, refuses what is not offered: $eval (U1003), as Step Functions does.
    static Query parse(std::string_view text);

    // nullopt when the expression gives nothing (undefined). Without `random`, $random() is 0 and
    // $shuffle leaves the order. $now and $millis are `now` throughout.
    std::optional<Json> evaluate(const Json& input, const Bindings& bindings, Random* random,
                                 Time now, const Limits& limits = {}) const;
    // The same from a budget that several evaluations share. "$" is nothing.
    std::optional<Json> evaluate(const Environment& environment, Random* random, Time now,
                                 Budget& budget) const;

    // Names of all variables it may look at; some it sets itself.
    const std::set<std::string, std::less<>>& variables() const { return variables_; }

  private:
    std::shared_ptr<const Node> tree_;
    std::set<std::string, std::less<>> variables_;
};

}  // namespace lifeboat::flow::jsonata

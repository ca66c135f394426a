// Walks the tree of an expression. One evaluator serves one evaluation.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "flow/jsonata/function.h"

namespace lifeboat::flow::jsonata {

// Variables of a block, a call or a tuple; looks outwards for what it does not have.
struct Frame {
    explicit Frame(Frame* around) : outer(around) {}
    Frame* outer;
    std::map<std::string, Item, std::less<>> variables;
    bool captured = false;  // a function closes over it
};

class Evaluator {
  public:
    Evaluator(Budget& budget, Random* random, Time now)
        : budget_(budget), random_(random), now_(now), globals_(nullptr) {}

    void bind(const std::string& name, Item value) { globals_.variables[name] = std::move(value); }
    Item run(const Node& tree, const Item& input);

    // For functions that call functions. `context` stands for arguments marked "-".
    Item apply(const Item& function, const Items& arguments, const Item& context = {});
    // As the higher-order functions call theirs: with as many of value, index, all as it takes.
    Item apply_to_member(const Item& function, const Item& value, const Item& index,
                         const Item& all);
    Budget& budget() { return budget_; }
    Random* random() { return random_; }
    Time now() const { return now_; }

  private:
    struct Scoped;
    struct TailCall;

    Item evaluate(const Node& node, const Item& input, Frame& frame);
    Item evaluate_kind(const Node& node, const Item& input, Frame& frame);
    Item variable(const Node& node, const Item& input, Frame& frame);
    Item wildcard(const Item& input);
    void descend(const Item& input, List& out);
    Item negate(const Node& node, const Item& input, Frame& frame);
    Item array(const Node& node, const Item& input, Frame& frame);
    Item binary(const Node& node, const Item& input, Frame& frame);
    Item arithmetic(const Node& node, const Item& left, const Item& right);
    Item compare(const Node& node, const Item& left, const Item& right);
    Item range(const Node& node, const Item& left, const Item& right);
    Item block(const Node& node, const Item& input, Frame& frame);

    Item path(const Node& node, const Item& input, Frame& frame);
    Item step(const Node& node, const Item& input, Frame& frame, bool last);
    Item tuple_step(const Node& node, const Item& input, const Item& bindings, Frame& frame);
    Item stages(const Node& node, Item input, Frame& frame);
    Item filter(const Node& predicate, const Item& input, Frame& frame);
    Item sort(const Node& node, const Item& input, Frame& frame);
    Item group(const Node::Pairs& pairs, const Item& input, Frame& frame, std::size_t position);

    // Calls; `first` is the left side of ~>, or null.
    Item call(const Node& node, const Item& input, Frame& frame, const Item* first);
    Item procedure(const Node& node, const Item& input, Frame& frame);
    Items arguments(const Node& node, const Item& input, Frame& frame, const Item* first);
    Item invoke(Item function, Items arguments, const Item& context);
    Item invoke_native(const Function& function, const Items& arguments, const Item& context);
    Item invoke_transform(const Function& function, const Items& arguments);
    // The body's value, or the call that is its last act, left for the caller to make.
    Item tail(const Node& node, const Item& input, Frame& frame, TailCall& next);
    Item partial(const Node& node, const Item& input, Frame& frame);
    Item pipe(const Node& node, const Item& input, Frame& frame);
    Item closure(Function::Kind kind, const Node& node, const Item& input, Frame& frame);

    Budget& budget_;
    Random* random_;
    Time now_;
    Frame globals_;
    std::vector<std::unique_ptr<Frame>> kept_;
    std::map<const Node*, std::shared_ptr<const Regex>> patterns_;
};

Item make_function(Function function);
// "$f" for messages.
std::string callee_name(const Node& call);

}  // namespace lifeboat::flow::jsonata

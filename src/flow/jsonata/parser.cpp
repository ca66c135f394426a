// A Pratt parser: each operator binds its operands with a certain power.
#include "flow/jsonata/parser.h"

#include <map>

#include "flow/jsonata/tokenizer.h"

namespace lifeboat::flow::jsonata {
namespace {

using Kind = Node::Kind;

const std::map<std::string, int, std::less<>> kPowers = {
    {".", 75},  {"[", 80},   {"]", 0},   {"{", 70},  {"}", 0},   {"(", 80},  {")", 0},
    {",", 0},   {"@", 80},   {"#", 80},  {";", 0},   {":", 0},   {"?", 20},  {"+", 50},
    {"-", 50},  {"*", 60},   {"/", 60},  {"%", 60},  {"|", 0},   {"=", 40},  {"<", 40},
    {">", 40},  {"^", 40},   {"..", 0},  {":=", 10}, {"!=", 40}, {"<=", 40}, {">=", 40},
    {"~>", 40}, {"and", 30}, {"or", 25}, {"in", 40}, {"&", 50}};

class Parser {
  public:
    explicit Parser(std::string_view text) : tokens_(text) { advance(true); }

    NodePtr parse() {
        NodePtr tree = expression(0);
        if (token_.kind != Token::Kind::End)
            fail_at(token_.position, "S0201", "Syntax error: \"" + token_.text + "\"");
        if (!tree->seeking.empty() || tree->kind == Kind::Parent)
            fail_at(tree->position, "S0217",
                    "The object representing the 'parent' cannot be derived from this expression");
        return tree;
    }

  private:
    void advance(bool operand) { token_ = tokens_.next(operand); }

    bool at(std::string_view text) const {
        return token_.kind == Token::Kind::Operator && token_.text == text;
    }

    // Past an operator that must be here; `operand` says what may follow it.
    void expect(std::string_view text, bool operand) {
        if (token_.kind == Token::Kind::End)
            fail_at(token_.position, "S0203",
                    "Expected \"" + std::string(text) + "\" before end of expression");
        if (!at(text))
            fail_at(token_.position, "S0202",
                    "Expected \"" + std::string(text) + "\", got \"" + token_.text + "\"");
        advance(operand);
    }

    static NodePtr node(Kind kind, std::size_t position, std::string text = "") {
        auto made = std::make_shared<Node>();
        made->kind = kind;
        made->position = position;
        made->text = std::move(text);
        return made;
    }

    int power() const {
        if (token_.kind != Token::Kind::Operator) return 0;
        const auto found = kPowers.find(token_.text);
        return found == kPowers.end() ? 0 : found->second;
    }

    NodePtr expression(int bound) {
        if (depth_ >= kDeepestExpression)
            fail_at(token_.position, kTooDeep,
                    "The expression is nested deeper than " + std::to_string(kDeepestExpression));
        ++depth_;
        NodePtr left = prefix();
        // A chain of operators makes a tree as deep as the chain is long.
        int chain = 0;
        while (bound < power()) {
            if (++chain > kLongestChain)
                fail_at(token_.position, kTooDeep,
                        "The expression has too many operators in a row");
            left = infix(std::move(left));
        }
        --depth_;
        return left;
    }

    NodePtr prefix() {
        const Token token = token_;
        const std::size_t place = token.position;
        switch (token.kind) {
            case Token::Kind::End:
                fail_at(place, "S0207", "Unexpected end of expression");
            case Token::Kind::Literal: {
                advance(false);
                NodePtr literal = node(Kind::Literal, place);
                literal->value = token.value;
                return literal;
            }
            case Token::Kind::Name:
                advance(false);
                return as_path(node(Kind::Name, place, token.text));
            case Token::Kind::Variable:
                advance(false);
                return node(Kind::Variable, place, token.text);
            case Token::Kind::Regex: {
                advance(false);
                NodePtr regex = node(Kind::Regex, place, token.text);
                regex->name = token.flags;
                return regex;
            }
            case Token::Kind::Operator:
                break;
        }
        const std::string& sign = token.text;
        if (sign == "and" || sign == "or" || sign == "in") {
            advance(false);
            return as_path(node(Kind::Name, place, sign));
        }
        if (sign == "*" || sign == "**" || sign == "%") {
            advance(false);
            if (sign != "%") return node(sign == "*" ? Kind::Wildcard : Kind::Descendant, place);
            NodePtr parent = node(Kind::Parent, place);
            parent->slot = std::make_shared<ParentSlot>();
            parent->slot->label = "!" + std::to_string(labels_++);
            return parent;
        }
        advance(true);
        if (sign == "-") return negation(place);
        if (sign == "(") return block(place);
        if (sign == "[") return array(place);
        if (sign == "{") return object(place);
        if (sign == "|") return transform(place);
        fail_at(place, "S0211", "The symbol \"" + sign + "\" cannot be used as a unary operator");
    }

    NodePtr negation(std::size_t place) {
        NodePtr operand = expression(70);
        if (operand->kind == Kind::Literal && operand->value.is_number()) {
            Number number = operand->value.exact_number();
            number.value = -number.value;
            if (number.exact) number.exact = -*number.exact;
            operand->value = number;
            return operand;
        }
        return with_part(node(Kind::Negate, place), std::move(operand));
    }

    static NodePtr with_part(NodePtr outside, NodePtr inside) {
        pass_on_parents(*outside, inside);
        outside->parts.push_back(std::move(inside));
        return outside;
    }

    NodePtr block(std::size_t place) {
        NodePtr block = node(Kind::Block, place);
        while (!at(")")) {
            block = with_part(block, expression(0));
            if (!at(";")) break;
            advance(true);
        }
        expect(")", false);
        return block;
    }

    NodePtr array(std::size_t place) {
        NodePtr array = node(Kind::Array, place);
        while (!at("]")) {
            NodePtr item = expression(0);
            if (at("..")) {
                NodePtr range = node(Kind::Binary, token_.position, "..");
                advance(true);
                range = with_part(std::move(range), std::move(item));
                item = with_part(std::move(range), expression(0));
            }
            array = with_part(array, std::move(item));
            if (!at(",")) break;
            advance(true);
        }
        expect("]", false);
        return array;
    }

    Node::Pairs pairs(Node& owner) {
        Node::Pairs all;
        while (!at("}")) {
            NodePtr key = expression(0);
            expect(":", true);
            NodePtr value = expression(0);
            pass_on_parents(owner, key);
            pass_on_parents(owner, value);
            all.emplace_back(std::move(key), std::move(value));
            if (!at(",")) break;
            advance(true);
        }
        expect("}", false);
        return all;
    }

    NodePtr object(std::size_t place) {
        NodePtr object = node(Kind::Object, place);
        object->pairs = pairs(*object);
        return object;
    }

    NodePtr transform(std::size_t place) {
        NodePtr transform = with_part(node(Kind::Transform, place), expression(0));
        expect("|", true);
        transform = with_part(transform, expression(0));
        if (at(",")) {
            advance(true);
            transform = with_part(transform, expression(0));
        }
        expect("|", false);
        return transform;
    }

    std::string variable_after(std::string_view sign) {
        if (token_.kind != Token::Kind::Variable)
            fail_at(token_.position, "S0214",
                    "The right side of \"" + std::string(sign) +
                        "\" must be a variable name (start with $)");
        std::string name = token_.text;
        advance(false);
        return name;
    }

    NodePtr infix(NodePtr left) {
        const std::string sign = token_.text;
        const std::size_t place = token_.position;
        const int bound = power();
        if (sign == "(") return call(left);
        advance(true);
        if (sign == ".") return join_steps(std::move(left), expression(bound));
        if (sign == "[") {
            if (at("]")) {
                advance(false);
                if (left->kind == Kind::Path) left->parts.back()->keep_array = true;
                left->keep_array = true;
                return left;
            }
            NodePtr predicate = expression(0);
            expect("]", false);
            if (predicate->kind == Kind::Parent) predicate = as_path(std::move(predicate));
            return add_predicate(std::move(left), std::move(predicate), place);
        }
        if (sign == "{") {
            if (left->has_group)
                fail_at(place, "S0210", "Each step can only have one grouping expression");
            left->has_group = true;
            left->group = pairs(*left);
            return left;
        }
        if (sign == "^") return sort(std::move(left), place);
        if (sign == "@") return bind_focus(std::move(left), variable_after(sign), place);
        if (sign == "#") return bind_index(std::move(left), variable_after(sign));
        if (sign == "?") {
            NodePtr condition = with_part(node(Kind::Condition, place), std::move(left));
            condition = with_part(condition, expression(0));
            if (!at(":")) return condition;
            advance(true);
            return with_part(condition, expression(0));
        }
        if (sign == ":=") {
            if (left->kind != Kind::Variable || !left->stages.empty())
                fail_at(place, "S0212",
                        "The left side of := must be a variable name (start with $)");
            return with_part(node(Kind::Bind, place, left->text), expression(bound - 1));
        }
        NodePtr binary = node(sign == "~>" ? Kind::Apply : Kind::Binary, place, sign);
        binary = with_part(std::move(binary), std::move(left));
        binary = with_part(std::move(binary), expression(bound));
        if (sign == "~>")
            binary->keep_array = binary->parts[0]->keep_array || binary->parts[1]->keep_array;
        return binary;
    }

    NodePtr sort(NodePtr left, std::size_t place) {
        expect("(", true);
        std::vector<SortTerm> terms;
        for (;;) {
            SortTerm term;
            if (at("<") || at(">")) {
                term.descending = at(">");
                advance(true);
            }
            term.expression = expression(0);
            terms.push_back(std::move(term));
            if (!at(",")) break;
            advance(true);
        }
        expect(")", false);
        return add_sort(std::move(left), std::move(terms), place);
    }

    NodePtr call(const NodePtr& procedure) {
        NodePtr call = node(Kind::Call, token_.position);
        advance(true);
        const bool lambda =
            procedure->kind == Kind::Path && procedure->parts.size() == 1 &&
            (procedure->parts[0]->text == "function" || procedure->parts[0]->text == "λ");
        if (!lambda) call = with_part(call, procedure);
        while (!at(")")) {
            if (at("?")) {
                call->kind = Kind::Partial;
                call->parts.push_back(node(Kind::Placeholder, token_.position));
                advance(false);
            } else {
                call = with_part(call, expression(0));
            }
            if (!at(",")) break;
            advance(true);
        }
        expect(")", false);
        return lambda ? function(*call) : call;
    }

    NodePtr function(const Node& call) {
        NodePtr lambda = node(Kind::Lambda, call.position);
        for (const NodePtr& parameter : call.parts) {
            if (parameter->kind != Kind::Variable)
                fail_at(parameter->position, "S0208",
                        "A parameter of a function definition must be a variable name (start with "
                        "$)");
            lambda->names.push_back(parameter->text);
        }
        if (at("<")) {
            lambda->signature = Signature::parse(tokens_.signature(), token_.position);
            advance(false);
        }
        expect("{", true);
        lambda->parts.push_back(expression(0));
        expect("}", false);
        return lambda;
    }

    static constexpr int kLongestChain = 1000;

    Tokenizer tokens_;
    Token token_;
    int depth_ = 0;
    int labels_ = 0;
};

}  // namespace

NodePtr parse_expression(std::string_view text) {
    return Parser(text).parse();
}

}  // namespace lifeboat::flow::jsonata

// Reads conditions. Precedence, weakest first: OR, AND, NOT, comparisons with BETWEEN and IN.
#include <array>
#include <utility>

#include "local/dynamodb/condition.h"

namespace lifeboat::local::dynamodb {
namespace {

constexpr std::size_t kMaxCandidates = 100;  // of IN

constexpr std::array<std::pair<std::string_view, Comparator>, 6> kComparators = {
    {{"=", Comparator::Equal},
     {"<>", Comparator::NotEqual},
     {"<", Comparator::Less},
     {"<=", Comparator::LessOrEqual},
     {">", Comparator::Greater},
     {">=", Comparator::GreaterOrEqual}}};

struct Function {
    std::string_view name;
    Condition::Kind kind;
    std::size_t operands;
};
constexpr std::array<Function, 5> kFunctions = {{
    {"attribute_exists", Condition::Kind::AttributeExists, 1},
    {"attribute_not_exists", Condition::Kind::AttributeNotExists, 1},
    {"attribute_type", Condition::Kind::AttributeType, 2},
    {"begins_with", Condition::Kind::BeginsWith, 2},
    {"contains", Condition::Kind::Contains, 2},
}};

bool is_ordered(Type type) {
    return type == Type::S || type == Type::N || type == Type::B;
}
bool is_text(Type type) {
    return type == Type::S || type == Type::B;
}
bool has_size(Type type) {
    return type != Type::N && type != Type::BOOL && type != Type::NULL_;
}

class Parser {
  public:
    Parser(Tokens& tokens, Placeholders& placeholders)
        : tokens_(tokens), placeholders_(placeholders) {}

    Condition parse() {
        Node node = parse_or(0);
        if (tokens_.peek().kind != Token::Kind::End) throw tokens_.unexpected();
        return condition(std::move(node));
    }

  private:
    // What parentheses may hold: a condition or an operand; which one is known only afterwards.
    struct Node {
        std::variant<Operand, Condition> content;
        std::string function;  // the function it is, if any
        bool in_parentheses = false;
    };

    Condition condition(Node node) {
        if (auto* found = std::get_if<Condition>(&node.content)) return std::move(*found);
        if (!node.function.empty()) throw misused(node.function);
        throw tokens_.unexpected();
    }

    Operand operand(Node node) {
        if (auto* found = std::get_if<Operand>(&node.content)) return std::move(*found);
        if (!node.function.empty()) throw misused(node.function);
        throw tokens_.unexpected();
    }

    Error misused(const std::string& function) const {
        return tokens_.problem(
            "The function is not allowed to be used this way in an expression; function: " +
            function);
    }

    Error wrong_type(std::string_view what, Type type) const {
        return tokens_.problem(
            "Incorrect operand type for operator or function; operator or function: " +
            std::string(what) + ", operand type: " + std::string(short_name(type)));
    }

    Error wrong_count(std::string_view what, std::size_t count) const {
        return tokens_.problem(
            "Incorrect number of operands for operator or function; operator or function: " +
            std::string(what) + ", number of operands: " + std::to_string(count));
    }

    Node parse_or(int depth) {
        return parse_chain("OR", Condition::Kind::Or, [&] { return parse_and(depth); });
    }

    Node parse_and(int depth) {
        return parse_chain("AND", Condition::Kind::And, [&] { return parse_not(depth); });
    }

    template <typename ParsePart>
    Node parse_chain(std::string_view keyword, Condition::Kind kind, ParsePart parse_part) {
        Node first = parse_part();
        if (!tokens_.is_keyword(keyword)) return first;
        Condition chain;
        chain.kind = kind;
        chain.children.push_back(condition(std::move(first)));
        while (tokens_.take_keyword(keyword)) {
            tokens_.count_operator();
            chain.children.push_back(condition(parse_part()));
        }
        return Node{std::move(chain), "", false};
    }

    Node parse_not(int depth) {
        if (!tokens_.is_keyword("NOT")) return parse_comparison(depth);
        tokens_.take();
        tokens_.count_operator();
        tokens_.check_nesting(depth);
        Condition negation;
        negation.kind = Condition::Kind::Not;
        negation.children.push_back(condition(parse_not(depth + 1)));
        return Node{std::move(negation), "", false};
    }

    Node parse_comparison(int depth) {
        Node first = parse_primary(depth);
        Condition out;
        for (const auto& [text, comparator] : kComparators)
            if (tokens_.is(text)) {
                out.operands.push_back(operand(std::move(first)));
                tokens_.take();
                tokens_.count_operator();
                out.kind = Condition::Kind::Compare;
                out.comparator = comparator;
                out.operands.push_back(operand(parse_primary(depth)));
                check_compare(out);
                return Node{std::move(out), "", false};
            }
        if (tokens_.is_keyword("BETWEEN")) {
            out.operands.push_back(operand(std::move(first)));
            tokens_.take();
            tokens_.count_operator();
            out.kind = Condition::Kind::Between;
            out.operands.push_back(operand(parse_primary(depth)));
            if (!tokens_.take_keyword("AND")) throw tokens_.unexpected();
            out.operands.push_back(operand(parse_primary(depth)));
            check_between(out);
            return Node{std::move(out), "", false};
        }
        if (tokens_.is_keyword("IN")) {
            out.operands.push_back(operand(std::move(first)));
            tokens_.take();
            tokens_.count_operator();
            out.kind = Condition::Kind::In;
            for (Operand& candidate : parse_arguments(depth))
                out.operands.push_back(std::move(candidate));
            if (out.operands.size() - 1 > kMaxCandidates)
                throw wrong_count("IN", out.operands.size() - 1);
            return Node{std::move(out), "", false};
        }
        return first;
    }

    Node parse_primary(int depth) {
        tokens_.check_nesting(depth);
        const Token& token = tokens_.peek();
        if (token.kind == Token::Kind::Value) {
            tokens_.take();
            Operand constant;
            constant.constant = placeholders_.value(token, tokens_);
            return Node{std::move(constant), "", false};
        }
        if (tokens_.take_if("(")) {
            Node inner = parse_or(depth + 1);
            if (inner.in_parentheses)
                throw tokens_.problem("The expression has redundant parentheses;");
            tokens_.expect(")");
            inner.in_parentheses = true;
            return inner;
        }
        if (token.kind == Token::Kind::Word && tokens_.is("(", 1)) return parse_function(depth);
        Operand path;
        path.kind = Operand::Kind::Path;
        path.path = parse_path(tokens_, placeholders_);
        return Node{std::move(path), "", false};
    }

    std::vector<Operand> parse_arguments(int depth) {
        tokens_.expect("(");
        std::vector<Operand> arguments;
        do
            arguments.push_back(operand(parse_primary(depth + 1)));
        while (tokens_.take_if(","));
        tokens_.expect(")");
        return arguments;
    }

    Node parse_function(int depth) {
        const std::string name(tokens_.take().text);
        tokens_.count_operator();
        if (name == "size") return Node{parse_size(depth), name, false};
        for (const Function& function : kFunctions)
            if (function.name == name) {
                Condition out;
                out.kind = function.kind;
                out.operands = parse_arguments(depth);
                if (out.operands.size() != function.operands)
                    throw wrong_count(name, out.operands.size());
                check_function(name, out);
                return Node{std::move(out), name, false};
            }
        if (name == "if_not_exists" || name == "list_append") {
            std::string where = "condition expression";
            if (tokens_.parameter() == "FilterExpression") where = "filter expression";
            throw tokens_.problem("The function is not allowed in a " + where +
                                  "; function: " + name);
        }
        throw tokens_.problem("Invalid function name; function: " + name);
    }

    Operand parse_size(int depth) {
        auto arguments = parse_arguments(depth);
        if (arguments.size() != 1) throw wrong_count("size", arguments.size());
        Operand& argument = arguments.front();
        if (argument.kind == Operand::Kind::Path) {
            argument.kind = Operand::Kind::SizeOfPath;
        } else if (argument.kind == Operand::Kind::Constant) {
            if (!has_size(argument.constant.type()))
                throw wrong_type("size", argument.constant.type());
            argument.kind = Operand::Kind::SizeOfConstant;
        } else {
            throw misused("size");
        }
        return std::move(argument);
    }

    void check_ordered(std::string_view what, const Condition& condition) const {
        for (const Operand& operand : condition.operands)
            if (operand.kind == Operand::Kind::Constant && !is_ordered(operand.constant.type()))
                throw wrong_type(what, operand.constant.type());
    }

    void check_distinct(std::string_view what, const Condition& condition) const {
        const Operand& first = condition.operands.front();
        if (first.kind != Operand::Kind::Path) return;
        for (std::size_t i = 1; i < condition.operands.size(); ++i)
            if (condition.operands[i].kind == Operand::Kind::Path &&
                condition.operands[i].path == first.path)
                throw tokens_.problem(
                    "The first operand must be distinct from the remaining operands for this "
                    "operator or function; operator: " +
                    std::string(what) + ", first operand: " + quoted(first.path));
    }

    void check_compare(const Condition& condition) const {
        const auto what = symbol(condition.comparator);
        if (condition.comparator != Comparator::Equal &&
            condition.comparator != Comparator::NotEqual)
            check_ordered(what, condition);
        check_distinct(what, condition);
    }

    void check_between(const Condition& condition) const {
        check_ordered("BETWEEN", condition);
        const Operand& lower = condition.operands[1];
        const Operand& upper = condition.operands[2];
        if (lower.kind != Operand::Kind::Constant || upper.kind != Operand::Kind::Constant) return;
        const auto order = compare(lower.constant, upper.constant);
        if (order && *order <= 0) return;
        const std::string what = order ? "upper bound to be greater than or equal to lower bound"
                                       : "same data type for lower and upper bounds";
        throw tokens_.problem("The BETWEEN operator requires " + what +
                              "; lower bound operand: AttributeValue: " + quoted(lower.constant) +
                              ", upper bound operand: AttributeValue: " + quoted(upper.constant));
    }

    void check_function(const std::string& name, const Condition& condition) const {
        const auto constant = [](const Operand& operand) {
            return operand.kind == Operand::Kind::Constant;
        };
        const Operand& first = condition.operands.front();
        if (condition.kind == Condition::Kind::AttributeExists ||
            condition.kind == Condition::Kind::AttributeNotExists) {
            if (first.kind != Operand::Kind::Path)
                throw tokens_.problem(
                    "Operator or function requires a document path; operator or function: " + name);
            return;
        }
        const Operand& second = condition.operands[1];
        if (condition.kind == Condition::Kind::AttributeType) {
            if (!constant(second))
                throw tokens_.problem(
                    "Incorrect operand type for operator or function; operator or function: " +
                    name + ", operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}");
            const auto* type = second.constant.get<std::string>();
            if (type == nullptr) throw wrong_type(name, second.constant.type());
            if (!type_named(*type))
                throw tokens_.problem("Invalid attribute type name found; type: " + *type +
                                      ", valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}");
            return;
        }
        if (condition.kind == Condition::Kind::BeginsWith)
            for (const Operand& operand : condition.operands)
                if (constant(operand) && !is_text(operand.constant.type()))
                    throw wrong_type(name, operand.constant.type());
        if (condition.kind == Condition::Kind::Contains && constant(first) &&
            !has_size(first.constant.type()))
            throw wrong_type(name, first.constant.type());
        check_distinct(name, condition);
    }

    Tokens& tokens_;
    Placeholders& placeholders_;
};

}  // namespace

Condition parse_condition(std::string_view expression, std::string_view parameter,
                          Placeholders& placeholders) {
    Tokens tokens(expression, parameter);
    return Parser(tokens, placeholders).parse();
}

}  // namespace lifeboat::local::dynamodb

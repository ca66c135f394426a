// Reads update expressions: the sections SET, REMOVE, ADD and DELETE, each at most once.
#include <utility>

#include "local/dynamodb/update.h"

namespace lifeboat::local::dynamodb {
namespace {

class Parser {
  public:
    Parser(Tokens& tokens, Placeholders& placeholders)
        : tokens_(tokens), placeholders_(placeholders) {}

    Update parse() {
        Update update;
        bool seen[4] = {};
        const auto section = [&](int index, std::string_view keyword) {
            if (!tokens_.take_keyword(keyword)) return false;
            if (std::exchange(seen[index], true))
                throw tokens_.problem("The \"" + std::string(keyword) +
                                      "\" section can only be used once in an update expression;");
            return true;
        };
        while (tokens_.peek().kind != Token::Kind::End) {
            if (section(0, "SET")) {
                each([&] { update.set.push_back(parse_assignment()); });
            } else if (section(1, "REMOVE")) {
                each([&] { update.remove.push_back(path()); });
            } else if (section(2, "ADD")) {
                each([&] { update.add.push_back(parse_set_change("ADD")); });
            } else if (section(3, "DELETE")) {
                each([&] { update.remove_from_set.push_back(parse_set_change("DELETE")); });
            } else {
                throw tokens_.unexpected();
            }
        }
        const auto paths = update.paths();
        std::vector<const Path*> all;
        for (const Path& one : paths)
            all.push_back(&one);
        check_overlaps(all, tokens_);
        return update;
    }

  private:
    template <typename ParseOne>
    void each(ParseOne parse_one) {
        do {
            tokens_.count_operator();
            parse_one();
        } while (tokens_.take_if(","));
    }

    Path path() { return parse_path(tokens_, placeholders_); }

    Update::Assignment parse_assignment() {
        Update::Assignment assignment;
        assignment.path = path();
        tokens_.expect("=");
        assignment.value = parse_value(0);
        return assignment;
    }

    UpdateOperand parse_value(int depth) {
        UpdateOperand first = parse_operand(depth);
        const bool plus = tokens_.is("+");
        if (!plus && !tokens_.is("-")) return first;
        tokens_.take();
        tokens_.count_operator();
        UpdateOperand sum;
        sum.kind = plus ? UpdateOperand::Kind::Plus : UpdateOperand::Kind::Minus;
        sum.operands.push_back(std::move(first));
        sum.operands.push_back(parse_operand(depth));
        for (const UpdateOperand& operand : sum.operands)
            require_constant(plus ? "+" : "-", operand, Type::N);
        return sum;
    }

    UpdateOperand parse_operand(int depth) {
        tokens_.check_nesting(depth);
        const Token& token = tokens_.peek();
        if (token.kind == Token::Kind::Value) {
            UpdateOperand constant;
            constant.constant = placeholders_.value(tokens_.take(), tokens_);
            return constant;
        }
        if (tokens_.take_if("(")) {
            UpdateOperand inner = parse_value(depth + 1);
            tokens_.expect(")");
            return inner;
        }
        if (token.kind == Token::Kind::Word && tokens_.is("(", 1)) return parse_function(depth);
        UpdateOperand operand;
        operand.kind = UpdateOperand::Kind::Path;
        operand.path = path();
        return operand;
    }

    UpdateOperand parse_function(int depth) {
        const std::string name(tokens_.take().text);
        tokens_.count_operator();
        const bool append = name == "list_append";
        if (!append && name != "if_not_exists") throw unknown_function(name);
        std::vector<UpdateOperand> arguments;
        tokens_.expect("(");
        do
            arguments.push_back(parse_operand(depth + 1));
        while (tokens_.take_if(","));
        tokens_.expect(")");
        if (arguments.size() != 2)
            throw tokens_.problem(
                "Incorrect number of operands for operator or function; operator or function: " +
                name + ", number of operands: " + std::to_string(arguments.size()));
        UpdateOperand call;
        if (append) {
            for (const UpdateOperand& argument : arguments)
                require_constant(name, argument, Type::L);
            call.kind = UpdateOperand::Kind::ListAppend;
            call.operands = std::move(arguments);
            return call;
        }
        if (arguments[0].kind != UpdateOperand::Kind::Path)
            throw tokens_.problem(
                "Operator or function requires a document path; operator or function: " + name);
        call.kind = UpdateOperand::Kind::IfNotExists;
        call.path = std::move(arguments[0].path);
        call.operands.push_back(std::move(arguments[1]));
        return call;
    }

    Error unknown_function(const std::string& name) const {
        for (const std::string_view known : {"attribute_exists", "attribute_not_exists",
                                             "attribute_type", "begins_with", "contains", "size"})
            if (known == name)
                return tokens_.problem(
                    "The function is not allowed in an update expression; function: " + name);
        return tokens_.problem("Invalid function name; function: " + name);
    }

    void require_constant(std::string_view what, const UpdateOperand& operand, Type type) const {
        if (operand.kind == UpdateOperand::Kind::Constant && operand.constant.type() != type)
            throw tokens_.problem(
                "Incorrect operand type for operator or function; operator or function: " +
                std::string(what) +
                ", operand type: " + std::string(short_name(operand.constant.type())));
    }

    Update::SetChange parse_set_change(std::string_view section) {
        Update::SetChange change;
        change.path = path();
        if (tokens_.peek().kind != Token::Kind::Value) throw tokens_.unexpected();
        change.value = placeholders_.value(tokens_.take(), tokens_);
        const Type type = change.value.type();
        const bool set = type == Type::SS || type == Type::NS || type == Type::BS;
        if (!set && !(section == "ADD" && type == Type::N))
            throw tokens_.problem("Incorrect operand type for operator or function; operator: " +
                                  std::string(section) +
                                  ", operand type: " + std::string(long_name(type)) +
                                  ", typeSet: ALLOWED_FOR_" + std::string(section) + "_OPERAND");
        return change;
    }

    Tokens& tokens_;
    Placeholders& placeholders_;
};

}  // namespace

std::vector<Path> Update::paths() const {
    std::vector<Path> all;
    for (const auto& assignment : set)
        all.push_back(assignment.path);
    for (const auto& path : remove)
        all.push_back(path);
    for (const auto& change : add)
        all.push_back(change.path);
    for (const auto& change : remove_from_set)
        all.push_back(change.path);
    return all;
}

Update parse_update(std::string_view expression, Placeholders& placeholders) {
    Tokens tokens(expression, "UpdateExpression");
    return Parser(tokens, placeholders).parse();
}

}  // namespace lifeboat::local::dynamodb

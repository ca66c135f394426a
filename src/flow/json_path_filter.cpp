#include "flow/json_path_filter.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::flow {
namespace {

constexpr int kDeepest = 32;

using Operator = PathFilter::Operator;
using Operand = PathFilter::Operand;

class FilterParser {
  public:
    FilterParser(std::string_view text, std::size_t& position) : text_(text), at_(position) {}

    PathFilter parse_or(int depth) {
        if (depth > kDeepest) fail("the filter is nested too deeply");
        PathFilter all;
        all.kind = PathFilter::Kind::Or;
        do
            all.parts.push_back(parse_and(depth));
        while (take("||"));
        return all.parts.size() == 1 ? PathFilter(all.parts.front()) : all;
    }

    void close() {
        if (!take(")")) fail("')' is missing at the end of the filter");
    }

  private:
    PathFilter parse_and(int depth) {
        PathFilter all;
        all.kind = PathFilter::Kind::And;
        do
            all.parts.push_back(parse_term(depth));
        while (take("&&"));
        return all.parts.size() == 1 ? PathFilter(all.parts.front()) : all;
    }

    PathFilter parse_term(int depth) {
        if (depth > kDeepest) fail("the filter is nested too deeply");
        skip_space();
        if (peek() == '!' && peek(1) != '=') {
            ++at_;
            PathFilter negation;
            negation.kind = PathFilter::Kind::Not;
            negation.parts.push_back(parse_term(depth + 1));
            return negation;
        }
        if (take("(")) {
            PathFilter inner = parse_or(depth + 1);
            close();
            return inner;
        }
        PathFilter term;
        term.left = parse_operand(depth);
        const auto compare = parse_operator();
        if (!compare) {
            if (term.left.from == Operand::From::Literal) fail("a comparison is missing");
            return term;
        }
        term.kind = PathFilter::Kind::Compare;
        term.compare = *compare;
        term.right = parse_operand(depth);
        return term;
    }

    std::optional<Operator> parse_operator() {
        skip_space();
        if (take("==")) return Operator::Equal;
        if (take("!=")) return Operator::NotEqual;
        if (take("<=")) return Operator::LessEqual;
        if (take(">=")) return Operator::GreaterEqual;
        if (take("<")) return Operator::Less;
        if (take(">")) return Operator::Greater;
        if (take("in ") || take("in[")) {
            if (text_[at_ - 1] == '[') --at_;
            return Operator::In;
        }
        if (take("nin ") || take("nin[")) {
            if (text_[at_ - 1] == '[') --at_;
            return Operator::NotIn;
        }
        if (peek() == '=' || peek() == '~' || (peek() >= 'a' && peek() <= 'z'))
            fail("this filter operator is not supported (==, !=, <, <=, >, >=, in, nin are)");
        return std::nullopt;
    }

    Operand parse_operand(int depth) {
        skip_space();
        Operand operand;
        const char first = peek();
        if (first == '@' || first == '$') {
            ++at_;
            operand.from = first == '@' ? Operand::From::Element : Operand::From::Root;
            operand.path = JsonPath::parse_steps(text_, at_, depth + 1);
            return operand;
        }
        operand.literal = make_value(parse_literal(depth));
        return operand;
    }

    Json parse_literal(int depth) {
        skip_space();
        if (depth > kDeepest) fail("the filter is nested too deeply");
        if (peek() == '\'' || peek() == '"') return parse_string();
        if (take("[")) {
            Json list = Json::array();
            skip_space();
            if (take("]")) return list;
            do
                list.push_back(parse_literal(depth + 1));
            while (take(","));
            if (!take("]")) fail("']' is missing at the end of a list");
            return list;
        }
        const std::size_t start = at_;
        while (at_ < text_.size() && text_.find_first_of(" )]&|,<>=!", at_) != at_)
            ++at_;
        const std::string_view word = text_.substr(start, at_ - start);
        if (word.empty()) fail("a value is missing in the filter");
        Json literal = Json::parse(word, nullptr, false);
        if (literal.is_discarded()) fail("'" + std::string(word) + "' is no value");
        return literal;
    }

    std::string parse_string() {
        const char quote = text_[at_++];
        std::string content;
        while (at_ < text_.size() && text_[at_] != quote) {
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
            content += text_[at_++];
        }
        if (at_ >= text_.size()) fail("a quotation mark is missing");
        ++at_;
        return content;
    }

    char peek(std::size_t ahead = 0) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }
    void skip_space() {
        while (peek() == ' ')
            ++at_;
    }
    bool take(std::string_view token) {
        skip_space();
        if (text_.substr(at_, token.size()) != token) return false;
        at_ += token.size();
        return true;
    }
    [[noreturn]] void fail(const std::string& problem) const {
        throw Error(ErrorCategory::InvalidInput, "InvalidPath",
                    problem + " (at character " + std::to_string(at_ + 1) + " of '" +
                        std::string(text_.substr(0, 256)) + "')");
    }

    std::string_view text_;
    std::size_t& at_;
};

// What an operand stands for: a value that lies elsewhere, or the list of what a path selects.
class OperandValue {
  public:
    OperandValue(const Operand& operand, const Json& element, const Json& root, Effort& effort) {
        if (operand.from == Operand::From::Literal) {
            value_ = operand.literal.get();
            return;
        }
        const Json& from = operand.from == Operand::From::Element ? element : root;
        effort.look();
        if (operand.path.definite()) {
            value_ = operand.path.look(from);
        } else {
            list_ = *operand.path.select(from, effort);
            value_ = &list_;
        }
    }
    OperandValue(const OperandValue&) = delete;
    OperandValue& operator=(const OperandValue&) = delete;

    explicit operator bool() const { return value_ != nullptr; }
    const Json& operator*() const { return *value_; }

  private:
    Json list_;
    const Json* value_ = nullptr;  // null: there is none
};

bool equal(const Json& a, const Json& b, Effort& effort) {
    if (a.type() == b.type() && (a.is_structured() || a.is_string())) effort.look_through(a);
    return a == b;
}

bool ordered(const Json& left, const Json& right, Operator compare) {
    const bool comparable =
        (left.is_number() && right.is_number()) || (left.is_string() && right.is_string());
    if (!comparable) return false;
    switch (compare) {
        case Operator::Less:
            return left < right;
        case Operator::LessEqual:
            return left <= right;
        case Operator::Greater:
            return left > right;
        default:
            return left >= right;
    }
}

}  // namespace

PathFilter parse_path_filter(std::string_view text, std::size_t& position, int depth) {
    FilterParser parser(text, position);
    PathFilter filter = parser.parse_or(depth);
    parser.close();
    return filter;
}

bool PathFilter::matches(const Json& element, const Json& root, Effort& effort) const {
    const auto part_matches = [&](const PathFilter& part) {
        return part.matches(element, root, effort);
    };
    switch (kind) {
        case Kind::And:
            return std::ranges::all_of(parts, part_matches);
        case Kind::Or:
            return std::ranges::any_of(parts, part_matches);
        case Kind::Not:
            return !part_matches(parts.front());
        case Kind::Exists: {
            const Json& from = left.from == Operand::From::Element ? element : root;
            return !left.path.look_for(from, effort).empty();
        }
        case Kind::Compare:
            break;
    }
    const OperandValue a(left, element, root, effort), b(right, element, root, effort);
    switch (compare) {
        case Operator::Equal:
            return a && b ? equal(*a, *b, effort) : !a && !b;
        case Operator::NotEqual:
            return a && b ? !equal(*a, *b, effort) : a || b;
        case Operator::In:
        case Operator::NotIn: {
            if (!a || !b || !(*b).is_array()) return compare == Operator::NotIn;
            effort.look_through(*b);
            const bool contained = std::ranges::find(*b, *a) != (*b).end();
            return contained == (compare == Operator::In);
        }
        default:
            if (!a || !b) return false;
            if ((*a).is_string()) effort.look_through(*a);
            return ordered(*a, *b, compare);
    }
}

}  // namespace lifeboat::flow

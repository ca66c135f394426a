#include "local/dynamodb/key_condition.h"

#include <algorithm>
#include <map>

#include "local/dynamodb/refusal.h"

namespace lifeboat::local::dynamodb {
namespace {

constexpr std::string_view kParameter = "KeyConditionExpression";

Error invalid(const std::string& problem) {
    return refusal("Invalid " + std::string(kParameter) + ": " + problem);
}

Comparator mirrored(Comparator comparator) {
    switch (comparator) {
        case Comparator::Less:
            return Comparator::Greater;
        case Comparator::LessOrEqual:
            return Comparator::GreaterOrEqual;
        case Comparator::Greater:
            return Comparator::Less;
        case Comparator::GreaterOrEqual:
            return Comparator::LessOrEqual;
        default:
            return comparator;
    }
}

void collect(Condition condition, std::vector<Condition>& terms) {
    if (condition.kind == Condition::Kind::And) {
        for (Condition& child : condition.children)
            collect(std::move(child), terms);
        return;
    }
    const bool allowed = condition.kind == Condition::Kind::Between ||
                         condition.kind == Condition::Kind::BeginsWith ||
                         (condition.kind == Condition::Kind::Compare &&
                          condition.comparator != Comparator::NotEqual);
    if (!allowed)
        throw invalid("Invalid operator used in KeyConditionExpression: " + spelling(condition));
    terms.push_back(std::move(condition));
}

// Brings the attribute to the front and checks that the rest are constants.
void normalise(Condition& term) {
    auto& operands = term.operands;
    for (const Operand& operand : operands)
        if (operand.kind == Operand::Kind::SizeOfPath ||
            operand.kind == Operand::Kind::SizeOfConstant)
            throw invalid("Invalid operator used in KeyConditionExpression: size");
    if (term.kind == Condition::Kind::Compare && operands[0].kind == Operand::Kind::Constant &&
        operands[1].kind == Operand::Kind::Path) {
        std::swap(operands[0], operands[1]);
        term.comparator = mirrored(term.comparator);
    }
    const auto paths = std::count_if(operands.begin(), operands.end(), [](const Operand& operand) {
        return operand.kind == Operand::Kind::Path;
    });
    if (paths == 0)
        throw invalid("Invalid condition in KeyConditionExpression: No key attribute specified");
    if (paths > 1)
        throw invalid(
            "Invalid condition in KeyConditionExpression: Multiple attribute names used in one "
            "condition");
    if (operands[0].kind != Operand::Kind::Path)
        throw invalid("Invalid condition in KeyConditionExpression: " + spelling(term) +
                      " operator must have the key attribute as its first operand");
    if (!operands[0].path.is_attribute())
        throw invalid("KeyConditionExpressions cannot have conditions on nested attributes");
}

void check_type(const Condition& term, const KeyAttribute& attribute) {
    for (std::size_t i = 1; i < term.operands.size(); ++i) {
        const Value& value = term.operands[i].constant;
        if (value.type() != attribute.type)
            throw invalid_parameter("Condition parameter type does not match schema type");
        if (term.kind == Condition::Kind::BeginsWith) continue;
        const auto* text = value.get<std::string>();
        const auto* binary = value.get<Binary>();
        if ((text != nullptr && text->empty()) || (binary != nullptr && binary->bytes.empty()))
            throw refusal(
                "One or more parameter values are not valid. The AttributeValue for a key "
                "attribute cannot contain an empty " +
                std::string(text != nullptr ? "string" : "binary") +
                " value. Key: " + attribute.name);
    }
}

}  // namespace

KeyCondition parse_key_condition(std::string_view expression, const KeySchema& schema,
                                 Placeholders& placeholders) {
    std::vector<Condition> terms;
    collect(parse_condition(expression, kParameter, placeholders), terms);
    std::map<std::string, Condition*> by_attribute;
    for (Condition& term : terms) {
        normalise(term);
        if (!by_attribute.emplace(term.operands[0].path.attribute(), &term).second)
            throw invalid("KeyConditionExpressions must only contain one condition per key");
    }
    if (terms.size() > 2) throw refusal("Conditions can be of length 1 or 2 only");
    const auto hash = by_attribute.find(schema.hash.name);
    if (hash == by_attribute.end())
        throw refusal("Query condition missed key schema element: " + schema.hash.name);
    const Condition& on_hash = *hash->second;
    if (on_hash.kind != Condition::Kind::Compare || on_hash.comparator != Comparator::Equal)
        throw refusal("Query key condition not supported");
    check_type(on_hash, schema.hash);

    KeyCondition out;
    out.hash = on_hash.operands[1].constant;
    if (terms.size() == 1) return out;
    if (!schema.range) throw refusal("Query key condition not supported");
    const auto range = by_attribute.find(schema.range->name);
    if (range == by_attribute.end())
        throw refusal("Query condition missed key schema element: " + schema.range->name);
    const Condition& on_range = *range->second;
    check_type(on_range, *schema.range);
    RangeCondition condition;
    condition.kind = on_range.kind == Condition::Kind::Between   ? RangeCondition::Kind::Between
                     : on_range.kind == Condition::Kind::Compare ? RangeCondition::Kind::Compare
                                                                 : RangeCondition::Kind::BeginsWith;
    condition.comparator = on_range.comparator;
    condition.first = on_range.operands[1].constant;
    if (on_range.operands.size() > 2) condition.second = on_range.operands[2].constant;
    out.range = std::move(condition);
    return out;
}

}  // namespace lifeboat::local::dynamodb

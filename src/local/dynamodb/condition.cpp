#include "local/dynamodb/condition.h"

#include <algorithm>

namespace lifeboat::local::dynamodb {
namespace {

// Code points; continuation bytes do not count.
std::size_t characters(const std::string& text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::optional<Value> size_of(const Value* value) {
    struct Count {
        std::optional<std::size_t> operator()(const std::string& text) const {
            return characters(text);
        }
        std::optional<std::size_t> operator()(const Binary& binary) const {
            return binary.bytes.size();
        }
        std::optional<std::size_t> operator()(const List& list) const { return list.size(); }
        std::optional<std::size_t> operator()(const Map& map) const { return map.size(); }
        std::optional<std::size_t> operator()(const StringSet& set) const {
            return set.elements.size();
        }
        std::optional<std::size_t> operator()(const NumberSet& set) const {
            return set.elements.size();
        }
        std::optional<std::size_t> operator()(const BinarySet& set) const {
            return set.elements.size();
        }
        std::optional<std::size_t> operator()(const Number&) const { return std::nullopt; }
        std::optional<std::size_t> operator()(bool) const { return std::nullopt; }
        std::optional<std::size_t> operator()(Null) const { return std::nullopt; }
    };
    if (value == nullptr) return std::nullopt;
    const auto count = std::visit(Count{}, value->content());
    if (!count) return std::nullopt;
    return Value(Number::of(static_cast<long long>(*count)));
}

// An operand's value for one item: borrowed from the item or the condition, or computed.
class Resolved {
  public:
    Resolved(const Operand& operand, const Item& item) {
        switch (operand.kind) {
            case Operand::Kind::Path:
                value_ = resolve(operand.path, item);
                return;
            case Operand::Kind::Constant:
                value_ = &operand.constant;
                return;
            case Operand::Kind::SizeOfPath:
                computed_ = size_of(resolve(operand.path, item));
                break;
            case Operand::Kind::SizeOfConstant:
                computed_ = size_of(&operand.constant);
                break;
        }
        value_ = computed_ ? &*computed_ : nullptr;
    }
    Resolved(const Resolved&) = delete;
    Resolved& operator=(const Resolved&) = delete;

    const Value* get() const { return value_; }

  private:
    std::optional<Value> computed_;
    const Value* value_ = nullptr;
};

bool compares(Comparator comparator, const Value* a, const Value* b) {
    if (comparator == Comparator::Equal) return a != nullptr && b != nullptr && *a == *b;
    if (comparator == Comparator::NotEqual) return a == nullptr || b == nullptr || *a != *b;
    if (a == nullptr || b == nullptr) return false;
    const auto order = compare(*a, *b);
    if (!order) return false;
    switch (comparator) {
        case Comparator::Less:
            return *order < 0;
        case Comparator::LessOrEqual:
            return *order <= 0;
        case Comparator::Greater:
            return *order > 0;
        default:
            return *order >= 0;
    }
}

bool begins_with(const Value* value, const Value* prefix) {
    if (value == nullptr || prefix == nullptr || value->type() != prefix->type()) return false;
    if (const auto* text = value->get<std::string>())
        return text->starts_with(*prefix->get<std::string>());
    if (const auto* binary = value->get<Binary>())
        return binary->bytes.starts_with(prefix->get<Binary>()->bytes);
    return false;
}

template <typename Element>
bool set_contains(const Value& container, const Value& element) {
    const auto* set = container.get<SetOf<Element>>();
    const auto* wanted = element.get<Element>();
    return set != nullptr && wanted != nullptr &&
           std::binary_search(set->elements.begin(), set->elements.end(), *wanted);
}

bool contains(const Value* container, const Value* element) {
    if (container == nullptr || element == nullptr) return false;
    if (const auto* list = container->get<List>())
        return std::find(list->begin(), list->end(), *element) != list->end();
    if (const auto* text = container->get<std::string>()) {
        const auto* part = element->get<std::string>();
        return part != nullptr && text->find(*part) != std::string::npos;
    }
    if (const auto* binary = container->get<Binary>()) {
        const auto* part = element->get<Binary>();
        return part != nullptr && binary->bytes.find(part->bytes) != std::string::npos;
    }
    return set_contains<std::string>(*container, *element) ||
           set_contains<Number>(*container, *element) || set_contains<Binary>(*container, *element);
}

}  // namespace

std::string_view symbol(Comparator comparator) {
    switch (comparator) {
        case Comparator::Equal:
            return "=";
        case Comparator::NotEqual:
            return "<>";
        case Comparator::Less:
            return "<";
        case Comparator::LessOrEqual:
            return "<=";
        case Comparator::Greater:
            return ">";
        case Comparator::GreaterOrEqual:
            return ">=";
    }
    return "";
}

std::string spelling(const Condition& condition) {
    switch (condition.kind) {
        case Condition::Kind::And:
            return "AND";
        case Condition::Kind::Or:
            return "OR";
        case Condition::Kind::Not:
            return "NOT";
        case Condition::Kind::Compare:
            return std::string(symbol(condition.comparator));
        case Condition::Kind::Between:
            return "BETWEEN";
        case Condition::Kind::In:
            return "IN";
        case Condition::Kind::AttributeExists:
            return "attribute_exists";
        case Condition::Kind::AttributeNotExists:
            return "attribute_not_exists";
        case Condition::Kind::AttributeType:
            return "attribute_type";
        case Condition::Kind::BeginsWith:
            return "begins_with";
        case Condition::Kind::Contains:
            return "contains";
    }
    return "";
}

bool holds(const Condition& condition, const Item& item) {
    const auto& operands = condition.operands;
    const auto child_holds = [&](const Condition& child) { return holds(child, item); };
    switch (condition.kind) {
        case Condition::Kind::And:
            return std::all_of(condition.children.begin(), condition.children.end(), child_holds);
        case Condition::Kind::Or:
            return std::any_of(condition.children.begin(), condition.children.end(), child_holds);
        case Condition::Kind::Not:
            return !holds(condition.children.front(), item);
        case Condition::Kind::AttributeExists:
            return resolve(operands[0].path, item) != nullptr;
        case Condition::Kind::AttributeNotExists:
            return resolve(operands[0].path, item) == nullptr;
        default:
            break;
    }
    const Resolved first(operands[0], item);
    if (condition.kind == Condition::Kind::In)
        return std::any_of(operands.begin() + 1, operands.end(), [&](const Operand& candidate) {
            return compares(Comparator::Equal, first.get(), Resolved(candidate, item).get());
        });
    const Resolved second(operands[1], item);
    switch (condition.kind) {
        case Condition::Kind::Compare:
            return compares(condition.comparator, first.get(), second.get());
        case Condition::Kind::Between:
            return compares(Comparator::GreaterOrEqual, first.get(), second.get()) &&
                   compares(Comparator::LessOrEqual, first.get(),
                            Resolved(operands[2], item).get());
        case Condition::Kind::AttributeType:
            return first.get() != nullptr &&
                   short_name(first.get()->type()) == *second.get()->get<std::string>();
        case Condition::Kind::BeginsWith:
            return begins_with(first.get(), second.get());
        default:
            return contains(first.get(), second.get());
    }
}

std::set<std::string> attributes_of(const Condition& condition) {
    std::set<std::string> names;
    for (const Operand& operand : condition.operands)
        if (operand.kind == Operand::Kind::Path || operand.kind == Operand::Kind::SizeOfPath)
            names.insert(operand.path.attribute());
    for (const Condition& child : condition.children)
        names.merge(attributes_of(child));
    return names;
}

}  // namespace lifeboat::local::dynamodb

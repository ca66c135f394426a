#include "local/dynamodb/value.h"

#include <array>
#include <cstring>

namespace lifeboat::local::dynamodb {
namespace {

constexpr std::array<std::string_view, 10> kShortNames = {"S", "N", "B",  "BOOL", "NULL",
                                                          "L", "M", "SS", "NS",   "BS"};
constexpr std::array<std::string_view, 10> kLongNames = {
    "STRING", "NUMBER", "BINARY",     "BOOLEAN",    "NULL",
    "LIST",   "MAP",    "STRING_SET", "NUMBER_SET", "BINARY_SET"};

// A list or map costs this much, and each of its entries one byte more.
constexpr std::size_t kContainerOverhead = 3;
constexpr std::size_t kEntryOverhead = 1;

struct SizeOf {
    std::size_t operator()(const std::string& text) const { return text.size(); }
    std::size_t operator()(const Number& number) const { return number.size(); }
    std::size_t operator()(const Binary& binary) const { return binary.bytes.size(); }
    std::size_t operator()(bool) const { return 1; }
    std::size_t operator()(Null) const { return 1; }
    std::size_t operator()(const List& list) const {
        std::size_t size = kContainerOverhead;
        for (const Value& value : list)
            size += kEntryOverhead + value.size();
        return size;
    }
    std::size_t operator()(const Map& map) const {
        return kContainerOverhead + kEntryOverhead * map.size() + item_size(map);
    }
    template <typename Element>
    std::size_t operator()(const SetOf<Element>& set) const {
        std::size_t size = 0;
        for (const Element& element : set.elements)
            size += (*this)(element);
        return size;
    }
};

}  // namespace

std::string_view short_name(Type type) {
    return kShortNames[static_cast<std::size_t>(type)];
}
std::string_view long_name(Type type) {
    return kLongNames[static_cast<std::size_t>(type)];
}

std::optional<Type> type_named(std::string_view name) {
    for (std::size_t i = 0; i < kShortNames.size(); ++i)
        if (kShortNames[i] == name) return static_cast<Type>(i);
    return std::nullopt;
}

std::size_t Value::size() const {
    return std::visit(SizeOf{}, content_);
}

std::size_t item_size(const Item& item) {
    std::size_t size = 0;
    for (const auto& [name, value] : item)
        size += name.size() + value.size();
    return size;
}

std::optional<std::strong_ordering> compare(const Value& a, const Value& b) {
    if (a.type() != b.type()) return std::nullopt;
    if (const auto* text = a.get<std::string>())
        return text->compare(*b.get<std::string>()) <=> 0;  // UTF-8 bytes, as DynamoDB orders
    if (const auto* number = a.get<Number>()) return *number <=> *b.get<Number>();
    if (const auto* binary = a.get<Binary>())
        return binary->bytes.compare(b.get<Binary>()->bytes) <=> 0;
    return std::nullopt;
}

}  // namespace lifeboat::local::dynamodb

// An attribute value: one of DynamoDB's ten types. Items are maps of names to values.
//
// Sets are kept sorted and without duplicates, so that equal sets compare equal whatever the order
// they were written in.
// Source: DynamoDB Developer Guide, "Naming rules and data types"; "DynamoDB item sizes and
// formats".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json_fwd.h"
#include "local/dynamodb/number.h"

namespace lifeboat::local::dynamodb {

inline constexpr std::size_t kMaxItemSize = 400 * 1024;
inline constexpr int kMaxValueDepth = 32;

class Value;
using List = std::vector<Value>;
using Map = std::map<std::string, Value, std::less<>>;
using Item = Map;

struct Null {
    auto operator<=>(const Null&) const = default;
};
// Raw bytes, compared as unsigned.
struct Binary {
    std::string bytes;
    auto operator<=>(const Binary&) const = default;
};
template <typename Element>
struct SetOf {
    std::vector<Element> elements;
    bool operator==(const SetOf&) const = default;
};
using StringSet = SetOf<std::string>;
using NumberSet = SetOf<Number>;
using BinarySet = SetOf<Binary>;

// In the order of Value's alternatives.
enum class Type { S, N, B, BOOL, NULL_, L, M, SS, NS, BS };

std::string_view short_name(Type type);  // "S", "NULL"
std::string_view long_name(Type type);   // "STRING", "NUMBER_SET", as update errors spell it
std::optional<Type> type_named(std::string_view short_name);

template <typename Content, typename... Alternatives>
inline constexpr bool kIsOneOf = (std::is_same_v<Content, Alternatives> || ...);
template <typename Content>
inline constexpr bool kIsContent = kIsOneOf<Content, std::string, Number, Binary, bool, Null, List,
                                            Map, StringSet, NumberSet, BinarySet>;

class Value {
  public:
    using Variant = std::variant<std::string, Number, Binary, bool, Null, List, Map, StringSet,
                                 NumberSet, BinarySet>;
    Value() : content_(Null{}) {}
    template <typename Content>
    requires kIsContent<Content> Value(Content content)
        : content_(std::in_place_type<Content>, std::move(content)) {}

    // One {"S": "text"}. Throws Error{InvalidInput, "ValidationException"} in DynamoDB's words.
    static Value from_json(const Json& json);
    Json to_json() const;
    // The same as text, without the tree; numbers in normal form.
    void append_text(std::string& text) const;

    Type type() const { return static_cast<Type>(content_.index()); }
    template <typename Content>
    const Content* get() const {
        return std::get_if<Content>(&content_);
    }
    template <typename Content>
    Content* get() {
        return std::get_if<Content>(&content_);
    }
    const Variant& content() const { return content_; }

    // Bytes as DynamoDB counts them towards the item size.
    std::size_t size() const;
    bool operator==(const Value&) const = default;

  private:
    static Value from_json(const Json& json, int depth);

    Variant content_;
};

// <, =, > between two strings, two numbers or two binaries; nullopt for anything else.
std::optional<std::strong_ordering> compare(const Value& a, const Value& b);

// "{S:text}", as error messages quote a value.
std::string quoted(const Value& value);

Item item_from_json(const Json& json);
Json item_to_json(const Item& item);
std::string item_text(const Item& item);
// Names and values.
std::size_t item_size(const Item& item);

}  // namespace lifeboat::local::dynamodb

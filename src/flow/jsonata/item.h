// The values of JSONata: those of JSON, and besides "nothing" (undefined), functions, and arrays
// that know how they came about. A sequence is the result of selecting: one with a single member
// stands for that member, an empty one for nothing.
//
// Copies are cheap and share what they hold. Values do not change once built; only the transform
// operator changes objects, of a clone it has just made.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "base/json_fwd.h"
#include "flow/jsonata/budget.h"

namespace lifeboat::flow::jsonata {

struct List;
class Object;
struct Function;

// A double, as in JSONata; what came in as a whole number goes out unchanged.
struct Number {
    double value = 0;
    std::optional<std::int64_t> exact;
};

class Item {
  public:
    Item() = default;
    Item(bool value) : value_(value) {}
    Item(double value) : value_(Number{value, std::nullopt}) {}
    Item(Number value) : value_(value) {}
    Item(std::size_t value) : Item(static_cast<double>(value)) {}
    Item(std::string text) : value_(std::make_shared<const std::string>(std::move(text))) {}
    Item(std::string_view text) : Item(std::string(text)) {}
    Item(const char* text) : Item(std::string(text)) {}
    Item(std::shared_ptr<List> list) : value_(std::move(list)) {}
    Item(std::shared_ptr<Object> object) : value_(std::move(object)) {}
    Item(std::shared_ptr<const Function> function) : value_(std::move(function)) {}
    static Item null();

    bool undefined() const { return std::holds_alternative<std::monostate>(value_); }
    bool is_null() const { return std::holds_alternative<std::nullptr_t>(value_); }
    bool is_boolean() const { return std::holds_alternative<bool>(value_); }
    bool is_number() const { return std::holds_alternative<Number>(value_); }
    bool is_string() const { return std::holds_alternative<Text>(value_); }
    bool is_list() const { return std::holds_alternative<std::shared_ptr<List>>(value_); }
    bool is_object() const { return std::holds_alternative<std::shared_ptr<Object>>(value_); }
    bool is_function() const {
        return std::holds_alternative<std::shared_ptr<const Function>>(value_);
    }

    // Each only for an item of that kind.
    bool boolean() const { return std::get<bool>(value_); }
    double number() const { return std::get<Number>(value_).value; }
    const Number& exact_number() const { return std::get<Number>(value_); }
    const std::string& text() const { return *std::get<Text>(value_); }
    const std::shared_ptr<List>& list() const { return std::get<std::shared_ptr<List>>(value_); }
    const std::shared_ptr<Object>& object() const {
        return std::get<std::shared_ptr<Object>>(value_);
    }
    const std::shared_ptr<const Function>& function() const {
        return std::get<std::shared_ptr<const Function>>(value_);
    }

    // How many arrays, objects and functions lie within each other.
    std::size_t depth() const;

  private:
    using Text = std::shared_ptr<const std::string>;
    std::variant<std::monostate, std::nullptr_t, bool, Number, Text, std::shared_ptr<List>,
                 std::shared_ptr<Object>, std::shared_ptr<const Function>>
        value_;
};

using Items = std::vector<Item>;

struct List {
    // U1001 when the value would become deeper than kDeepestValue.
    void push(Item item);

    const Items& items() const { return items_; }
    std::size_t size() const { return items_.size(); }
    bool empty() const { return items_.empty(); }
    std::size_t depth() const { return depth_; }

    bool sequence = false;
    bool keep_singleton = false;  // a[]: stays an array even with one member
    bool constructed = false;     // [a, b] as the first or last step of a path: not flattened
    bool outer = false;           // wraps an input that is an array
    bool tuples = false;          // members are bindings: objects with the value under "@"

  private:
    Items items_;
    std::size_t depth_ = 1;
};

// Members in the order they were first set.
class Object {
  public:
    const Item* find(std::string_view name) const;
    void set(std::string_view name, Item value);
    void erase(std::string_view name);
    const std::vector<std::pair<std::string, Item>>& members() const { return members_; }
    bool empty() const { return members_.empty(); }
    std::size_t depth() const { return depth_; }

  private:
    std::vector<std::pair<std::string, Item>> members_;
    std::unordered_map<std::string, std::size_t> index_;  // only of large objects
    std::size_t depth_ = 1;
};

std::shared_ptr<List> new_list();
std::shared_ptr<List> new_sequence();
std::shared_ptr<Object> new_object();

Item from_json(const Json& json, Budget& budget);
// Functions become empty text, as JSONata casts them. The item must not be undefined.
Json to_json(const Item& item, Budget& budget);

bool equal(const Item& a, const Item& b, Budget& budget);
// The truth of a value: empty text, 0, null, empty objects, arrays of nothing true, and nothing are
// false.
bool truth(const Item& item, Budget& budget);
// The two as one array. What is no array counts as one member; undefined as none.
Item append(const Item& a, const Item& b, Budget& budget);
// The members, where they lie: of an array, or the one item itself, or none when undefined.
class Members {
  public:
    explicit Members(Item item) : item_(std::move(item)) {}

    const Item* begin() const { return item_.is_list() ? item_.list()->items().data() : &item_; }
    const Item* end() const { return begin() + size(); }
    std::size_t size() const {
        return item_.is_list() ? item_.list()->size() : item_.undefined() ? 0 : 1;
    }
    bool empty() const { return size() == 0; }
    const Item& operator[](std::size_t index) const { return begin()[index]; }

  private:
    Item item_;  // keeps the array
};

Members members_of(Item item);
// Arrays within arrays flattened away.
void flatten_into(List& out, const Item& item, Budget& budget);
// A sequence of one becomes its member, an empty one nothing.
Item settled(Item item);
Item clone(const Item& item, Budget& budget);

}  // namespace lifeboat::flow::jsonata

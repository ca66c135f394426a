#include "flow/jsonata/item.h"

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "flow/jsonata/function.h"

namespace lifeboat::flow::jsonata {
namespace {

constexpr std::size_t kIndexFrom = 12;        // members; below, looking through is faster
constexpr double kSafe = 9007199254740992.0;  // 2^53: whole numbers up to here are exact

std::size_t deeper(std::size_t depth, const Item& inside) {
    depth = std::max(depth, inside.depth() + 1);
    if (depth > kDeepestValue)
        fail(kTooDeep, "A value is nested deeper than " + std::to_string(kDeepestValue));
    return depth;
}

}  // namespace

Item Item::null() {
    Item item;
    item.value_ = nullptr;
    return item;
}

std::size_t Item::depth() const {
    if (is_list()) return list()->depth();
    if (is_object()) return object()->depth();
    if (is_function()) return function()->depth;
    return 0;
}

void List::push(Item item) {
    depth_ = deeper(depth_, item);
    items_.push_back(std::move(item));
}

const Item* Object::find(std::string_view name) const {
    if (!index_.empty()) {
        const auto found = index_.find(std::string(name));
        return found == index_.end() ? nullptr : &members_[found->second].second;
    }
    for (const auto& [key, value] : members_)
        if (key == name) return &value;
    return nullptr;
}

void Object::set(std::string_view name, Item value) {
    depth_ = deeper(depth_, value);
    if (const Item* found = find(name)) {
        const_cast<Item&>(*found) = std::move(value);
        return;
    }
    members_.emplace_back(name, std::move(value));
    if (!index_.empty()) {
        index_.emplace(name, members_.size() - 1);
    } else if (members_.size() >= kIndexFrom) {
        for (std::size_t i = 0; i < members_.size(); ++i)
            index_.emplace(members_[i].first, i);
    }
}

void Object::erase(std::string_view name) {
    const auto removed =
        std::erase_if(members_, [name](const auto& member) { return member.first == name; });
    if (removed == 0 || index_.empty()) return;
    index_.clear();
    if (members_.size() >= kIndexFrom)
        for (std::size_t i = 0; i < members_.size(); ++i)
            index_.emplace(members_[i].first, i);
}

std::shared_ptr<List> new_list() {
    return std::make_shared<List>();
}

std::shared_ptr<List> new_sequence() {
    auto list = std::make_shared<List>();
    list->sequence = true;
    return list;
}

std::shared_ptr<Object> new_object() {
    return std::make_shared<Object>();
}

Item from_json(const Json& json, Budget& budget) {
    budget.charge(1);
    switch (json.type()) {
        case Json::value_t::boolean:
            return json.get<bool>();
        case Json::value_t::number_integer:
            return Number{json.get<double>(), json.get<std::int64_t>()};
        case Json::value_t::number_unsigned:
            if (json.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
                return json.get<double>();
            return Number{json.get<double>(), json.get<std::int64_t>()};
        case Json::value_t::number_float:
            return json.get<double>();
        case Json::value_t::string:
            budget.charge_text(json.get_ref<const std::string&>().size());
            return json.get_ref<const std::string&>();
        case Json::value_t::array: {
            auto list = new_list();
            for (const Json& part : json)
                list->push(from_json(part, budget));
            return list;
        }
        case Json::value_t::object: {
            auto object = new_object();
            for (const auto& [name, value] : json.items())
                object->set(name, from_json(value, budget));
            return object;
        }
        default:
            return Item::null();
    }
}

Json to_json(const Item& item, Budget& budget) {
    budget.charge(1);
    if (item.is_boolean()) return item.boolean();
    if (item.is_number()) {
        const Number& number = item.exact_number();
        if (number.exact) return *number.exact;
        if (number.value == std::floor(number.value) && std::abs(number.value) <= kSafe)
            return static_cast<std::int64_t>(number.value);
        return number.value;
    }
    if (item.is_string()) {
        budget.charge_text(item.text().size());
        return item.text();
    }
    if (item.is_list()) {
        Json list = Json::array();
        for (const Item& part : item.list()->items())
            list.push_back(to_json(part, budget));
        return list;
    }
    if (item.is_object()) {
        Json object = Json::object();
        for (const auto& [name, value] : item.object()->members())
            object[name] = to_json(value, budget);
        return object;
    }
    if (item.is_function()) return "";
    return nullptr;
}

bool equal(const Item& a, const Item& b, Budget& budget) {
    budget.charge(1);
    if (a.is_number() && b.is_number()) {
        if (a.exact_number().exact && b.exact_number().exact)
            return a.exact_number().exact == b.exact_number().exact;
        return a.number() == b.number();
    }
    if (a.is_string() && b.is_string()) {
        if (a.text().size() == b.text().size()) budget.charge_text(a.text().size());
        return a.text() == b.text();
    }
    if (a.is_boolean() && b.is_boolean()) return a.boolean() == b.boolean();
    if (a.is_null() && b.is_null()) return true;
    if (a.is_function() && b.is_function()) return a.function() == b.function();
    if (a.is_list() && b.is_list()) {
        const Items &left = a.list()->items(), &right = b.list()->items();
        if (left.size() != right.size()) return false;
        for (std::size_t i = 0; i < left.size(); ++i)
            if (!equal(left[i], right[i], budget)) return false;
        return true;
    }
    if (a.is_object() && b.is_object()) {
        if (a.object()->members().size() != b.object()->members().size()) return false;
        for (const auto& [name, value] : a.object()->members()) {
            const Item* other = b.object()->find(name);
            if (other == nullptr || !equal(value, *other, budget)) return false;
        }
        return true;
    }
    return false;
}

bool truth(const Item& item, Budget& budget) {
    if (item.is_boolean()) return item.boolean();
    if (item.is_number()) return item.number() != 0;
    if (item.is_string()) return !item.text().empty();
    if (item.is_object()) return !item.object()->empty();
    if (!item.is_list()) return false;
    return std::ranges::any_of(item.list()->items(), [&budget](const Item& part) {
        budget.charge(1);
        return truth(part, budget);
    });
}

Item append(const Item& a, const Item& b, Budget& budget) {
    if (a.undefined()) return b;
    if (b.undefined()) return a;
    auto both = new_list();
    for (const Item* side : {&a, &b}) {
        const Members parts = members_of(*side);
        budget.charge(parts.size() + 1);
        for (const Item& part : parts)
            both->push(part);
    }
    return both;
}

Members members_of(Item item) {
    return Members(std::move(item));
}

void flatten_into(List& out, const Item& item, Budget& budget) {
    budget.charge(1);
    if (!item.is_list()) return out.push(item);
    for (const Item& part : item.list()->items())
        flatten_into(out, part, budget);
}

Item settled(Item item) {
    if (!item.is_list() || !item.list()->sequence || item.list()->tuples) return item;
    const List& list = *item.list();
    if (list.empty()) return {};
    if (list.size() == 1 && !list.keep_singleton) return Item(list.items().front());
    return item;
}

Item clone(const Item& item, Budget& budget) {
    budget.charge(1);
    if (item.is_list()) {
        auto copy = new_list();
        for (const Item& part : item.list()->items())
            copy->push(clone(part, budget));
        return copy;
    }
    if (item.is_object()) {
        auto copy = new_object();
        for (const auto& [name, value] : item.object()->members())
            copy->set(name, clone(value, budget));
        return copy;
    }
    return item;
}

}  // namespace lifeboat::flow::jsonata

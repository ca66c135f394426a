#include "local/dynamodb/update.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "local/dynamodb/refusal.h"

namespace lifeboat::local::dynamodb {
namespace {

Error no_attribute() {
    return refusal(
        "The provided expression refers to an attribute that does not exist in the item");
}
Error wrong_path() {
    return refusal("The document path provided in the update expression is invalid for update");
}
Error wrong_type() {
    return refusal("An operand in the update expression has an incorrect data type");
}

Value evaluate(const UpdateOperand& operand, const Item& item) {
    switch (operand.kind) {
        case UpdateOperand::Kind::Constant:
            return operand.constant;
        case UpdateOperand::Kind::Path: {
            const Value* value = resolve(operand.path, item);
            if (value == nullptr) throw no_attribute();
            return *value;
        }
        case UpdateOperand::Kind::IfNotExists: {
            const Value* value = resolve(operand.path, item);
            return value != nullptr ? *value : evaluate(operand.operands[0], item);
        }
        case UpdateOperand::Kind::ListAppend: {
            Value first = evaluate(operand.operands[0], item);
            Value second = evaluate(operand.operands[1], item);
            List* list = first.get<List>();
            List* tail = second.get<List>();
            if (list == nullptr || tail == nullptr) throw wrong_type();
            std::move(tail->begin(), tail->end(), std::back_inserter(*list));
            return first;
        }
        case UpdateOperand::Kind::Plus:
        case UpdateOperand::Kind::Minus: {
            const Value first = evaluate(operand.operands[0], item);
            const Value second = evaluate(operand.operands[1], item);
            const auto* a = first.get<Number>();
            const auto* b = second.get<Number>();
            if (a == nullptr || b == nullptr) throw wrong_type();
            return operand.kind == UpdateOperand::Kind::Plus ? *a + *b : *a - *b;
        }
    }
    throw wrong_type();
}

// The map or list a path's last step is taken in; `item` itself is not a Value, so a path of one
// step has none.
Value* parent_of(const Path& path, Item& item) {
    Path parent{{path.steps.begin(), path.steps.end() - 1}};
    const Value* value = resolve(parent, item);
    if (value == nullptr) throw wrong_path();
    const bool index = std::holds_alternative<std::size_t>(path.steps.back());
    if (index ? value->get<List>() == nullptr : value->get<Map>() == nullptr) throw wrong_path();
    return const_cast<Value*>(value);  // `item` is ours to change
}

void assign(const Path& path, Value value, Item& item) {
    if (path.is_attribute()) {
        item.insert_or_assign(path.attribute(), std::move(value));
        return;
    }
    Value* parent = parent_of(path, item);
    if (const auto* name = std::get_if<std::string>(&path.steps.back())) {
        parent->get<Map>()->insert_or_assign(*name, std::move(value));
        return;
    }
    List& list = *parent->get<List>();
    const auto index = std::get<std::size_t>(path.steps.back());
    if (index < list.size())
        list[index] = std::move(value);
    else
        list.push_back(std::move(value));
}

void erase(const Path& path, Item& item) {
    if (path.is_attribute()) {
        item.erase(path.attribute());
        return;
    }
    Value* parent = parent_of(path, item);
    if (const auto* name = std::get_if<std::string>(&path.steps.back())) {
        parent->get<Map>()->erase(*name);
        return;
    }
    List& list = *parent->get<List>();
    const auto index = std::get<std::size_t>(path.steps.back());
    if (index < list.size()) list.erase(list.begin() + static_cast<std::ptrdiff_t>(index));
}

template <typename Element>
bool change_set(const Value* existing, const Value& change, bool add,
                std::optional<Value>& result) {
    const auto* given = change.get<SetOf<Element>>();
    if (given == nullptr) return false;
    const auto* had = existing == nullptr ? nullptr : existing->get<SetOf<Element>>();
    if (existing != nullptr && had == nullptr) throw wrong_type();
    SetOf<Element> out;
    const std::vector<Element> none;
    const auto& a = had == nullptr ? none : had->elements;
    const auto& b = given->elements;
    if (add)
        std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out.elements));
    else
        std::set_difference(a.begin(), a.end(), b.begin(), b.end(),
                            std::back_inserter(out.elements));
    if (!out.elements.empty()) result = Value(std::move(out));
    return true;
}

// What ADD or DELETE leaves at the path; nullopt: nothing.
std::optional<Value> changed(const Value* existing, const Value& change, bool add) {
    std::optional<Value> result;
    if (change_set<std::string>(existing, change, add, result) ||
        change_set<Number>(existing, change, add, result) ||
        change_set<Binary>(existing, change, add, result))
        return result;
    if (existing == nullptr) return change;
    const auto* number = existing->get<Number>();
    if (number == nullptr) throw wrong_type();
    return Value(*number + *change.get<Number>());
}

struct Write {
    const Path* path;
    Value value;
};

}  // namespace

std::vector<Path> paths_after(const Update& update, const Item& before) {
    std::map<std::vector<Step>, std::pair<std::size_t, std::vector<Path*>>> appended;
    std::vector<Path> paths = update.paths();
    for (std::size_t i = 0; i < update.set.size(); ++i) {
        const auto* index = std::get_if<std::size_t>(&paths[i].steps.back());
        if (index == nullptr) continue;
        Path parent{{paths[i].steps.begin(), paths[i].steps.end() - 1}};
        const Value* value = resolve(parent, before);
        const List* list = value == nullptr ? nullptr : value->get<List>();
        if (list == nullptr || *index < list->size()) continue;
        auto& [size, added] = appended[std::move(parent.steps)];
        size = list->size();
        added.push_back(&paths[i]);
    }
    for (auto& [parent, entry] : appended) {
        auto& [size, added] = entry;
        std::sort(added.begin(), added.end(),
                  [](const Path* a, const Path* b) { return a->steps < b->steps; });
        for (std::size_t i = 0; i < added.size(); ++i)
            added[i]->steps.back() = size + i;
    }
    return paths;
}

Item apply_update(const Update& update, const Item& item) {
    std::vector<Write> writes;
    std::vector<const Path*> erasures;
    for (const auto& assignment : update.set)
        writes.push_back({&assignment.path, evaluate(assignment.value, item)});
    const auto change_set_at = [&](const Update::SetChange& change, bool add) {
        const Value* existing = resolve(change.path, item);
        auto value = changed(existing, change.value, add);
        if (value)
            writes.push_back({&change.path, std::move(*value)});
        else if (existing != nullptr)
            erasures.push_back(&change.path);
    };
    for (const auto& change : update.add)
        change_set_at(change, true);
    for (const auto& change : update.remove_from_set)
        change_set_at(change, false);

    Item out = item;
    for (const Path& path : update.remove) {
        // The parent must be there; the value itself need not.
        if (!path.is_attribute()) parent_of(path, out);
        if (resolve(path, item) != nullptr) erasures.push_back(&path);
    }
    // In the order of their indexes, so that several appended elements keep their order; and
    // erasures last and backwards, because each shifts the elements behind it.
    const auto before = [](const Path* a, const Path* b) { return a->steps < b->steps; };
    std::stable_sort(writes.begin(), writes.end(),
                     [&](const Write& a, const Write& b) { return before(a.path, b.path); });
    std::sort(erasures.begin(), erasures.end(), before);
    for (Write& write : writes)
        assign(*write.path, std::move(write.value), out);
    for (auto it = erasures.rbegin(); it != erasures.rend(); ++it)
        erase(**it, out);
    return out;
}

}  // namespace lifeboat::local::dynamodb

// The members of a JSON object, in the order in which they were first set. Used through Json only.
//
// References and iterators stay valid until their own member is removed, as with std::map. Look-up
// walks the members while they are few and goes through an index when they are many. The index is a
// tree, not a table of hashes: names come from strangers, who could make them collide.
#pragma once

#include <algorithm>
#include <compare>
#include <functional>
#include <initializer_list>
#include <list>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lifeboat {

// The parameters after `Value` are those nlohmann::basic_json hands to std::map.
template <typename Key, typename Value, typename... Unused>
class OrderedObject {
    using Members = std::list<std::pair<const Key, Value>>;

  public:
    using key_type = Key;
    using mapped_type = Value;
    using value_type = typename Members::value_type;
    using size_type = typename Members::size_type;
    using iterator = typename Members::iterator;
    using const_iterator = typename Members::const_iterator;
    // Not an order: tells basic_json that anything comparable with a key may be looked up.
    using key_compare = std::equal_to<>;

    OrderedObject() = default;
    template <typename Input>
    OrderedObject(Input first, Input last) {
        insert(first, last);
    }
    OrderedObject(std::initializer_list<value_type> members)
        : OrderedObject(members.begin(), members.end()) {}
    OrderedObject(const OrderedObject& other) : members_(other.members_) { index_if_many(); }
    OrderedObject(OrderedObject&& other) noexcept = default;
    OrderedObject& operator=(OrderedObject other) noexcept {
        swap(*this, other);
        return *this;
    }
    ~OrderedObject() = default;

    friend void swap(OrderedObject& a, OrderedObject& b) noexcept {
        a.members_.swap(b.members_);
        a.index_.swap(b.index_);
    }

    iterator begin() noexcept { return members_.begin(); }
    iterator end() noexcept { return members_.end(); }
    const_iterator begin() const noexcept { return members_.begin(); }
    const_iterator end() const noexcept { return members_.end(); }
    const_iterator cbegin() const noexcept { return members_.cbegin(); }
    const_iterator cend() const noexcept { return members_.cend(); }

    bool empty() const noexcept { return members_.empty(); }
    size_type size() const noexcept { return members_.size(); }
    size_type max_size() const noexcept { return members_.max_size(); }

    iterator find(std::string_view key) { return found(*this, key); }
    const_iterator find(std::string_view key) const { return found(*this, key); }
    size_type count(std::string_view key) const { return find(key) == end() ? 0 : 1; }

    template <typename K, typename V>
    std::pair<iterator, bool> emplace(K&& key, V&& value) {
        if (const auto at = find(key); at != end()) return {at, false};
        members_.emplace_back(std::forward<K>(key), std::forward<V>(value));
        const auto added = std::prev(end());
        try {
            if (index_)
                index_->emplace(added->first, added);
            else
                index_if_many();
        } catch (...) {  // no memory: a member that is not in the index would never be found
            members_.pop_back();
            throw;
        }
        return {added, true};
    }
    std::pair<iterator, bool> insert(const value_type& member) {
        return emplace(member.first, member.second);
    }
    template <typename Input>
    void insert(Input first, Input last) {
        for (; first != last; ++first)
            emplace(first->first, first->second);
    }
    Value& operator[](const Key& key) { return emplace(key, nullptr).first->second; }
    const Value& at(std::string_view key) const {
        if (const auto found = find(key); found != end()) return found->second;
        throw std::out_of_range("no member of that name");
    }

    iterator erase(iterator at) {
        if (index_) index_->erase(at->first);
        return members_.erase(at);
    }
    iterator erase(iterator first, iterator last) {
        while (first != last)
            first = erase(first);
        return last;
    }
    size_type erase(std::string_view key) {
        const auto at = find(key);
        if (at == end()) return 0;
        erase(at);
        return 1;
    }
    void clear() noexcept {
        index_.reset();
        members_.clear();
    }

    friend bool operator==(const OrderedObject& a, const OrderedObject& b) {
        if (a.size() != b.size()) return false;
        auto beside = b.begin();  // mostly the members come in the same order
        for (const auto& [key, value] : a) {
            const auto other = beside->first == key ? beside : b.find(key);
            if (other == b.end() || other->second != value) return false;
            ++beside;
        }
        return true;
    }
    // As if both were sorted by key.
    friend std::partial_ordering operator<=>(const OrderedObject& a, const OrderedObject& b) {
        const auto left = a.sorted(), right = b.sorted();
        return std::lexicographical_compare_three_way(
            left.begin(), left.end(), right.begin(), right.end(),
            [](const_iterator x, const_iterator y) -> std::partial_ordering {
                if (const auto keys = x->first <=> y->first; keys != 0) return keys;
                return x->second <=> y->second;
            });
    }

    // The members by name, in order of bytes.
    std::vector<const_iterator> sorted() const {
        std::vector<const_iterator> all;
        all.reserve(size());
        for (auto at = begin(); at != end(); ++at)
            all.push_back(at);
        std::sort(all.begin(), all.end(),
                  [](const_iterator x, const_iterator y) { return x->first < y->first; });
        return all;
    }

  private:
    // More members than this have an index.
    static constexpr size_type kFew = 16;

    template <typename Self>
    static auto found(Self& self, std::string_view key) -> decltype(self.begin()) {
        if (!self.index_)
            return std::find_if(self.begin(), self.end(),
                                [&](const value_type& member) { return member.first == key; });
        const auto at = self.index_->find(key);
        if (at == self.index_->end()) return self.end();
        return at->second;
    }

    void index_if_many() {
        if (members_.size() <= kFew) return;
        auto index = std::make_unique<Index>();
        for (auto at = begin(); at != end(); ++at)
            index->emplace(at->first, at);
        index_ = std::move(index);
    }

    using Index = std::map<std::string_view, iterator>;

    Members members_;
    std::unique_ptr<Index> index_;  // null while there are few members
};

}  // namespace lifeboat

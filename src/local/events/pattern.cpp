#include "local/events/pattern.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "local/events/pattern_parser.h"

namespace lifeboat::local::events {
namespace {

// Steps of the search over array elements before it gives up.
constexpr int kMostSteps = 200'000;

// In which element of which arrays a value lies, sorted by array.
using Membership = std::vector<std::pair<const Json*, std::size_t>>;

struct Found {
    std::set<Membership> fitting;   // of values that fit
    std::set<Membership> anything;  // of all values, when the field may be absent
    bool may_be_absent = false;
};

// Collects the values at a path. At every object the rest of the path is tried as one name, and as
// every name that ends before a dot.
class Collector {
  public:
    Collector(const Pattern::Field& field, Found& found) : field_(field), found_(found) {
        for (const Condition& condition : *field.conditions)
            if (condition.kind == Condition::Kind::Absent) found.may_be_absent = true;
    }

    void object(const Json& node, std::string_view rest) {
        for (std::size_t dot = rest.find('.');; dot = rest.find('.', dot + 1)) {
            const auto member = node.find(rest.substr(0, dot));
            const bool whole = dot == std::string_view::npos;
            if (member != node.end()) value(*member, whole ? "" : rest.substr(dot + 1), whole);
            if (whole) return;
        }
    }

  private:
    void value(const Json& node, std::string_view rest, bool reached) {
        if (node.is_object()) {
            if (!reached) object(node, rest);
        } else if (node.is_array()) {
            std::size_t index = 0;
            for (const Json& element : node) {
                if (element.is_structured()) {
                    membership_.emplace_back(&node, index);
                    value(element, rest, reached);
                    membership_.pop_back();
                } else if (reached) {
                    scalar(element);
                }
                ++index;
            }
        } else if (reached) {
            scalar(node);
        }
    }

    void scalar(const Json& node) {
        Membership membership = membership_;
        std::sort(membership.begin(), membership.end());
        if (found_.may_be_absent) found_.anything.insert(membership);
        if (found_.fitting.contains(membership)) return;
        const FieldValue value(node);
        for (const Condition& condition : *field_.conditions) {
            if (condition.holds(value)) {
                found_.fitting.insert(std::move(membership));
                return;
            }
        }
    }

    const Pattern::Field& field_;
    Found& found_;
    Membership membership_;
};

// The two together, or nothing when they contradict each other.
std::optional<Membership> join(const Membership& a, const Membership& b) {
    Membership both;
    both.reserve(a.size() + b.size());
    auto x = a.begin();
    auto y = b.begin();
    while (x != a.end() || y != b.end()) {
        if (y == b.end() || (x != a.end() && x->first < y->first)) {
            both.push_back(*x++);
        } else if (x == a.end() || y->first < x->first) {
            both.push_back(*y++);
        } else {
            if (x->second != y->second) return std::nullopt;
            both.push_back(*x++);
            ++y;
        }
    }
    return both;
}

// Chooses one value for each field so that all lie in the same elements.
class Search {
  public:
    explicit Search(std::vector<Found> fields) : fields_(std::move(fields)) {
        for (std::size_t i = 0; i < fields_.size(); ++i)
            for (const auto* memberships : {&fields_[i].fitting, &fields_[i].anything})
                for (const Membership& membership : *memberships)
                    for (const auto& [array, index] : membership)
                        last_use_[array] = i;
    }

    bool from(std::size_t i, const Membership& so_far) {
        if (i == fields_.size()) return true;
        if (++steps_ > kMostSteps) return false;
        // Arrays that no later field lies in make no difference any more.
        Membership relevant;
        for (const auto& entry : so_far)
            if (last_use_.at(entry.first) >= i) relevant.push_back(entry);
        if (!tried_.emplace(i, relevant).second) return false;
        for (const Membership& membership : fields_[i].fitting) {
            if (++steps_ > kMostSteps) return false;
            if (const auto both = join(relevant, membership); both && from(i + 1, *both))
                return true;
        }
        return fields_[i].may_be_absent &&
               std::none_of(
                   fields_[i].anything.begin(), fields_[i].anything.end(),
                   [&](const Membership& other) { return join(relevant, other).has_value(); }) &&
               from(i + 1, relevant);
    }

  private:
    std::vector<Found> fields_;
    std::map<const Json*, std::size_t> last_use_;
    std::set<std::pair<std::size_t, Membership>> tried_;
    int steps_ = 0;
};

bool fits(const Pattern::Alternative& fields, const Json& event) {
    std::vector<Found> all;
    bool arrays = false;
    for (const Pattern::Field& field : fields) {
        Found found;
        Collector(field, found).object(event, field.path);
        if (found.fitting.empty() && !found.may_be_absent) return false;
        for (const auto* memberships : {&found.fitting, &found.anything})
            for (const Membership& membership : *memberships)
                arrays |= !membership.empty();
        if (!arrays && found.fitting.empty() && !found.anything.empty()) return false;
        all.push_back(std::move(found));
    }
    return !arrays || Search(std::move(all)).from(0, {});
}

void refuse_complex(const std::vector<Pattern::Alternative>& alternatives) {
    // Fields are reached through the fields before them; alternatives that begin alike share them.
    std::map<std::string, std::map<std::string, const Pattern::Field*>> reached;
    for (const Pattern::Alternative& fields : alternatives) {
        std::string way;
        for (const Pattern::Field& field : fields) {
            way.append(field.path).append("\n");
            reached[way].emplace(field.source, &field);
            way.append(field.source).append("\n");
        }
    }
    for (const auto& [way, fields] : reached) {
        std::vector<WildcardGroup> groups;
        for (const auto& [source, field] : fields) {
            for (const Condition& condition : *field->conditions) {
                WildcardGroup group;
                for (const Wildcard& wildcard : condition.wildcards)
                    group.push_back(&wildcard);
                if (!group.empty()) groups.push_back(std::move(group));
            }
        }
        if (!groups.empty() && wildcard_complexity(groups) > kMostWildcardPrefixes)
            throw Error(ErrorCategory::InvalidInput, "TooComplex",
                        "Rule is too complex - try using fewer wildcard characters or fewer "
                        "repeating character sequences after a wildcard character");
    }
}

}  // namespace

Pattern Pattern::compile(std::string_view text) {
    try {
        Pattern pattern;
        pattern.alternatives_ = PatternParser(text).parse();
        refuse_complex(pattern.alternatives_);
        return pattern;
    } catch (const Error& error) {
        throw Error(ErrorCategory::InvalidInput, "InvalidEventPatternException",
                    "Event pattern is not valid. Reason: " + error.message());
    }
}

bool Pattern::matches(const Json& event) const {
    return event.is_object() &&
           std::any_of(alternatives_.begin(), alternatives_.end(),
                       [&](const Alternative& fields) { return fits(fields, event); });
}

}  // namespace lifeboat::local::events

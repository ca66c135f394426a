// One entry of a pattern's array: what a field's value must be like.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "local/events/ip_address.h"
#include "local/events/wildcard.h"

namespace lifeboat::local::events {

// A scalar of an event, in the forms conditions look at. Strings and everything else are never
// equal.
struct FieldValue {
    explicit FieldValue(const Json& scalar);

    bool is_string = false;
    std::string text;              // a string's characters; else as JSON writes it
    std::optional<double> number;  // of a number that can be compared
    // Worked out when first asked for.
    const std::optional<std::string>& address() const;
    const std::string& folded() const;

  private:
    mutable std::optional<std::optional<std::string>> address_;
    mutable std::optional<std::string> folded_;
};

struct Condition {
    enum class Kind {
        Exact,      // a string
        Literal,    // null, true, false, or a number by its text
        Number,     // a number by its value
        Range,      // numbers between low and high
        Addresses,  // IP addresses in a block; an address written differently is the same one
        Prefix,
        Suffix,
        FoldedEqual,  // ...-ignore-case: texts are folded (text_case.h)
        FoldedPrefix,
        FoldedSuffix,
        Wildcard,
        Exists,
        Absent,  // never true of a value; the pattern looks for the field itself
        // anything-but: none of the texts (folded, prefixes, ...) or numbers
        NotExact,
        NotNumber,
        NotFoldedEqual,
        NotPrefix,
        NotSuffix,
        NotWildcard,
    };

    Kind kind = Kind::Exact;
    std::vector<std::string> texts;
    std::vector<double> numbers;
    double low = std::numeric_limits<double>::lowest();
    double high = std::numeric_limits<double>::max();
    bool low_open = false;
    bool high_open = false;
    AddressBlock block;
    std::vector<events::Wildcard> wildcards;

    bool holds(const FieldValue& value) const;
};

}  // namespace lifeboat::local::events

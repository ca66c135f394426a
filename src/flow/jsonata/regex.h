// Regular expressions, in code points. Matching that goes back and forth without end is given up
// with U1002.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/jsonata/budget.h"

namespace lifeboat::flow::jsonata {

struct RegexMatch {
    std::u32string text;
    std::size_t start = 0, end = 0;  // code points
    std::vector<std::optional<std::u32string>> groups;
};

class Regex {
  public:
    // `flags` of "i" and "m". Throws S0303 when the pattern is none.
    static std::shared_ptr<const Regex> compile(std::string_view pattern, std::string_view flags);
    virtual ~Regex() = default;

    // The first match at or after `from`. D1004 when it is of no length.
    virtual std::optional<RegexMatch> find(const std::u32string& text, std::size_t from,
                                           Budget& budget) const = 0;
};

// What is not UTF-8 becomes U+FFFD.
std::u32string to_points(std::string_view text);
std::string to_utf8(std::u32string_view points);

}  // namespace lifeboat::flow::jsonata

// The `wildcard` operator: `*` stands for any characters, none too. `\*` and `\\` are the
// characters themselves.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lifeboat::local::events {

class Wildcard {
  public:
    // Throws Error{InvalidInput, "InvalidWildcard"} in EventBridge's words for two stars in a row
    // and for a backslash before anything else. Positions count bytes and the opening quotation
    // mark.
    explicit Wildcard(std::string_view pattern);

    // Takes time proportional to the length of `text`, whatever the pattern.
    bool matches(std::string_view text) const;

    // The pattern's bytes, one each; kStar for a star.
    static constexpr int kStar = 256;
    const std::vector<int>& tokens() const { return tokens_; }

  private:
    // What stands between two stars, and for each of its prefixes the length of the longest proper
    // prefix that is also its suffix (Knuth, Morris, Pratt).
    struct Part {
        std::string text;
        std::vector<std::size_t> border;
    };
    static std::size_t find(const Part& part, std::string_view text);

    std::vector<int> tokens_;
    std::vector<Part> parts_;  // one more than there are stars
};

// The alternatives of one `wildcard` or `anything-but` operator, for judging its complexity.
using WildcardGroup = std::vector<const Wildcard*>;

// How many beginnings of the patterns can fit one text at the same time, at most; the measure by
// which EventBridge refuses patterns. `groups` apply to the same field. Stops counting, and answers
// more than kMostWildcardPrefixes, as soon as that is exceeded.
inline constexpr int kMostWildcardPrefixes = 10;
int wildcard_complexity(const std::vector<WildcardGroup>& groups);

}  // namespace lifeboat::local::events

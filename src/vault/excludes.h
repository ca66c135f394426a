// What a backup leaves out, and what restore, find and ls pick: restic's patterns.
//
// A pattern is matched component by component: "*", "?" and "[...]" within one, "**" for any
// number. One that starts with "/" is anchored at the root; any other may start at every
// component. "!pattern" takes back in what an earlier one took. What lies below something that
// matches, matches.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lifeboat::vault {

class PatternList {
  public:
    PatternList() = default;
    explicit PatternList(const std::vector<std::string>& patterns);

    bool is_empty() const { return patterns_.empty(); }
    // Is `path` ("/a/b") itself matched? Whoever walks leaves out what is below.
    bool matches(std::string_view path) const;
    // Or something above it.
    bool matches_or_above(std::string_view path) const;
    // Could something below the directory `path` match?
    bool may_match_below(std::string_view path) const;

  private:
    struct Pattern {
        std::vector<std::string> parts;
        bool is_anchored = false;
        bool takes_back = false;
    };
    std::vector<Pattern> patterns_;
};

}  // namespace lifeboat::vault

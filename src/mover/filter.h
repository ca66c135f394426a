// Include and exclude filters in DataSync's syntax.
//
// A filter is a list of patterns separated by "|", each a path that starts with "/" at the root of
// the source: "/projects/a|/tmp*". "*" stands for any characters, slashes too; "\" takes the next
// character as it is ("\*", "\|", "\\"). A pattern also takes everything below what it matches. A
// name is copied, compared or deleted only if an include pattern takes it (when there are any) and
// no exclude pattern does. Excludes may start with "*" instead of "/" ("*.tmp"); in includes "*"
// may only stand last (DataSync user guide, "Filtering data").
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lifeboat::mover {

enum class Selection {
    Skip,
    Descend,  // not selected itself; something below may be
    Take,
};

class Filter {
  public:
    Filter() = default;
    // Throws Error{InvalidInput, "InvalidRequestException"} naming the pattern.
    Filter(std::string_view includes, std::string_view excludes);

    // `path` is relative to the root, without a leading slash; "" is the root and always selected.
    // `parent` is the Selection of the directory it lies in.
    Selection select(std::string_view path, Selection parent) const;
    bool selects_everything() const { return includes_.empty() && excludes_.empty(); }

  private:
    struct Pattern {
        // Characters to match; a wildcard is kWildcard.
        std::vector<int> characters;
        bool matches(std::string_view path) const;
        // Could the pattern match something below the directory `path`?
        bool may_match_below(std::string_view path) const;
    };
    static std::vector<Pattern> parse(std::string_view text, std::string_view kind);
    static bool any_matches(const std::vector<Pattern>& patterns, std::string_view path);

    std::vector<Pattern> includes_;
    std::vector<Pattern> excludes_;
};

}  // namespace lifeboat::mover

// Which names are copied: include and exclude filters in DataSync's syntax, and a manifest.
//
// A filter is a list of patterns separated by "|", each a path that starts with "/" at the root of
// the source: "/projects/a|/tmp*". "*" stands for any characters, slashes too; "\" takes the next
// character as it is ("\*", "\|", "\\"). A pattern also takes everything below what it matches. A
// name is copied, compared or deleted only if an include pattern takes it (when there are any) and
// no exclude pattern does. Excludes may start with "*" instead of "/" ("*.tmp"); in includes "*"
// may only stand last (DataSync user guide, "Filtering data").
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mover/manifest.h"

namespace lifeboat::mover {

enum class Selection {
    Skip,
    Descend,  // not selected itself; something below may be
    Take,
};

class Filter {
  public:
    Filter() = default;
    // With a manifest only what it names is taken, less the excludes. Throws Error{InvalidInput,
    // "InvalidRequestException"} naming the pattern, and for includes beside a manifest.
    Filter(std::string_view includes, std::string_view excludes,
           std::shared_ptr<const Manifest> manifest = nullptr);

    // `path` is relative to the root, without a leading slash; "" is the root and always selected.
    // `parent` is the Selection of the directory it lies in.
    Selection select(std::string_view path, Selection parent) const;
    // The same where nothing is known of the directories above: each of them is asked for.
    Selection select_from_root(std::string_view path) const;
    bool selects_everything() const { return includes_.empty() && excludes_.empty() && !manifest_; }
    // nullptr when there is none.
    const Manifest* manifest() const { return manifest_.get(); }

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

    Selection select_named(std::string_view path) const;

    std::vector<Pattern> includes_;
    std::vector<Pattern> excludes_;
    std::shared_ptr<const Manifest> manifest_;
};

}  // namespace lifeboat::mover

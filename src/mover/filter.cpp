#include "mover/filter.h"

#include <algorithm>

#include "base/error.h"

namespace lifeboat::mover {
namespace {

constexpr int kWildcard = 256;

[[noreturn]] void refuse(std::string_view kind, std::string_view text, const std::string& why) {
    throw Error(ErrorCategory::InvalidInput, "InvalidRequestException",
                "Invalid " + std::string(kind) + " filter '" + std::string(text) + "': " + why);
}

}  // namespace

Filter::Filter(std::string_view includes, std::string_view excludes,
               std::shared_ptr<const Manifest> manifest)
    : includes_(parse(includes, "include")),
      excludes_(parse(excludes, "exclude")),
      manifest_(std::move(manifest)) {
    if (manifest_ && !includes_.empty())
        throw Error(ErrorCategory::InvalidInput, "InvalidRequestException",
                    "Includes cannot be used together with a manifest.");
}

std::vector<Filter::Pattern> Filter::parse(std::string_view text, std::string_view kind) {
    std::vector<Pattern> patterns;
    if (text.empty()) return patterns;
    Pattern pattern;
    const auto finish = [&] {
        auto& characters = pattern.characters;
        // "/a/" means the same as "/a".
        if (characters.size() > 1 && characters.back() == '/') characters.pop_back();
        if (characters.empty()) refuse(kind, text, "a pattern is empty");
        const bool include = kind == "include";
        if (characters.front() != '/' && (include || characters.front() != kWildcard))
            refuse(kind, text, "a pattern must start with '/'");
        const auto wildcard = std::find(characters.begin(), characters.end(), kWildcard);
        if (include && wildcard != characters.end() && wildcard + 1 != characters.end())
            refuse(kind, text, "'*' may only be the last character of a pattern");
        patterns.push_back(std::move(pattern));
        pattern = {};
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '|') {
            finish();
        } else if (text[i] == '*') {
            pattern.characters.push_back(kWildcard);
        } else {
            if (text[i] == '\\' && ++i == text.size())
                refuse(kind, text, "a backslash stands at the end");
            pattern.characters.push_back(static_cast<unsigned char>(text[i]));
        }
    }
    finish();
    return patterns;
}

bool Filter::Pattern::matches(std::string_view path) const {
    if (characters.size() == 1 && characters[0] == '/') return true;
    // The usual walk with one point to come back to: the last wildcard.
    std::size_t at = 0, in = 0, star = std::string_view::npos, resume = 0;
    while (in < path.size()) {
        if (at < characters.size() && characters[at] == kWildcard) {
            star = at++;
            resume = in;
        } else if (at < characters.size() &&
                   characters[at] == static_cast<unsigned char>(path[in])) {
            ++at;
            ++in;
        } else if (star != std::string_view::npos) {
            at = star + 1;
            in = ++resume;
        } else {
            return false;
        }
    }
    while (at < characters.size() && characters[at] == kWildcard)
        ++at;
    return at == characters.size();
}

bool Filter::Pattern::may_match_below(std::string_view path) const {
    for (std::size_t i = 0; i < characters.size(); ++i) {
        if (characters[i] == kWildcard) return true;
        if (i == path.size()) return characters[i] == '/';
        if (characters[i] != static_cast<unsigned char>(path[i])) return false;
    }
    return false;
}

bool Filter::any_matches(const std::vector<Pattern>& patterns, std::string_view path) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const Pattern& pattern) { return pattern.matches(path); });
}

Selection Filter::select_from_root(std::string_view path) const {
    Selection selection = select("", Selection::Take);
    for (std::size_t at = 0; at < path.size() && selection != Selection::Skip;) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        selection = select(path.substr(0, end), selection);
        at = end + 1;
    }
    return selection;
}

Selection Filter::select_named(std::string_view path) const {
    if (path.empty()) return Selection::Descend;
    if (!excludes_.empty() && any_matches(excludes_, "/" + std::string(path))) {
        // Left out on purpose: nobody will miss it.
        manifest_->leave_out(path);
        return Selection::Skip;
    }
    if (manifest_->names(path)) return Selection::Take;
    return manifest_->names_below(path) ? Selection::Descend : Selection::Skip;
}

Selection Filter::select(std::string_view path, Selection parent) const {
    if (manifest_ && parent != Selection::Skip) return select_named(path);
    if (path.empty())
        return includes_.empty() || any_matches(includes_, "/") ? Selection::Take
                                                                : Selection::Descend;
    if (parent == Selection::Skip) return Selection::Skip;
    if (parent == Selection::Take && excludes_.empty()) return Selection::Take;
    const std::string rooted = "/" + std::string(path);
    if (any_matches(excludes_, rooted)) return Selection::Skip;
    if (parent == Selection::Take || any_matches(includes_, rooted)) return Selection::Take;
    const bool below = std::any_of(includes_.begin(), includes_.end(), [&](const Pattern& pattern) {
        return pattern.may_match_below(rooted);
    });
    return below ? Selection::Descend : Selection::Skip;
}

}  // namespace lifeboat::mover

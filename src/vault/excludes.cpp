#include "vault/excludes.h"

#include <fnmatch.h>

#include <span>

namespace lifeboat::vault {
namespace {

using Parts = std::span<const std::string>;

std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> parts;
    while (!path.empty()) {
        const auto slash = path.find('/');
        if (slash != 0) parts.emplace_back(path.substr(0, slash));
        if (slash == std::string_view::npos) break;
        path.remove_prefix(slash + 1);
    }
    return parts;
}

bool fits(Parts pattern, Parts path) {
    while (!pattern.empty()) {
        if (pattern[0] == "**") {
            for (std::size_t skipped = 0; skipped <= path.size(); ++skipped)
                if (fits(pattern.subspan(1), path.subspan(skipped))) return true;
            return false;
        }
        if (path.empty() || ::fnmatch(pattern[0].c_str(), path[0].c_str(), 0) != 0) return false;
        pattern = pattern.subspan(1);
        path = path.subspan(1);
    }
    return path.empty();
}

bool fits_start(Parts pattern, Parts path) {
    while (!path.empty()) {
        if (pattern.empty()) return false;
        if (pattern[0] == "**") return true;
        if (::fnmatch(pattern[0].c_str(), path[0].c_str(), 0) != 0) return false;
        pattern = pattern.subspan(1);
        path = path.subspan(1);
    }
    return !pattern.empty();
}

}  // namespace

PatternList::PatternList(const std::vector<std::string>& patterns) {
    for (std::string_view text : patterns) {
        Pattern pattern;
        if (text.starts_with('!')) {
            pattern.takes_back = true;
            text.remove_prefix(1);
        }
        pattern.is_anchored = text.starts_with('/');
        pattern.parts = split(text);
        if (!pattern.parts.empty()) patterns_.push_back(std::move(pattern));
    }
}

bool PatternList::matches(std::string_view path) const {
    if (patterns_.empty()) return false;
    const auto parts = split(path);
    bool is_taken = false;
    for (const Pattern& pattern : patterns_) {
        bool found = fits(pattern.parts, parts);
        for (std::size_t from = 1; !found && !pattern.is_anchored && from < parts.size(); ++from)
            found = fits(pattern.parts, Parts(parts).subspan(from));
        if (found) is_taken = !pattern.takes_back;
    }
    return is_taken;
}

bool PatternList::matches_or_above(std::string_view path) const {
    if (patterns_.empty()) return false;
    for (std::size_t end = path.find('/', 1); end != std::string_view::npos;
         end = path.find('/', end + 1))
        if (matches(path.substr(0, end))) return true;
    return matches(path);
}

bool PatternList::may_match_below(std::string_view path) const {
    const auto parts = split(path);
    for (const Pattern& pattern : patterns_)
        if (!pattern.takes_back && (!pattern.is_anchored || fits_start(pattern.parts, parts)))
            return true;
    return false;
}

}  // namespace lifeboat::vault

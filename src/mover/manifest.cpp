#include "mover/manifest.h"

#include <algorithm>

#include "base/error.h"

namespace lifeboat::mover {
namespace {

[[noreturn]] void refuse(std::size_t line, const std::string& why) {
    throw Error(ErrorCategory::InvalidInput, "InvalidRequestException",
                "Invalid manifest, line " + std::to_string(line) + ": " + why);
}

// Takes the next field off `text`; the comma or the end of the line stays.
std::string take_field(std::string_view& text, std::size_t line) {
    if (!text.starts_with('"')) {
        const std::size_t end = std::min(text.find_first_of(",\r\n"), text.size());
        std::string field(text.substr(0, end));
        text.remove_prefix(end);
        return field;
    }
    std::string field;
    for (std::size_t at = 1; at < text.size(); ++at) {
        if (text[at] != '"') {
            field += text[at];
        } else if (at + 1 < text.size() && text[at + 1] == '"') {
            field += text[at++];
        } else {
            text.remove_prefix(at + 1);
            return field;
        }
    }
    refuse(line, "a quote is not closed");
}

// "/a//b/" is "a/b".
std::string normal_path(std::string_view given, std::size_t line) {
    std::string path;
    while (!given.empty()) {
        const std::size_t slash = std::min(given.find('/'), given.size());
        const std::string_view name = given.substr(0, slash);
        given.remove_prefix(std::min(slash + 1, given.size()));
        if (name.empty()) continue;
        if (name == "." || name == "..") refuse(line, "'.' and '..' cannot be in a path");
        if (!path.empty()) path += '/';
        path += name;
    }
    return path;
}

}  // namespace

Manifest::Manifest(std::string_view text) {
    for (std::size_t line = 1; !text.empty(); ++line) {
        std::string path = normal_path(take_field(text, line), line);
        if (text.starts_with(',')) {
            text.remove_prefix(1);
            take_field(text, line);
        }
        if (text.starts_with('\r')) text.remove_prefix(1);
        if (!text.empty() && !text.starts_with('\n'))
            refuse(line, "more than a path and a version");
        if (!text.empty()) text.remove_prefix(1);
        if (!path.empty()) paths_.push_back(std::move(path));
    }
    if (paths_.empty()) refuse(1, "it names no file");
    std::sort(paths_.begin(), paths_.end());
    paths_.erase(std::unique(paths_.begin(), paths_.end()), paths_.end());
    found_ = std::make_unique<std::atomic<bool>[]>(paths_.size());
}

std::size_t Manifest::place_of(std::string_view path) const {
    return static_cast<std::size_t>(std::lower_bound(paths_.begin(), paths_.end(), path) -
                                    paths_.begin());
}

bool Manifest::names(std::string_view path) const {
    const std::size_t place = place_of(path);
    return place < paths_.size() && paths_[place] == path;
}

bool Manifest::names_below(std::string_view path) const {
    const std::string start = std::string(path) + "/";
    const std::size_t place = place_of(start);
    return place < paths_.size() && paths_[place].starts_with(start);
}

void Manifest::found(std::string_view path) const {
    const std::size_t place = place_of(path);
    if (place < paths_.size() && paths_[place] == path) found_[place] = true;
}

void Manifest::leave_out(std::string_view path) const {
    found(path);
    const std::string start = std::string(path) + "/";
    for (std::size_t i = place_of(start); i < paths_.size() && paths_[i].starts_with(start); ++i)
        found_[i] = true;
}

void Manifest::each_missing(const std::function<void(const std::string& path)>& visit) const {
    for (std::size_t i = 0; i < paths_.size(); ++i)
        if (!found_[i]) visit(paths_[i]);
}

}  // namespace lifeboat::mover

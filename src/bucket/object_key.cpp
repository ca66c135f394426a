#include "bucket/object_key.h"

#include <algorithm>
#include <climits>

#include "base/encoding.h"
#include "base/error.h"

namespace lifeboat::bucket {
namespace {

// S3 User Guide, "Naming Amazon S3 objects".
constexpr std::size_t kMostKeyBytes = 1024;

std::string fault_of(std::string_view component) {
    if (component.empty()) return "a folder without a name";
    if (component == "." || component == "..") return "the folder '" + std::string(component) + "'";
    if (component.size() > NAME_MAX) return "a name of more than 255 bytes";
    if (component.find('\0') != std::string_view::npos) return "a NUL character";
    return {};
}

}  // namespace

std::string normal_prefix(std::string_view text) {
    std::string prefix;
    while (!text.empty()) {
        const auto slash = text.find('/');
        const std::string_view component = text.substr(0, slash);
        text = slash == std::string_view::npos ? "" : text.substr(slash + 1);
        if (!component.empty()) prefix += std::string(component) + '/';
    }
    return prefix;
}

std::string file_key(std::string_view prefix, std::string_view path) {
    return std::string(prefix) + std::string(path);
}

std::string directory_key(std::string_view prefix, std::string_view path) {
    return path.empty() ? std::string(prefix) : file_key(prefix, path) + '/';
}

void check_key(std::string_view key) {
    if (key.size() > kMostKeyBytes)
        throw Error(ErrorCategory::Unsupported, "NameNotAllowed",
                    "its key would have more than 1024 bytes, and S3 takes no more");
    if (!is_utf8(key))
        throw Error(ErrorCategory::Unsupported, "NameNotAllowed",
                    "its name is not UTF-8, and the keys of S3 must be");
}

KeyPath path_of_key(std::string_view prefix, std::string_view key) {
    std::string_view path = key.substr(prefix.size());
    KeyPath found;
    found.is_directory = path.empty() || path.ends_with('/');
    if (path.ends_with('/')) path.remove_suffix(1);
    found.path = path;
    if (key.size() == prefix.size()) return found;
    for (std::size_t at = 0; at <= path.size() && found.fault.empty();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        const std::string fault = fault_of(path.substr(at, end - at));
        if (!fault.empty()) {
            found.fault = "its key holds " + fault;
            found.path = path.substr(0, at == 0 ? 0 : at - 1);
        }
        at = end + 1;
    }
    return found;
}

}  // namespace lifeboat::bucket

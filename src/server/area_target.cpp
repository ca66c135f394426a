#include "server/area_target.h"

#include <charconv>

#include "cloud/http_message.h"
#include "vault/area.h"
#include "vault/id.h"

namespace lifeboat::server {
namespace {

using vault::FileKind;

constexpr FileKind kFolders[] = {FileKind::Data, FileKind::Index, FileKind::Key, FileKind::Lock,
                                 FileKind::Snapshot};

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::string AreaTarget::text() const {
    switch (thing) {
        case Thing::Repository:
            return "";
        case Thing::Folder:
            return std::string(folder_of(kind)) + "/";
        case Thing::File:
            return kind == FileKind::Config ? name : std::string(folder_of(kind)) + "/" + name;
    }
    return "";
}

std::optional<AreaTarget> parse_area_target(std::string_view target) {
    std::string_view path = cloud::path_of(target);
    if (!path.starts_with(kAreaPrefix)) return std::nullopt;
    path.remove_prefix(kAreaPrefix.size());
    const auto slash = path.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    AreaTarget found;
    found.workspace = path.substr(0, slash);
    if (!vault::is_workspace_name(found.workspace)) return std::nullopt;
    path.remove_prefix(slash + 1);
    if (path.empty()) {
        found.creates = cloud::query_of(target) == "create=true";
        return found;
    }
    if (path == "config") {
        found.thing = AreaTarget::Thing::File;
        found.name = path;
        return found;
    }
    for (const FileKind kind : kFolders) {
        const std::string_view folder = folder_of(kind);
        if (!path.starts_with(folder) || path.size() <= folder.size() || path[folder.size()] != '/')
            continue;
        found.kind = kind;
        found.thing = AreaTarget::Thing::Folder;
        const std::string_view name = path.substr(folder.size() + 1);
        if (name.empty()) return found;
        if (!vault::Id::parse(name)) return std::nullopt;
        found.thing = AreaTarget::Thing::File;
        found.name = name;
        return found;
    }
    return std::nullopt;
}

std::pair<RangeForm, ByteRange> parse_range(std::string_view header, std::uint64_t size) {
    constexpr std::string_view kUnit = "bytes=";
    if (!header.starts_with(kUnit)) return {RangeForm::None, {}};
    header.remove_prefix(kUnit.size());
    const auto dash = header.find('-');
    if (dash == std::string_view::npos) return {RangeForm::None, {}};
    const auto first = number(header.substr(0, dash));
    const auto last = number(header.substr(dash + 1));
    if (dash == 0) {  // the last bytes
        if (!last) return {RangeForm::None, {}};
        if (*last == 0 || size == 0) return {RangeForm::Unsatisfiable, {}};
        const std::uint64_t length = std::min(*last, size);
        return {RangeForm::Bytes, {size - length, length}};
    }
    const bool is_open = dash + 1 == header.size();
    if (!first || (!last && !is_open) || (last && *last < *first)) return {RangeForm::None, {}};
    if (*first >= size) return {RangeForm::Unsatisfiable, {}};
    const std::uint64_t end = is_open ? size : std::min(size - 1, *last) + 1;
    return {RangeForm::Bytes, {*first, end - *first}};
}

}  // namespace lifeboat::server

#include "local/events/json_path.h"

#include <charconv>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::local::events {

JsonPath::JsonPath(std::string_view text) {
    const auto refuse = [&](const char* why) {
        throw Error(ErrorCategory::InvalidInput, "ValidationException",
                    "Invalid JSON path '" + std::string(text) + "': " + why);
    };
    std::string_view rest = text;
    if (!rest.starts_with('$')) refuse("it must start with '$'");
    rest.remove_prefix(1);
    while (!rest.empty()) {
        if (rest[0] == '.') {
            rest.remove_prefix(1);
            const std::string_view name = rest.substr(0, rest.find_first_of(".["));
            if (name.empty()) refuse("a name is missing after '.'");
            if (name.find_first_of("*?()@") != std::string_view::npos)
                refuse("only names and indexes are supported");
            steps_.emplace_back(std::string(name));
            rest.remove_prefix(name.size());
            continue;
        }
        if (rest[0] != '[') refuse("expected '.' or '['");
        const bool quoted = rest.size() > 1 && (rest[1] == '\'' || rest[1] == '"');
        const std::string closing = quoted ? std::string{rest[1], ']'} : "]";
        const std::size_t start = quoted ? 2 : 1;
        const std::size_t end = rest.find(closing, start);
        if (end == std::string_view::npos) refuse("']' is missing");
        const std::string_view inner = rest.substr(start, end - start);
        if (quoted) {
            steps_.emplace_back(std::string(inner));
        } else {
            std::size_t index = 0;
            const auto read = std::from_chars(inner.data(), inner.data() + inner.size(), index);
            if (inner.empty() || read.ec != std::errc() || read.ptr != inner.data() + inner.size())
                refuse("only names and indexes are supported");
            steps_.emplace_back(index);
        }
        rest.remove_prefix(end + closing.size());
    }
}

const Json* JsonPath::find(const Json& value) const {
    const Json* at = &value;
    for (const Step& step : steps_) {
        if (const auto* name = std::get_if<std::string>(&step)) {
            at = lifeboat::find(*at, *name);
        } else {
            const std::size_t index = std::get<std::size_t>(step);
            at = at->is_array() && index < at->size() ? &(*at)[index] : nullptr;
        }
        if (at == nullptr) return nullptr;
    }
    return at;
}

}  // namespace lifeboat::local::events

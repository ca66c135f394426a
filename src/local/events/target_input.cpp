#include "local/events/target_input.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::local::events {
namespace {

constexpr std::size_t kMostPaths = 100;
constexpr std::array<std::string_view, 5> kReserved = {
    "aws.events.rule-arn", "aws.events.rule-name", "aws.events.event.ingestion-time",
    "aws.events.event", "aws.events.event.json"};

[[noreturn]] void refuse(const std::string& message) {
    throw Error(ErrorCategory::InvalidInput, "ValidationException", message);
}

bool is_reserved(std::string_view name) {
    return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= 256 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
    });
}

// A JSON text without its quotation marks, so that it can stand within another.
std::string escaped(const std::string& text) {
    const std::string quoted = to_text(text);
    return quoted.substr(1, quoted.size() - 2);
}

// How EventBridge writes an object or array within a text.
std::string without_quotes(std::string text) {
    std::erase(text, '"');
    return text;
}

std::map<std::string, std::string> paths_of(const Json& transformer) {
    std::map<std::string, std::string> paths;
    if (const Json* map = find(transformer, "InputPathsMap"); map != nullptr && map->is_object())
        for (const auto& [name, path] : map->items())
            paths.emplace(name, path.get<std::string>());
    return paths;
}

}  // namespace

InputTemplate::InputTemplate(const std::map<std::string, std::string>& paths,
                             std::string_view text) {
    if (paths.size() > kMostPaths) refuse("InputPathsMap has more than 100 entries");
    for (const auto& [name, path] : paths) {
        if (!is_name(name)) refuse("Invalid placeholder name '" + name + "' in InputPathsMap");
        if (name.starts_with("AWS") || is_reserved(name))
            refuse("The placeholder name '" + name + "' is reserved");
        paths_.emplace(name, JsonPath(path));
    }
    split(text);
    check();
}

void InputTemplate::split(std::string_view text) {
    pieces_.emplace_back();
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '<') {
            const std::size_t end = text.find('>', i);
            const std::string_view name =
                end == std::string_view::npos ? "" : text.substr(i + 1, end - i - 1);
            if (is_name(name)) {
                const std::string known(name);
                if (!paths_.contains(known) && !is_reserved(name))
                    refuse("Invalid InputTemplate for target: the placeholder <" + known +
                           "> is not in InputPathsMap");
                pieces_.back().placeholder = known;
                pieces_.back().quoted = quoted;
                pieces_.emplace_back();
                i = end;
                continue;
            }
        }
        if (quoted && c == '\\' && i + 1 < text.size()) {
            pieces_.back().literal += c;
            pieces_.back().literal += text[++i];
            continue;
        }
        if (c == '"') quoted = !quoted;
        pieces_.back().literal += c;
    }
}

// A template must give JSON, or lines of JSON texts, whatever the placeholders become.
void InputTemplate::check() const {
    std::string probe;
    for (const Piece& piece : pieces_) {
        probe += piece.literal;
        if (!piece.placeholder.empty() && !piece.quoted) probe += "0";
    }
    const std::size_t start = probe.find_first_not_of(" \t\r\n");
    if (start == std::string::npos) refuse("Invalid InputTemplate for target: it is empty");
    try {
        parse_json(probe, "InputTemplate");
        return;
    } catch (const Error& error) {
        if (probe[start] == '{' || probe[start] == '[')
            refuse("Invalid InputTemplate for target : " + error.message());
    }
    std::size_t begin = 0;
    while (begin <= probe.size()) {
        const std::size_t end = std::min(probe.find('\n', begin), probe.size());
        const std::string line = probe.substr(begin, end - begin);
        if (line.find_first_not_of(" \t\r") != std::string::npos) {
            try {
                parse_json(line, "a line of InputTemplate");
            } catch (const Error& error) {
                refuse("Invalid InputTemplate for target : " + error.message());
            }
        }
        begin = end + 1;
    }
}

std::optional<Json> InputTemplate::value_of(const std::string& name,
                                            const Occasion& occasion) const {
    if (name == "aws.events.rule-arn") return occasion.rule_arn;
    if (name == "aws.events.rule-name") return occasion.rule_name;
    if (name == "aws.events.event.ingestion-time") return to_iso8601_millis(occasion.ingestion);
    if (name == "aws.events.event.json") return occasion.event;
    if (name == "aws.events.event") {
        // The original event without what the sender put in it.
        Json event = occasion.event;
        event.erase("detail");
        return event;
    }
    const Json* found = paths_.at(name).find(occasion.event);
    return found != nullptr ? std::optional(*found) : std::nullopt;
}

std::string InputTemplate::apply(const Occasion& occasion) const {
    std::string out;
    for (const Piece& piece : pieces_) {
        out += piece.literal;
        if (piece.placeholder.empty()) continue;
        const std::optional<Json> value = value_of(piece.placeholder, occasion);
        if (!piece.quoted)
            out += value ? to_text(*value) : "\"\"";
        else if (value && value->is_string())
            out += escaped(value->get_ref<const std::string&>());
        else if (value && value->is_structured())
            out += escaped(without_quotes(to_text(*value)));
        else if (value)
            out += to_text(*value);
    }
    return out;
}

void check_target_input(const Json& target) {
    const Json* input = find(target, "Input");
    const Json* path = find(target, "InputPath");
    const Json* transformer = find(target, "InputTransformer");
    const std::string id = string_or(target, "Id", "");
    if ((input != nullptr) + (path != nullptr) + (transformer != nullptr) > 1)
        refuse("Only one of Input, InputPath, or InputTransformer must be provided for target " +
               id + ".");
    if (input != nullptr) {
        try {
            parse_json(input->get<std::string>(), "Input");
        } catch (const Error& error) {
            refuse("JSON syntax error in input for target " + id + " : " + error.message());
        }
    }
    if (path != nullptr) JsonPath(path->get<std::string>());
    if (transformer != nullptr)
        InputTemplate(paths_of(*transformer), require_string(*transformer, "InputTemplate"));
}

std::string target_input(const Json& target, const Occasion& occasion) {
    if (const auto input = find_string(target, "Input")) return *input;
    if (const auto path = find_string(target, "InputPath")) {
        const Json* part = JsonPath(*path).find(occasion.event);
        return part != nullptr ? to_text(*part) : "null";
    }
    if (const Json* transformer = find(target, "InputTransformer"))
        return InputTemplate(paths_of(*transformer), require_string(*transformer, "InputTemplate"))
            .apply(occasion);
    return to_text(occasion.event);
}

}  // namespace lifeboat::local::events

#include "flow/machine_parser.h"

#include <algorithm>
#include <deque>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "flow/definition_reader.h"

namespace lifeboat::flow {
namespace {

constexpr int kDeepestNesting = 24;         // of Parallel and Map within each other
constexpr std::size_t kLongestName = 80;    // characters of a state's name
constexpr std::size_t kMostMessage = 4000;  // characters of an InvalidDefinition message

std::size_t characters_of(const std::string& utf8) {
    return static_cast<std::size_t>(std::ranges::count_if(
        utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::vector<std::pair<std::string, std::string>> targets_of(const State& state) {
    std::vector<std::pair<std::string, std::string>> targets;
    if (!state.next.empty()) targets.emplace_back(state.next, "/Next");
    if (!state.choice_default.empty()) targets.emplace_back(state.choice_default, "/Default");
    for (std::size_t i = 0; i < state.choices.size(); ++i)
        targets.emplace_back(state.choices[i].next, "/Choices[" + std::to_string(i) + "]/Next");
    for (std::size_t i = 0; i < state.catchers.size(); ++i)
        targets.emplace_back(state.catchers[i].next, "/Catch[" + std::to_string(i) + "]/Next");
    return targets;
}

void check_transitions(DefinitionReader& reader, const StateList& list, const std::string& where) {
    const std::string code = "MISSING_TRANSITION_TARGET";
    std::set<std::string_view> reached;
    std::deque<std::string_view> open;
    if (list.states.contains(list.start_at)) {
        reached.insert(list.start_at);
        open.emplace_back(list.start_at);
    } else if (!list.start_at.empty()) {
        reader.report("Missing 'StartAt' target: " + list.start_at, where + "/StartAt", code);
    }
    for (const auto& [name, state] : list.states)
        for (const auto& [target, place] : targets_of(state))
            if (!target.empty() && !list.states.contains(target))
                reader.report("Missing transition target: " + target,
                              where + "/States/" + name + place, code);
    while (!open.empty()) {
        const auto state = list.states.find(open.front());
        open.pop_front();
        for (const auto& [target, place] : targets_of(state->second)) {
            const auto next = list.states.find(target);
            if (next != list.states.end() && reached.insert(next->first).second)
                open.emplace_back(next->first);
        }
    }
    for (const auto& [name, state] : list.states)
        if (!reached.contains(name))
            reader.report("State \"" + name + "\" is not reachable.", where + "/States/" + name,
                          code);
}

// Whether a branch can end in the state. A state that is wrong in itself has been reported.
bool ends(const State& state) {
    return state.type != StateType::Choice && state.next.empty();
}

}  // namespace

StateList parse_state_list(DefinitionReader& reader, const Json& list, const std::string& where,
                           int depth) {
    StateList parsed;
    if (!list.is_object()) {
        reader.report("Expected value of type Object", where);
        return parsed;
    }
    if (depth > kDeepestNesting) {
        reader.report("Branches are nested deeper than " + std::to_string(kDeepestNesting), where,
                      "TOO_DEEPLY_NESTED");
        return parsed;
    }
    if (depth > 0)
        reader.check_fields(list, {"StartAt", "States", "ProcessorConfig", "Comment"}, where);
    parsed.start_at = reader.string(list, "StartAt", where);
    if (parsed.start_at.empty()) reader.report("These fields are required: [StartAt]", where);
    const Json* states = find(list, "States");
    if (states == nullptr || !states->is_object() || states->empty()) {
        reader.report("A non-empty object is required", where + "/States");
        return parsed;
    }
    for (const auto& [name, state] : states->items()) {
        const std::string place = where + "/States/" + name;
        if (name.empty() || characters_of(name) > kLongestName)
            reader.report("A state's name has 1 to 80 characters", place, "INVALID_STATE_NAME");
        if (!reader.claim_state(name))
            reader.report("Duplicate State name: " + name, place, "DUPLICATE_STATE_NAME");
        if (!state.is_object()) {
            reader.report("Expected value of type Object", place);
            continue;
        }
        parsed.states.emplace(name, parse_state(reader, name, state, place, depth));
        if (reader.full()) return parsed;
    }
    check_transitions(reader, parsed, where);
    // Where something else is wrong, that is why nothing seems to end.
    if (reader.found_nothing() &&
        std::ranges::none_of(parsed.states, [](const auto& it) { return ends(it.second); }))
        reader.report("There is no state that ends: one with End, a Succeed or a Fail",
                      where + "/States", "MISSING_END_STATE");
    return parsed;
}

ParsedMachine parse_machine(std::string_view definition) {
    DefinitionReader reader;
    if (definition.size() > kLongestDefinition) {
        reader.report("The definition is longer than 1 MiB", "", "INVALID_JSON_DESCRIPTION");
        return {nullptr, reader.take()};
    }
    if (definition.find_first_not_of(" \t\r\n") == std::string_view::npos || definition == "null") {
        reader.report("The definition is empty", "", "MISSING_DESCRIPTION");
        return {nullptr, reader.take()};
    }
    Json json;
    try {
        json = parse_json(definition, "the state machine definition");
    } catch (const Error& error) {
        reader.report("Invalid JSON description: " + error.message(), "",
                      "INVALID_JSON_DESCRIPTION");
        return {nullptr, reader.take()};
    }
    auto machine = std::make_shared<Machine>();
    if (!json.is_object()) {
        reader.report("Expected value of type Object", "");
        return {nullptr, reader.take()};
    }
    reader.check_fields(
        json, {"StartAt", "States", "Comment", "TimeoutSeconds", "Version", "QueryLanguage"}, "");
    const std::string language = reader.string(json, "QueryLanguage", "");
    if (!language.empty() && language != "JSONPath" && language != "JSONata")
        reader.report("Value must be JSONPath or JSONata", "/QueryLanguage");
    else if (!language.empty())
        reader.set_query_language(language);
    const std::string version = reader.string(json, "Version", "");
    if (!version.empty() && version != "1.0") reader.report("Value must be 1.0", "/Version");
    machine->timeout_seconds = reader.integer(json, "TimeoutSeconds", 1, "");
    machine->comment = reader.string(json, "Comment", "");
    machine->top = parse_state_list(reader, json, "", 0);

    ParsedMachine parsed{nullptr, reader.take()};
    if (parsed.diagnostics.empty()) parsed.machine = std::move(machine);
    return parsed;
}

std::string describe(const std::vector<Diagnostic>& diagnostics) {
    std::string text;
    for (const Diagnostic& diagnostic : diagnostics) {
        if (text.size() > kMostMessage) {
            text += ", and more";
            break;
        }
        text += (text.empty() ? "" : ", ") + diagnostic.code + ": " + diagnostic.message;
        if (!diagnostic.location.empty()) text += " at " + diagnostic.location;
    }
    return "Invalid State Machine Definition: '" + text + "'";
}

}  // namespace lifeboat::flow

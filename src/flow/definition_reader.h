// Reads members of a definition and collects what is wrong with them, each with its place. Only the
// parser uses it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "flow/machine.h"
#include "flow/machine_parser.h"

namespace lifeboat::flow {

class DefinitionReader {
  public:
    void report(std::string message, const std::string& where,
                std::string code = "SCHEMA_VALIDATION_FAILED");
    bool full() const { return diagnostics_.size() >= kMostDiagnostics; }
    bool found_nothing() const { return diagnostics_.empty(); }
    // Of the machine; states may choose JSONata for themselves.
    const std::string& query_language() const { return query_language_; }
    void set_query_language(std::string language) { query_language_ = std::move(language); }
    // False when there is a state, or a Map with a label, of that name already.
    bool claim_state(const std::string& name) { return states_.insert(name).second; }
    bool claim_label(const std::string& label) { return labels_.insert(label).second; }
    std::vector<Diagnostic> take() { return std::move(diagnostics_); }

    // Each reads one member of `object`, which is found at `where`. What is absent or wrong comes
    // back empty; wrong is also reported.
    std::string string(const Json& object, std::string_view field, const std::string& where);
    std::optional<Path> path(const Json& object, std::string_view field, const std::string& where);
    PathSetting path_setting(const Json& object, std::string_view field, const std::string& where);
    // A path that can be written to: single names and indexes of the input.
    PathSetting result_path(const Json& object, const std::string& where);
    std::optional<std::int64_t> integer(const Json& object, std::string_view field,
                                        std::int64_t least, const std::string& where);
    // `field` or `field` + "Path", not both.
    NumberSetting number(const Json& object, const std::string& field, std::int64_t least,
                         const std::string& where);
    // `field` is a literal number, `field`Path a path to one.
    PercentageSetting percentage(const Json& object, const std::string& field,
                                 const std::string& where);
    Value payload(const Json& object, std::string_view field, const std::string& where);
    Value assign(const Json& object, const std::string& where);
    std::vector<std::string> error_names(const Json& object, const std::string& where);
    // Reports members that are not among `known`.
    void check_fields(const Json& object, const std::vector<std::string_view>& known,
                      const std::string& where);

  private:
    std::vector<Diagnostic> diagnostics_;
    std::string query_language_ = "JSONPath";
    std::set<std::string> states_, labels_;
};

// Branches and processors contain lists of states, states contain branches: the two parsers call
// each other. `depth` counts the nesting.
StateList parse_state_list(DefinitionReader& reader, const Json& list, const std::string& where,
                           int depth);
State parse_state(DefinitionReader& reader, const std::string& name, const Json& state,
                  const std::string& where, int depth);

}  // namespace lifeboat::flow

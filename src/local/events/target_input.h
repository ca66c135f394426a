// What a target gets: the event, a part of it, a constant, or a text made from a template.
//
// Source: EventBridge user guide, "Input transformation".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json_fwd.h"
#include "local/events/json_path.h"

namespace lifeboat::local::events {

struct Occasion {
    const Json& event;
    std::string_view rule_arn;
    std::string_view rule_name;
    Time ingestion;
};

// A template with <placeholders>: a JSON value, or lines of quoted texts. A placeholder that stands
// as a value becomes that value as JSON; one inside a quoted text becomes part of the text (objects
// and arrays lose their quotation marks there).
class InputTemplate {
  public:
    // `paths` are InputPathsMap: name to JSON path. Throws Error{InvalidInput,
    // "ValidationException"} for bad names and paths, unknown placeholders, and templates that
    // cannot give JSON.
    InputTemplate(const std::map<std::string, std::string>& paths, std::string_view text);

    // JSON text. A path that leads nowhere gives "" where a value stands, and nothing within a
    // text.
    std::string apply(const Occasion& occasion) const;

  private:
    struct Piece {
        std::string literal;
        std::string placeholder;  // empty: none
        bool quoted = false;      // stands within a text
    };
    void split(std::string_view text);
    void check() const;
    std::optional<Json> value_of(const std::string& name, const Occasion& occasion) const;

    std::map<std::string, JsonPath> paths_;
    std::vector<Piece> pieces_;  // a literal, then a placeholder, and so on
};

// The three members of a target that say what it gets; at most one may be there. `Input` must be
// JSON. Throws Error{InvalidInput, "ValidationException"}.
void check_target_input(const Json& target);

// The text that is delivered.
std::string target_input(const Json& target, const Occasion& occasion);

}  // namespace lifeboat::local::events

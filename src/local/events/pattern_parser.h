// Reads the text of an event pattern.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "local/events/json_tokens.h"
#include "local/events/pattern.h"

namespace lifeboat::local::events {

class PatternParser {
  public:
    explicit PatternParser(std::string_view text) : text_(text), tokens_(text) {}

    // One alternative for each way through the "$or"s. Throws Error{InvalidInput} whose message is
    // the reason, as EventBridge's own parser gives it.
    std::vector<Pattern::Alternative> parse();

  private:
    using Branch = std::map<std::string, Pattern::Field>;

    enum class Place { Outside, InsideOr };
    void parse_object(std::vector<Branch>& branches, const std::string& path, Place place);
    void parse_or(std::vector<Branch>& branches, const std::string& path);
    void parse_field(std::vector<Branch>& branches, const std::string& path);
    void parse_entry(JsonToken token, Pattern::Conditions& conditions);
    Condition parse_operator();
    Condition parse_folded(Condition::Kind kind, const char* name);
    Condition parse_numeric();
    void parse_numeric_upper(const std::string& lower, Condition& range);
    Condition parse_anything_but();
    Condition parse_anything_but_list();
    Condition parse_anything_but_texts(Condition::Kind kind, JsonToken token);
    Condition parse_exists();
    Condition parse_cidr();
    Condition parse_wildcard();

    void expect_string(const char* otherwise);
    void expect_object_end(const char* otherwise);
    double comparable(const std::string& text);

    std::string_view text_;
    JsonTokens tokens_;
};

}  // namespace lifeboat::local::events

// What verbs print: tables for people, JSON for programs.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_fwd.h"

namespace lifeboat::cli {

class Output {
  public:
    enum class Form { People, Json };

    Output(std::ostream& stream, Form form) : stream_(stream), form_(form) {}

    bool is_json() const { return form_ == Form::Json; }

    // For programs: the value. For people: `rows` under `headers`, columns aligned; `nothing` when
    // there are no rows. Control characters are shown as \x1b and the like.
    void table(const Json& value, const std::vector<std::string>& headers,
               const std::vector<std::vector<std::string>>& rows, const std::string& nothing);
    // For programs: the value. For people: one "name  value" line per pair.
    void record(const Json& value, const std::vector<std::pair<std::string, std::string>>& pairs);
    // For programs: the value. For people: the sentence.
    void done(const Json& value, const std::string& sentence);

  private:
    std::ostream& stream_;
    Form form_;
};

// Safe to show on a terminal: control characters and invalid UTF-8 are written as \xNN.
std::string shown(std::string_view text);
// A member as text, whatever its type; "" when it is absent.
std::string member_text(const Json& object, std::string_view member);
// "1.5 KiB"; "1,234"; "3.2 s", "2 min 5 s".
std::string human_bytes(std::int64_t bytes);
std::string human_count(std::int64_t count);
std::string human_milliseconds(std::int64_t milliseconds);

}  // namespace lifeboat::cli

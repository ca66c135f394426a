// Reads a JSON text token by token and can say at any moment where it stands.
//
// EventBridge answers a bad event pattern with the place where its parser gave up. That place
// follows from when the parser reads what: a string's characters are read only when somebody asks
// for them, a field name is read together with the first characters of its value. This reader
// advances in the same steps, so that line and column agree. Lines count from 1; columns count
// UTF-16 units from 1.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lifeboat::local::events {

enum class JsonToken {
    ObjectStart,
    ObjectEnd,
    ArrayStart,
    ArrayEnd,
    FieldName,
    String,
    Integer,
    Float,
    True,
    False,
    Null,
    End,  // nothing follows the outermost value
};

bool is_number(JsonToken token);

class JsonTokens {
  public:
    // `text` must outlive the reader.
    explicit JsonTokens(std::string_view text) : text_(text) {}

    // Throws Error{InvalidInput, "JsonParseException"} whose message ends with the location.
    JsonToken next();

    bool is_at(JsonToken token) const { return token_ == token; }

    // The current token: a string's or name's decoded characters, a number as written, the
    // characters of everything else. Asking for a string's text moves the location behind it.
    const std::string& text();

    // `[Source: (String)"{...}"; line: 1, column: 17]`; the text is cut after 500 characters.
    std::string location() const { return location_at(position_); }

    // Throws the error above: `message`, then the location on a line of its own.
    [[noreturn]] void fail(const std::string& message) const;

    // Bytes read so far.
    std::size_t position() const { return position_; }

  private:
    struct Scope {
        bool object;
        std::size_t start;
        std::size_t entries = 0;
    };

    std::string location_at(std::size_t position) const;
    void skip_space();
    void expect_comma();
    void read_name();
    void expect_colon();
    JsonToken read_value();
    JsonToken read_number();
    void read_literal(std::string_view literal);
    void close_scope(char closing);
    void open_scope(JsonToken token);
    void read_string(std::string& out);
    void read_escape(std::string& out);
    unsigned read_hex4();
    bool at_end() const { return position_ >= text_.size(); }
    std::string character_at(std::size_t position) const;
    [[noreturn]] void fail_unexpected(const std::string& comment);
    [[noreturn]] void fail_token();

    std::string_view text_;
    std::size_t position_ = 0;
    std::vector<Scope> scopes_;
    JsonToken token_ = JsonToken::End;
    std::optional<JsonToken> value_of_name_;
    std::size_t value_start_ = 0;
    bool string_unread_ = false;
    std::string current_;
    bool root_read_ = false;
};

}  // namespace lifeboat::local::events

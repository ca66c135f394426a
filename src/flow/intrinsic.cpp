#include "flow/intrinsic.h"

#include "base/error.h"
#include "base/json.h"
#include "flow/intrinsic_functions.h"

namespace lifeboat::flow {
namespace {

constexpr int kDeepest = 10;  // Step Functions nests at most 10 intrinsics

std::string unescaped(std::string_view raw) {
    std::string text;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        if (raw[i] == '\\' && i + 1 < raw.size()) ++i;
        text += raw[i];
    }
    return text;
}

}  // namespace

class IntrinsicParser {
  public:
    explicit IntrinsicParser(std::string_view text) : text_(text) {}

    IntrinsicCall parse_all() {
        IntrinsicCall call = parse_call(1);
        skip_space();
        if (at_ != text_.size()) fail("text follows the closing parenthesis");
        return call;
    }

  private:
    IntrinsicCall parse_call(int depth) {
        if (depth > kDeepest)
            fail("intrinsic functions are nested deeper than " + std::to_string(kDeepest));
        skip_space();
        const std::size_t start = at_;
        const auto open = text_.find('(', at_);
        if (open == std::string_view::npos) fail("'(' is missing");
        IntrinsicCall call;
        call.name_ = text_.substr(at_, open - at_);
        while (call.name_.ends_with(' '))
            call.name_.pop_back();
        const IntrinsicFunction* function = find_intrinsic(call.name_);
        if (function == nullptr) fail("there is no function '" + call.name_ + "'");
        at_ = open + 1;
        skip_space();
        if (peek() == ')') {
            ++at_;
        } else {
            for (;;) {
                call.arguments_.push_back(parse_argument(depth));
                skip_space();
                const char next = peek();
                ++at_;
                if (next == ')') break;
                if (next != ',') fail("',' or ')' is missing");
            }
        }
        const std::size_t given = call.arguments_.size();
        if (given < function->fewest_arguments || given > function->most_arguments)
            fail("'" + call.name_ + "' does not take " + std::to_string(given) + " arguments");
        call.text_ = text_.substr(start, at_ - start);
        return call;
    }

    IntrinsicCall::Argument parse_argument(int depth) {
        skip_space();
        if (peek() == '\'') return parse_text();
        if (peek() == '$') return parse_path();
        if (text_.substr(at_, 7) == "States.") return parse_call(depth + 1);
        const auto end = std::min(text_.find_first_of(",) ", at_), text_.size());
        Json literal = Json::parse(text_.substr(at_, end - at_), nullptr, false);
        if (literal.is_discarded() || literal.is_structured() || literal.is_string())
            fail("an argument is a path, a function, 'text', a number, true, false or null");
        at_ = end;
        return make_value(std::move(literal));
    }

    IntrinsicCall::Text parse_text() {
        const std::size_t start = ++at_;
        while (at_ < text_.size() && text_[at_] != '\'')
            at_ += text_[at_] == '\\' ? 2 : 1;
        if (at_ >= text_.size()) fail("a quotation mark is missing");
        return {std::string(text_.substr(start, at_++ - start))};
    }

    // A path reaches to the ',' or ')' that is not inside its own brackets or quotation marks.
    Path parse_path() {
        const std::size_t start = at_;
        int open = 0;
        char quote = '\0';
        for (; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (quote != '\0') {
                if (c == '\\')
                    ++at_;
                else if (c == quote)
                    quote = '\0';
                continue;
            }
            if (open > 0 && (c == '\'' || c == '"')) quote = c;
            if (c == '[' || c == '(') ++open;
            if (open == 0 && (c == ',' || c == ')' || c == ' ')) break;
            if (c == ']' || c == ')') --open;
        }
        at_ = std::min(at_, text_.size());
        return Path::parse(text_.substr(start, at_ - start));
    }

    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void skip_space() {
        while (peek() == ' ' || peek() == '\n' || peek() == '\t' || peek() == '\r')
            ++at_;
    }
    [[noreturn]] void fail(const std::string& problem) const {
        throw Error(ErrorCategory::InvalidInput, "InvalidIntrinsic",
                    problem + " (at character " + std::to_string(at_ + 1) + " of '" +
                        std::string(text_.substr(0, 256)) + "')");
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

IntrinsicCall IntrinsicCall::parse(std::string_view text) {
    return IntrinsicParser(text).parse_all();
}

Json IntrinsicCall::evaluate(const Scope& scope) const {
    const auto fail = [this](const std::string& code, const std::string& problem) {
        return Error(ErrorCategory::InvalidInput, code,
                     "The function '" + text_ + "' had the following error: " + problem);
    };
    std::vector<Json> values;
    for (const Argument& argument : arguments_) {
        if (const auto* path = std::get_if<Path>(&argument)) {
            auto found = path->find(scope);
            if (!found)
                throw fail("States.Runtime",
                           "The JsonPath argument for the field '" + path->text() +
                               "' could not be found in the input '" + to_text(*scope.input) + "'");
            values.push_back(*std::move(found));
        } else if (const auto* literal = std::get_if<Text>(&argument)) {
            // Format reads the escapes of its template itself: \{ is no placeholder.
            const bool is_template = values.empty() && name_ == "States.Format";
            values.emplace_back(is_template ? literal->raw : unescaped(literal->raw));
        } else if (const auto* value = std::get_if<Value>(&argument)) {
            values.push_back(**value);
        } else {
            values.push_back(std::get<IntrinsicCall>(argument).evaluate(scope));
        }
    }
    try {
        Json result = find_intrinsic(name_)->run(values, *scope.random);
        scope.effort->copy(result);
        return result;
    } catch (const Error& error) {
        throw fail(error.code(), error.message());
    }
}

bool is_intrinsic(std::string_view text) {
    return text.starts_with("States.") && text.find('(') != std::string_view::npos;
}

}  // namespace lifeboat::flow

#include "local/events/pattern_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "local/events/comparable_number.h"
#include "local/events/text_case.h"

namespace lifeboat::local::events {
namespace {

using Kind = Condition::Kind;

constexpr const char* kOneKey = "Only one key allowed in match expression";
constexpr const char* kTooManyNumeric = "Too many elements in numeric expression";
constexpr std::string_view kOr = "$or";

// Inside "$or" these cannot be fields: the operators, and names kept for operators to come.
constexpr std::array<std::string_view, 24> kReservedInsideOr = {"exactly",
                                                                "equals-ignore-case",
                                                                "prefix",
                                                                "suffix",
                                                                "anything-but",
                                                                "exists",
                                                                "wildcard",
                                                                "numeric",
                                                                "cidr",
                                                                "=",
                                                                "<",
                                                                "<=",
                                                                ">",
                                                                ">=",
                                                                "regex",
                                                                "not-wildcard",
                                                                "not-equals-ignore-case",
                                                                "date-after",
                                                                "date-on-or-after",
                                                                "date-before",
                                                                "date-on-or-before",
                                                                "in-date-range",
                                                                "ip-address-in-range",
                                                                "ip-address-not-in-range"};

Condition text_condition(Kind kind, std::string text) {
    Condition condition;
    condition.kind = kind;
    condition.texts.push_back(std::move(text));
    return condition;
}

// An error that does not say where it happened.
[[noreturn]] void fail_without_place(const std::string& message) {
    throw Error(ErrorCategory::InvalidInput, "InvalidEventPatternException", message);
}

}  // namespace

std::vector<Pattern::Alternative> PatternParser::parse() {
    if (tokens_.next() != JsonToken::ObjectStart) tokens_.fail("Filter is not an object");
    std::vector<Branch> branches;
    parse_object(branches, "", Place::Outside);
    tokens_.next();  // refuses text behind the object
    std::vector<Pattern::Alternative> alternatives;
    for (Branch& branch : branches) {
        Pattern::Alternative& fields = alternatives.emplace_back();
        for (auto& [path, field] : branch)
            fields.push_back(std::move(field));
    }
    return alternatives;
}

void PatternParser::parse_object(std::vector<Branch>& branches, const std::string& path,
                                 Place place) {
    bool empty = true;
    while (tokens_.next() != JsonToken::ObjectEnd) {
        empty = false;
        const std::string name = tokens_.text();
        if (name == kOr) {
            parse_or(branches, path);
            continue;
        }
        if (place == Place::InsideOr &&
            std::find(kReservedInsideOr.begin(), kReservedInsideOr.end(), name) !=
                kReservedInsideOr.end())
            tokens_.fail(name + " is Ruler reserved fieldName which cannot be used inside $or.");
        const std::string inner = path.empty() ? name : path + "." + name;
        switch (tokens_.next()) {
            case JsonToken::ObjectStart:
                parse_object(branches, inner, place);
                break;
            case JsonToken::ArrayStart:
                parse_field(branches, inner);
                break;
            default:
                tokens_.fail(fmt::format("\"{}\" must be an object or an array", name));
        }
    }
    if (empty) tokens_.fail("Empty objects are not allowed");
}

void PatternParser::parse_or(std::vector<Branch>& branches, const std::string& path) {
    if (tokens_.next() != JsonToken::ArrayStart)
        tokens_.fail("It must be an Array followed with $or.");
    std::vector<Branch> before = std::exchange(branches, {});
    if (before.empty()) before.emplace_back();
    int count = 0;
    for (JsonToken token; (token = tokens_.next()) != JsonToken::ArrayEnd; ++count) {
        if (token != JsonToken::ObjectStart)
            tokens_.fail("Only JSON object is allowed in array of $or relationship.");
        std::vector<Branch> mine = before;
        parse_object(mine, path, Place::InsideOr);
        if (branches.size() + mine.size() > kMostAlternatives)
            fail_without_place(fmt::format(
                "Rule is too complex - $or gives more than {} combinations", kMostAlternatives));
        std::move(mine.begin(), mine.end(), std::back_inserter(branches));
    }
    if (count < 2) tokens_.fail("There must have at least 2 Objects in $or relationship.");
}

void PatternParser::parse_field(std::vector<Branch>& branches, const std::string& path) {
    const std::size_t start = tokens_.position() - 1;
    Pattern::Conditions conditions;
    for (JsonToken token; (token = tokens_.next()) != JsonToken::ArrayEnd;)
        parse_entry(token, conditions);
    if (conditions.empty()) tokens_.fail("Empty arrays are not allowed");
    const Pattern::Field field{path, std::string(text_.substr(start, tokens_.position() - start)),
                               std::make_shared<const Pattern::Conditions>(std::move(conditions))};
    if (branches.empty()) branches.emplace_back();
    for (Branch& branch : branches)
        branch.insert_or_assign(path, field);
}

void PatternParser::parse_entry(JsonToken token, Pattern::Conditions& conditions) {
    switch (token) {
        case JsonToken::ObjectStart:
            conditions.push_back(parse_operator());
            return;
        case JsonToken::String: {
            const std::string& text = tokens_.text();
            if (const auto address = parse_ip_address(text)) {
                Condition condition;
                condition.kind = Kind::Addresses;
                condition.block = {*address, *address};
                conditions.push_back(std::move(condition));
            } else {
                conditions.push_back(text_condition(Kind::Exact, text));
            }
            return;
        }
        case JsonToken::Integer:
        case JsonToken::Float: {
            const std::string text = tokens_.text();
            if (const auto number = comparable_number(text)) {
                Condition condition;
                condition.kind = Kind::Number;
                condition.numbers.push_back(*number);
                conditions.push_back(std::move(condition));
            }
            conditions.push_back(text_condition(Kind::Literal, text));
            return;
        }
        case JsonToken::True:
        case JsonToken::False:
        case JsonToken::Null:
            conditions.push_back(text_condition(Kind::Literal, tokens_.text()));
            return;
        default:
            tokens_.fail("Match value must be String, number, true, false, or null");
    }
}

void PatternParser::expect_string(const char* otherwise) {
    if (tokens_.next() != JsonToken::String) tokens_.fail(otherwise);
}

void PatternParser::expect_object_end(const char* otherwise) {
    if (tokens_.next() != JsonToken::ObjectEnd) tokens_.fail(otherwise);
}

Condition PatternParser::parse_operator() {
    if (tokens_.next() != JsonToken::FieldName) tokens_.fail("Match expression name not found");
    const std::string name = tokens_.text();
    const auto one_text = [&](Kind kind, const char* otherwise) {
        expect_string(otherwise);
        Condition condition = text_condition(kind, tokens_.text());
        expect_object_end(kOneKey);
        return condition;
    };
    if (name == "exactly") return one_text(Kind::Exact, "exact match pattern must be a string");
    if (name == "equals-ignore-case") {
        Condition condition =
            one_text(Kind::FoldedEqual, "equals-ignore-case match pattern must be a string");
        condition.texts.front() = fold_case(condition.texts.front());
        return condition;
    }
    if (name == "prefix" || name == "suffix") {
        const bool prefix = name == "prefix";
        const JsonToken token = tokens_.next();
        if (token == JsonToken::ObjectStart)
            return prefix ? parse_folded(Kind::FoldedPrefix, "prefix")
                          : parse_folded(Kind::FoldedSuffix, "suffix");
        if (token != JsonToken::String) tokens_.fail(name + " match pattern must be a string");
        Condition condition = text_condition(prefix ? Kind::Prefix : Kind::Suffix, tokens_.text());
        expect_object_end(kOneKey);
        return condition;
    }
    if (name == "numeric") return parse_numeric();
    if (name == "anything-but") return parse_anything_but();
    if (name == "exists") return parse_exists();
    if (name == "cidr") return parse_cidr();
    if (name == "wildcard") return parse_wildcard();
    tokens_.fail("Unrecognized match type " + name);
}

Condition PatternParser::parse_folded(Kind kind, const char* name) {
    std::string title = name;
    title[0] = static_cast<char>(title[0] - 'a' + 'A');
    if (tokens_.next() != JsonToken::FieldName) tokens_.fail(title + " expression name not found");
    if (const std::string& inner = tokens_.text(); inner != "equals-ignore-case")
        tokens_.fail(fmt::format("Unsupported {} pattern: {}", name, inner));
    expect_string("equals-ignore-case match pattern must be a string");
    Condition condition = text_condition(kind, fold_case(tokens_.text()));
    expect_object_end(kOneKey);
    expect_object_end(kOneKey);
    return condition;
}

double PatternParser::comparable(const std::string& text) {
    const auto number = comparable_number(text);
    if (!number) tokens_.fail("Cannot compare number : " + text);
    return *number;
}

Condition PatternParser::parse_numeric() {
    if (tokens_.next() != JsonToken::ArrayStart) tokens_.fail("Value of numeric must be an array.");
    if (tokens_.next() != JsonToken::String)
        tokens_.fail("Invalid member in numeric match: " + tokens_.text());
    const std::string op = tokens_.text();
    const JsonToken token = tokens_.next();
    if (op != "=" && op != "<" && op != "<=" && op != ">" && op != ">=")
        tokens_.fail("Unrecognized numeric range operator: " + op);
    if (!is_number(token))
        tokens_.fail(fmt::format("Value of {} must be numeric", op == "=" ? "equals" : op));
    const std::string written = tokens_.text();
    Condition condition;
    condition.kind = Kind::Range;
    const bool is_lower = op[0] == '>';
    const bool ended = tokens_.next() == JsonToken::ArrayEnd;
    if (!ended && !is_lower) tokens_.fail(kTooManyNumeric);
    if (!ended) {
        condition.low_open = op == ">";
        parse_numeric_upper(written, condition);
    } else if (op == "=") {
        condition.kind = Kind::Number;
        condition.numbers.push_back(comparable(written));
    } else if (is_lower) {
        condition.low = comparable(written);
        condition.low_open = op == ">";
    } else {
        condition.high = comparable(written);
        condition.high_open = op == "<";
    }
    expect_object_end(kTooManyNumeric);
    return condition;
}

// The token after the lower bound is the current one.
void PatternParser::parse_numeric_upper(const std::string& lower, Condition& range) {
    const std::string op = tokens_.text();
    if (!tokens_.is_at(JsonToken::String)) tokens_.fail("Bad value in numeric range: " + op);
    if (op != "<" && op != "<=") tokens_.fail("Bad numeric range operator: " + op);
    if (!is_number(tokens_.next())) tokens_.fail(fmt::format("Value of {} must be numeric", op));
    const std::string upper = tokens_.text();
    if (tokens_.next() != JsonToken::ArrayEnd)
        tokens_.fail("Too many terms in numeric range expression");
    range.low = comparable(lower);
    range.high = comparable(upper);
    range.high_open = op == "<";
    if (range.low >= range.high) tokens_.fail("Bottom must be less than top");
}

Condition PatternParser::parse_anything_but() {
    Kind kind = Kind::NotExact;
    JsonToken token = tokens_.next();
    const bool nested = token == JsonToken::ObjectStart;
    if (nested) {
        if (tokens_.next() != JsonToken::FieldName)
            tokens_.fail("Anything-But expression name not found");
        const std::string& name = tokens_.text();
        if (name == "equals-ignore-case")
            kind = Kind::NotFoldedEqual;
        else if (name == "prefix")
            kind = Kind::NotPrefix;
        else if (name == "suffix")
            kind = Kind::NotSuffix;
        else if (name == "wildcard")
            kind = Kind::NotWildcard;
        else
            tokens_.fail("Unsupported anything-but pattern: " + name);
        token = tokens_.next();
    }
    const bool list = token == JsonToken::ArrayStart;
    if (!list && token != JsonToken::String && !is_number(token))
        tokens_.fail("Value of anything-but must be an array or single string/number value.");
    Condition condition;
    if (nested) {
        condition = parse_anything_but_texts(kind, token);
    } else if (list) {
        condition = parse_anything_but_list();
    } else if (is_number(token)) {
        const std::string text = tokens_.text();
        const auto number = comparable_number(text);
        if (!number) fail_without_place("Cannot compare number : " + text);
        condition.kind = Kind::NotNumber;
        condition.numbers.push_back(*number);
    } else {
        condition = text_condition(Kind::NotExact, tokens_.text());
    }
    expect_object_end(kTooManyNumeric);
    if (nested) expect_object_end(kTooManyNumeric);
    return condition;
}

Condition PatternParser::parse_anything_but_list() {
    Condition condition;
    try {
        for (JsonToken token; (token = tokens_.next()) != JsonToken::ArrayEnd;) {
            if (token == JsonToken::String) {
                condition.texts.push_back(tokens_.text());
            } else if (is_number(token)) {
                const std::string text = tokens_.text();
                const auto number = comparable_number(text);
                if (!number) fail_without_place("Cannot compare number : " + text);
                condition.numbers.push_back(*number);
            } else {
                tokens_.fail("Inside anything but list, start|null|boolean is not supported.");
            }
        }
    } catch (const Error& error) {
        // Inside lists EventBridge says the place of any mistake once more.
        tokens_.fail(error.message());
    }
    if (condition.texts.empty() == condition.numbers.empty())
        tokens_.fail(
            "Inside anything but list, either all values are number or string, mixed type is not "
            "supported");
    condition.kind = condition.texts.empty() ? Kind::NotNumber : Kind::NotExact;
    return condition;
}

// `token` begins the value of the operator within anything-but: one text, or a list of them.
Condition PatternParser::parse_anything_but_texts(Kind kind, JsonToken token) {
    Condition condition;
    condition.kind = kind;
    const auto add = [&](JsonToken entry) {
        if (entry != JsonToken::String)
            tokens_.fail(
                kind == Kind::NotFoldedEqual ? "Inside anything-but/equals-ignore-case list, "
                                               "number|start|null|boolean is not supported."
                : kind == Kind::NotWildcard  ? "wildcard match pattern must be a string"
                                             : "prefix/suffix match pattern must be a string");
        const std::string& text = tokens_.text();
        if (text.empty() && (kind == Kind::NotPrefix || kind == Kind::NotSuffix))
            tokens_.fail("Null prefix/suffix not allowed");
        condition.texts.push_back(kind == Kind::NotFoldedEqual ? fold_case(text) : text);
    };
    if (token == JsonToken::ArrayStart) {
        try {
            for (JsonToken entry; (entry = tokens_.next()) != JsonToken::ArrayEnd;)
                add(entry);
        } catch (const Error& error) {
            tokens_.fail(error.message());
        }
    } else {
        add(token);
    }
    if (kind == Kind::NotWildcard) {
        for (const std::string& text : condition.texts) {
            try {
                condition.wildcards.emplace_back(text);
            } catch (const Error& error) {
                tokens_.fail(error.message());
            }
        }
    }
    return condition;
}

Condition PatternParser::parse_exists() {
    const JsonToken token = tokens_.next();
    if (token != JsonToken::True && token != JsonToken::False)
        tokens_.fail("exists match pattern must be either true or false.");
    expect_object_end(kOneKey);
    Condition condition;
    condition.kind = token == JsonToken::True ? Kind::Exists : Kind::Absent;
    return condition;
}

Condition PatternParser::parse_cidr() {
    expect_string("prefix match pattern must be a string");
    Condition condition;
    condition.kind = Kind::Addresses;
    condition.block = events::parse_cidr(tokens_.text());
    expect_object_end(kOneKey);
    return condition;
}

Condition PatternParser::parse_wildcard() {
    expect_string("wildcard match pattern must be a string");
    Condition condition;
    condition.kind = Kind::Wildcard;
    try {
        condition.wildcards.emplace_back(tokens_.text());
    } catch (const Error& error) {
        tokens_.fail(error.message());
    }
    expect_object_end(kOneKey);
    return condition;
}

}  // namespace lifeboat::local::events

#include "local/events/condition.h"

#include <algorithm>

#include "base/json.h"
#include "local/events/comparable_number.h"
#include "local/events/text_case.h"

namespace lifeboat::local::events {

FieldValue::FieldValue(const Json& scalar) : is_string(scalar.is_string()) {
    text = is_string ? scalar.get_ref<const std::string&>() : to_text(scalar);
    if (scalar.is_number()) number = comparable_number(text);
}

const std::optional<std::string>& FieldValue::address() const {
    if (!address_) address_ = is_string ? parse_ip_address(text) : std::nullopt;
    return *address_;
}

const std::string& FieldValue::folded() const {
    if (!folded_) folded_ = fold_case(text);
    return *folded_;
}

bool Condition::holds(const FieldValue& value) const {
    const auto any_text = [&](auto&& test) {
        return value.is_string && std::any_of(texts.begin(), texts.end(), test);
    };
    const auto equal = [&](const std::string& text) { return value.text == text; };
    const auto folded_equal = [&](const std::string& text) { return value.folded() == text; };
    const auto prefix = [&](const std::string& text) { return value.text.starts_with(text); };
    const auto suffix = [&](const std::string& text) { return value.text.ends_with(text); };
    const auto any_wildcard = [&] {
        return value.is_string && std::any_of(wildcards.begin(), wildcards.end(),
                                              [&](const events::Wildcard& wildcard) {
                                                  return wildcard.matches(value.text);
                                              });
    };
    const auto any_number = [&] {
        return value.number &&
               std::find(numbers.begin(), numbers.end(), *value.number) != numbers.end();
    };
    switch (kind) {
        case Kind::Exact:
            return any_text(equal);
        case Kind::Literal:
            return !value.is_string && value.text == texts.front();
        case Kind::Number:
            return any_number();
        case Kind::Range:
            return value.number && (low_open ? *value.number > low : *value.number >= low) &&
                   (high_open ? *value.number < high : *value.number <= high);
        case Kind::Addresses:
            return value.address() && block.contains(*value.address());
        case Kind::Prefix:
            return any_text(prefix);
        case Kind::Suffix:
            return any_text(suffix);
        case Kind::FoldedEqual:
            return any_text(folded_equal);
        case Kind::FoldedPrefix:
            return any_text([&](const std::string& t) { return value.folded().starts_with(t); });
        case Kind::FoldedSuffix:
            return any_text([&](const std::string& t) { return value.folded().ends_with(t); });
        case Kind::Wildcard:
            return any_wildcard();
        case Kind::Exists:
            return true;
        case Kind::Absent:
            return false;
        case Kind::NotExact:
            return !any_text(equal);
        case Kind::NotNumber:
            return !any_number();
        case Kind::NotFoldedEqual:
            return !any_text(folded_equal);
        case Kind::NotPrefix:
            return !any_text(prefix);
        case Kind::NotSuffix:
            return !any_text(suffix);
        case Kind::NotWildcard:
            return !any_wildcard();
    }
    return false;
}

}  // namespace lifeboat::local::events

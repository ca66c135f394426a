// Boost.JSON's implementation is compiled here, too.
#include "vault/json_input.h"

#include <boost/json/parse.hpp>
#include <boost/json/src.hpp>

#include "base/error.h"

namespace lifeboat::vault {
namespace json = boost::json;

JsonInput::JsonInput(std::string_view text, const char* what)
    : what_(what), memory_(text.size() + 1024) {
    json::error_code failure;
    root_ = json::parse({text.data(), text.size()}, failure, &memory_);
    if (failure) refuse(failure.message().c_str());
}

const json::object& JsonInput::object(const json::value& value) const {
    if (const auto* found = value.if_object()) return *found;
    refuse("an object was expected");
}

const json::array& JsonInput::array(const json::value& value) const {
    // Go writes an empty list as null.
    static const json::array kNone;
    if (value.is_null()) return kNone;
    if (const auto* found = value.if_array()) return *found;
    refuse("a list was expected");
}

std::string_view JsonInput::text(const json::value& value) const {
    if (const auto* found = value.if_string()) return {found->data(), found->size()};
    refuse("a string was expected");
}

std::uint64_t JsonInput::number(const json::value& value, std::uint64_t most) const {
    std::uint64_t number = 0;
    if (const auto* found = value.if_uint64())
        number = *found;
    else if (const auto* other = value.if_int64(); other != nullptr && *other >= 0)
        number = static_cast<std::uint64_t>(*other);
    else
        refuse("a number that is whole and not negative was expected");
    if (number > most) refuse("a number is out of range");
    return number;
}

Id JsonInput::id(const json::value& value) const {
    if (const auto id = Id::parse(text(value))) return *id;
    refuse("an id was expected");
}

void JsonInput::refuse(const char* why) const {
    throw Error(ErrorCategory::Corruption, "InvalidFormat",
                std::string(what_) + " cannot be read: " + why);
}

}  // namespace lifeboat::vault

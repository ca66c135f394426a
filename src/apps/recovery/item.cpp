#include "apps/recovery/item.h"

#include <charconv>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::recovery {
namespace {

[[noreturn]] void refuse(const Json& value) {
    throw Error(ErrorCategory::InvalidInput, "MalformedItem",
                "no DynamoDB attribute: " + to_text(value).substr(0, 200));
}

Json from_number(const Json& value) {
    if (!value.is_string()) refuse(value);
    const std::string& text = value.get_ref<const std::string&>();
    std::int64_t integer = 0;
    const char* end = text.data() + text.size();
    if (auto [at, error] = std::from_chars(text.data(), end, integer);
        error == std::errc() && at == end)
        return integer;
    double real = 0;
    if (auto [at, error] = std::from_chars(text.data(), end, real);
        error != std::errc() || at != end)
        refuse(value);
    return real;
}

Json from_attribute(const Json& attribute) {
    if (!attribute.is_object() || attribute.size() != 1) refuse(attribute);
    const std::string& type = attribute.begin().key();
    const Json& value = attribute.begin().value();
    if (type == "NULL") return nullptr;
    if (type == "N") return from_number(value);
    if (type == "L" || type == "NS") {
        if (!value.is_array()) refuse(attribute);
        Json list = Json::array();
        for (const Json& entry : value)
            list.push_back(type == "L" ? from_attribute(entry) : from_number(entry));
        return list;
    }
    if (type == "M") return from_item(value);
    if (type == "S" || type == "BOOL" || type == "B" || type == "SS" || type == "BS") return value;
    refuse(attribute);
}

}  // namespace

Json from_item(const Json& item) {
    if (!item.is_object()) refuse(item);
    Json plain = Json::object();
    for (const auto& [name, attribute] : item.items())
        plain[name] = from_attribute(attribute);
    return plain;
}

Json to_attribute(const Json& plain) {
    if (plain.is_string()) return {{"S", plain}};
    if (plain.is_boolean()) return {{"BOOL", plain}};
    if (plain.is_number()) return {{"N", plain.dump()}};
    if (plain.is_array()) {
        Json list = Json::array();
        for (const Json& entry : plain)
            list.push_back(to_attribute(entry));
        return {{"L", std::move(list)}};
    }
    if (plain.is_object()) return {{"M", to_item(plain)}};
    return {{"NULL", true}};
}

Json to_item(const Json& plain) {
    Json item = Json::object();
    for (const auto& [name, value] : plain.items())
        item[name] = to_attribute(value);
    return item;
}

}  // namespace lifeboat::recovery

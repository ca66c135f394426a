#include "local/sqs/message_attributes.h"

#include <algorithm>
#include <charconv>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/json.h"
#include "local/sqs/refusal.h"

namespace lifeboat::local::sqs {
namespace {

constexpr std::size_t kMostAttributes = 10;
constexpr std::size_t kLongestName = 256;

Error bad(const std::string& message) {
    return refusal("InvalidParameterValue", message);
}

void check_name(const std::string& name) {
    const bool characters = std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
    });
    const std::string lower = lower_case(name);
    if (name.empty() || name.size() > kLongestName || !characters || name.starts_with('.') ||
        name.ends_with('.') || name.find("..") != std::string::npos || lower.starts_with("aws.") ||
        lower.starts_with("amazon."))
        throw bad("The message attribute name '" + name +
                  "' is invalid. Attribute name can contain A-Z, a-z, 0-9, underscore (_), hyphen "
                  "(-), and period (.) characters, must not start with AWS. or Amazon., must not "
                  "begin or end with a period or have periods in succession, and is at most 256 "
                  "characters long.");
}

bool is_binary(const Json& attribute) {
    return string_or(attribute, "DataType", "").starts_with("Binary");
}

std::string value_of(const Json& attribute) {
    if (!is_binary(attribute)) return string_or(attribute, "StringValue", "");
    return base64_decode(string_or(attribute, "BinaryValue", "")).value_or("");
}

void check_attribute(const std::string& name, const Json& attribute) {
    const std::string type = string_or(attribute, "DataType", "");
    const std::string kind = type.substr(0, type.find('.'));
    if (type.empty())
        throw bad("The message attribute '" + name +
                  "' must contain non-empty message attribute type.");
    if ((kind != "String" && kind != "Number" && kind != "Binary") || type.size() > kLongestName)
        throw bad("The message attribute '" + name +
                  "' has an invalid message attribute type, the set of supported type prefixes is "
                  "Binary, Number, and String.");
    for (const char* list : {"StringListValues", "BinaryListValues"})
        if (const Json* values = find(attribute, list); values != nullptr && !values->empty())
            throw refusal(
                "UnsupportedOperation",
                "Message attribute list values in SendMessage operation are not supported.");
    if (value_of(attribute).empty())
        throw bad("The message attribute '" + name +
                  "' must contain non-empty message attribute value for message attribute type '" +
                  type + "'.");
    if (find(attribute, kind == "Binary" ? "StringValue" : "BinaryValue") != nullptr)
        throw bad("The message attribute '" + name + "' with type '" + type + "' must use field '" +
                  (kind == "Binary" ? "Binary" : "String") + "'.");
    if (kind == "Number") {
        const std::string text = value_of(attribute);
        double number = 0;
        const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
        const auto read = std::from_chars(begin, text.data() + text.size(), number);
        if (read.ptr != text.data() + text.size())
            throw bad("Can't cast the value of message (user) attribute '" + name +
                      "' to a number.");
    }
    if (kind != "Binary") check_message_body(value_of(attribute));
}

}  // namespace

void check_message_attributes(const Json& attributes) {
    if (attributes.size() > kMostAttributes)
        throw bad("Number of message attributes [" + std::to_string(attributes.size()) +
                  "] exceeds the allowed maximum [10].");
    for (const auto& [name, attribute] : attributes.items()) {
        check_name(name);
        check_attribute(name, attribute);
    }
}

void check_system_attributes(const Json& attributes) {
    for (const auto& [name, attribute] : attributes.items()) {
        if (name != "AWSTraceHeader")
            throw bad("Message system attribute name '" + name + "' is not supported.");
        if (string_or(attribute, "DataType", "") != "String")
            throw bad("The message system attribute 'AWSTraceHeader' must be of type String.");
        check_attribute(name, attribute);
    }
}

std::size_t size_of_attributes(const Json& attributes) {
    std::size_t size = 0;
    for (const auto& [name, attribute] : attributes.items())
        size +=
            name.size() + string_or(attribute, "DataType", "").size() + value_of(attribute).size();
    return size;
}

std::string md5_of_attributes(const Json& attributes) {
    if (attributes.empty()) return "";
    std::string bytes;
    const auto add = [&](const std::string& part) {
        for (int shift = 24; shift >= 0; shift -= 8)
            bytes += static_cast<char>((part.size() >> shift) & 0xff);
        bytes += part;
    };
    for (const auto& member : attributes.get_ref<const Json::object_t&>().sorted()) {
        const auto& [name, attribute] = *member;
        add(name);
        add(string_or(attribute, "DataType", ""));
        bytes += is_binary(attribute) ? '\2' : '\1';
        add(value_of(attribute));
    }
    return to_hex(md5(bytes));
}

Json select_attributes(const Json& attributes, const std::vector<std::string>& names) {
    Json selected = Json::object();
    for (const auto& item : attributes.items()) {
        const std::string& name = item.key();
        const bool wanted =
            std::any_of(names.begin(), names.end(), [&](const std::string& pattern) {
                if (pattern == "All" || pattern == ".*" || pattern == name) return true;
                return pattern.ends_with(".*") &&
                       name.starts_with(std::string_view(pattern).substr(0, pattern.size() - 2));
            });
        if (wanted) selected[name] = item.value();
    }
    return selected;
}

void check_message_body(std::string_view body) {
    bool good = is_utf8(body);
    for (std::size_t i = 0; good && i < body.size(); ++i) {
        const auto c = static_cast<unsigned char>(body[i]);
        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') good = false;
        // U+FFFE and U+FFFF.
        if (c == 0xef && body.substr(i + 1, 1) == "\xbf" && i + 2 < body.size() &&
            static_cast<unsigned char>(body[i + 2]) >= 0xbe)
            good = false;
    }
    if (!good)
        throw refusal(
            "InvalidMessageContents",
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 "
            "to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF");
}

}  // namespace lifeboat::local::sqs

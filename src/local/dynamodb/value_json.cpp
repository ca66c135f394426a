// Attribute values in and out of JSON.
#include <algorithm>

#include "base/encoding.h"
#include "base/json.h"
#include "local/dynamodb/refusal.h"
#include "local/dynamodb/value.h"

namespace lifeboat::local::dynamodb {
namespace {

Error wrong_json(std::string_view type, const Json& value) {
    return Error(ErrorCategory::InvalidInput, "SerializationException",
                 std::string("an AttributeValue of type ") + std::string(type) +
                     " cannot be made of a JSON " + value.type_name());
}

const std::string& text_of(std::string_view type, const Json& value) {
    if (!value.is_string()) throw wrong_json(type, value);
    return value.get_ref<const std::string&>();
}

Binary binary_of(std::string_view type, const Json& value) {
    auto bytes = base64_decode(text_of(type, value));
    if (!bytes)
        throw Error(ErrorCategory::InvalidInput, "SerializationException",
                    "an AttributeValue of type " + std::string(type) + " is not valid base64");
    return Binary{std::move(*bytes)};
}

void require_array(std::string_view type, const Json& value) {
    if (!value.is_array()) throw wrong_json(type, value);
}

std::string listed(const Json& array) {
    std::string out = "[";
    for (const Json& element : array) {
        if (out.size() > 1) out += ", ";
        out += element.get_ref<const std::string&>();
    }
    return out + "]";
}

// Sorts; true when there were no duplicates.
template <typename Element>
bool into_set(std::vector<Element>& elements) {
    std::sort(elements.begin(), elements.end());
    return std::adjacent_find(elements.begin(), elements.end()) == elements.end();
}

StringSet string_set(const Json& json) {
    require_array("SS", json);
    if (json.empty()) throw invalid_parameter("An string set  may not be empty");
    StringSet set;
    for (const Json& element : json)
        set.elements.push_back(text_of("SS", element));
    if (!into_set(set.elements))
        throw invalid_parameter("Input collection " + listed(json) + " contains duplicates.");
    return set;
}

NumberSet number_set(const Json& json) {
    require_array("NS", json);
    if (json.empty()) throw invalid_parameter("An number set  may not be empty");
    NumberSet set;
    for (const Json& element : json)
        set.elements.push_back(Number::parse(text_of("NS", element)));
    if (!into_set(set.elements)) throw refusal("Input collection contains duplicates");
    return set;
}

BinarySet binary_set(const Json& json) {
    require_array("BS", json);
    if (json.empty()) throw invalid_parameter("Binary sets should not be empty");
    BinarySet set;
    for (const Json& element : json)
        set.elements.push_back(binary_of("BS", element));
    if (!into_set(set.elements))
        throw invalid_parameter("Input collection " + listed(json) +
                                "of type BS contains duplicates.");
    return set;
}

void append_quoted(std::string& out, std::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += "\\u00";
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        } else {
            out += c;
        }
    }
    out += '"';
}

void append_map(std::string& out, const Map& map) {
    out += '{';
    bool first = true;
    for (const auto& [name, value] : map) {
        if (!first) out += ',';
        first = false;
        append_quoted(out, name);
        out += ':';
        value.append_text(out);
    }
    out += '}';
}

std::string element_text(const std::string& text) {
    return text;
}
std::string element_text(const Number& number) {
    return number.text();
}
std::string element_text(const Binary& binary) {
    return base64_encode(binary.bytes);
}

struct ToText {
    std::string& out;
    void operator()(const std::string& text) const { append_quoted(out, text); }
    void operator()(const Number& number) const { out += '"' + number.text() + '"'; }
    void operator()(const Binary& binary) const { out += '"' + base64_encode(binary.bytes) + '"'; }
    void operator()(bool value) const { out += value ? "true" : "false"; }
    void operator()(Null) const { out += "true"; }
    void operator()(const Map& map) const { append_map(out, map); }
    void operator()(const List& list) const {
        out += '[';
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (i > 0) out += ',';
            list[i].append_text(out);
        }
        out += ']';
    }
    template <typename Element>
    void operator()(const SetOf<Element>& set) const {
        out += '[';
        for (std::size_t i = 0; i < set.elements.size(); ++i) {
            if (i > 0) out += ',';
            append_quoted(out, element_text(set.elements[i]));
        }
        out += ']';
    }
};

struct ToJson {
    Json operator()(const std::string& text) const { return text; }
    Json operator()(const Number& number) const { return number.text(); }
    Json operator()(const Binary& binary) const { return base64_encode(binary.bytes); }
    Json operator()(bool value) const { return value; }
    Json operator()(Null) const { return true; }
    Json operator()(const Map& map) const { return item_to_json(map); }
    Json operator()(const List& list) const {
        Json out = Json::array();
        for (const Value& value : list)
            out.push_back(value.to_json());
        return out;
    }
    template <typename Element>
    Json operator()(const SetOf<Element>& set) const {
        Json out = Json::array();
        for (const Element& element : set.elements)
            out.push_back(element_text(element));
        return out;
    }
};

}  // namespace

Value Value::from_json(const Json& json) {
    return from_json(json, 0);
}

Value Value::from_json(const Json& json, int depth) {
    if (depth > kMaxValueDepth)
        throw invalid_parameter("Nesting Levels have exceeded supported limits");
    if (!json.is_object()) throw wrong_json("AttributeValue", json);
    const Json* content = nullptr;
    Type type{};
    for (const auto& [name, member] : json.items()) {
        const auto named = type_named(name);
        if (!named || member.is_null()) continue;
        if (content != nullptr)
            throw refusal(
                "Supplied AttributeValue has more than one datatypes set, must contain exactly one "
                "of the supported datatypes");
        content = &member;
        type = *named;
    }
    if (content == nullptr)
        throw refusal(
            "Supplied AttributeValue is empty, must contain exactly one of the supported "
            "datatypes");
    const auto name = short_name(type);
    switch (type) {
        case Type::S: {
            const std::string& text = text_of(name, *content);
            if (!is_utf8(text))
                throw Error(ErrorCategory::InvalidInput, "SerializationException",
                            "an AttributeValue of type S is not valid UTF-8");
            return Value(text);
        }
        case Type::N:
            return Number::parse(text_of(name, *content));
        case Type::B:
            return binary_of(name, *content);
        case Type::BOOL:
            if (!content->is_boolean()) throw wrong_json(name, *content);
            return content->get<bool>();
        case Type::NULL_:
            if (!content->is_boolean()) throw wrong_json(name, *content);
            if (!content->get<bool>())
                throw invalid_parameter("Null attribute value types must have the value of true");
            return Null{};
        case Type::L: {
            require_array(name, *content);
            List list;
            list.reserve(content->size());
            for (const Json& element : *content)
                list.push_back(from_json(element, depth + 1));
            return list;
        }
        case Type::M: {
            if (!content->is_object()) throw wrong_json(name, *content);
            Map map;
            for (const auto& [key, element] : content->items())
                map.emplace_hint(map.end(), key, from_json(element, depth + 1));
            return map;
        }
        case Type::SS:
            return string_set(*content);
        case Type::NS:
            return number_set(*content);
        case Type::BS:
            return binary_set(*content);
    }
    throw refusal("Supplied AttributeValue has an unknown type");
}

Json Value::to_json() const {
    Json out = Json::object();
    out[std::string(short_name(type()))] = std::visit(ToJson{}, content_);
    return out;
}

void Value::append_text(std::string& text) const {
    text += "{\"";
    text += short_name(type());
    text += "\":";
    std::visit(ToText{text}, content_);
    text += '}';
}

std::string quoted(const Value& value) {
    const auto type = value.type();
    std::string inner;
    if (const auto* text = value.get<std::string>()) {
        inner = *text;
    } else if (const auto* number = value.get<Number>()) {
        inner = number->text();
    } else {
        std::visit(ToText{inner}, value.content());
    }
    return "{" + std::string(short_name(type)) + ":" + inner + "}";
}

Item item_from_json(const Json& json) {
    if (!json.is_object()) throw wrong_json("M", json);
    Item item;
    for (const auto& [name, value] : json.items())
        item.emplace_hint(item.end(), name, Value::from_json(value));
    return item;
}

Json item_to_json(const Item& item) {
    Json out = Json::object();
    for (const auto& [name, value] : item)
        out.emplace(name, value.to_json());
    return out;
}

std::string item_text(const Item& item) {
    std::string out;
    append_map(out, item);
    return out;
}

}  // namespace lifeboat::local::dynamodb

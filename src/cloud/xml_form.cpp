#include "cloud/xml_form.h"

#include <pugixml.hpp>

#include "base/error.h"
#include "base/json.h"
#include "cloud/wire_text.h"

namespace lifeboat::cloud {
namespace {

const std::string& member_name(const Member& member, const XmlRules& rules) {
    return rules.legacy && !member.query_name.empty() ? member.query_name : member.location_name;
}

bool is_flat(const Shape& shape, const XmlRules& rules) {
    return shape.flattened || rules.legacy;
}

std::string_view local_name(const pugi::xml_node& node) {
    const std::string_view name = node.name();
    const auto colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

class StringWriter final : public pugi::xml_writer {
  public:
    void write(const void* data, std::size_t size) override {
        // A reader of XML takes a bare "\r" for the end of a line.
        for (const char c : std::string_view(static_cast<const char*>(data), size)) {
            if (c == '\r')
                text += "&#13;";
            else
                text += c;
        }
    }
    std::string text;
};

pugi::xml_node add_child(const Shape& shape, pugi::xml_node& parent, const std::string& name) {
    pugi::xml_node node = parent.append_child(name.c_str());
    declare_namespace(node, shape.xmlns);
    return node;
}

void write_value(const Shape& shape, const Json& value, const XmlRules& rules,
                 pugi::xml_node& parent, const std::string& name);

void write_entry(const Shape& map, const std::string& key, const Json& value, const XmlRules& rules,
                 pugi::xml_node entry) {
    pugi::xml_node name = entry.append_child(map.key_name.c_str());
    declare_namespace(name, map.key_xmlns);
    name.text().set(key.c_str());
    write_value(*map.element, value, rules, entry, map.value_name);
}

void write_value(const Shape& shape, const Json& value, const XmlRules& rules,
                 pugi::xml_node& parent, const std::string& name) {
    if (value.is_null()) return;
    const bool flat = is_flat(shape, rules);
    if (shape.kind == ShapeKind::Structure) {
        pugi::xml_node node = add_child(shape, parent, name);
        write_xml_members(shape, value, rules, node);
    } else if (shape.kind == ShapeKind::List && value.is_array()) {
        pugi::xml_node inside = flat ? parent : add_child(shape, parent, name);
        const std::string element = flat                         ? name
                                    : shape.element_name.empty() ? std::string(rules.element)
                                                                 : shape.element_name;
        for (const Json& one : value)
            write_value(*shape.element, one, rules, inside, element);
    } else if (shape.kind == ShapeKind::Map && value.is_object()) {
        pugi::xml_node inside = flat ? parent : add_child(shape, parent, name);
        for (const auto& [key, one] : value.items()) {
            pugi::xml_node entry =
                flat ? add_child(shape, parent, name) : inside.append_child("entry");
            write_entry(shape, key, one, rules, entry);
        }
    } else {
        const std::string text = scalar_text(shape, value, TimestampFormat::Iso8601);
        add_child(shape, parent, name).text().set(text.c_str());
    }
}

Json read_value(const Shape& shape, const pugi::xml_node& node, const XmlRules& rules, int depth);

Json read_members(const Shape& shape, const pugi::xml_node& parent, const XmlRules& rules,
                  int depth);

void add_entry(Json& map, const Shape& shape, const pugi::xml_node& entry, const XmlRules& rules,
               int depth) {
    std::string key;
    Json value;
    for (const pugi::xml_node& child : entry.children()) {
        if (local_name(child) == shape.key_name) key = child.text().get();
        if (local_name(child) == shape.value_name)
            value = read_value(*shape.element, child, rules, depth);
    }
    map[key] = std::move(value);
}

Json read_value(const Shape& shape, const pugi::xml_node& node, const XmlRules& rules, int depth) {
    if (depth > kMaxJsonDepth)
        throw Error(ErrorCategory::InvalidInput, "SerializationException",
                    "the XML is nested too deeply");
    switch (shape.kind) {
        case ShapeKind::Structure:
            return read_members(shape, node, rules, depth + 1);
        case ShapeKind::List: {
            Json list = Json::array();
            for (const pugi::xml_node& child : node.children())
                if (child.type() == pugi::node_element)
                    list.push_back(read_value(*shape.element, child, rules, depth + 1));
            return list;
        }
        case ShapeKind::Map: {
            Json map = Json::object();
            for (const pugi::xml_node& child : node.children())
                if (local_name(child) == "entry") add_entry(map, shape, child, rules, depth + 1);
            return map;
        }
        default:
            return scalar_from_text(shape, node.text().get());
    }
}

Json read_members(const Shape& shape, const pugi::xml_node& parent, const XmlRules& rules,
                  int depth) {
    Json value = Json::object();
    for (const Member& member : shape.members) {
        const Shape& of = *member.shape;
        const bool list = of.kind == ShapeKind::List && is_flat(of, rules);
        const bool map = of.kind == ShapeKind::Map && is_flat(of, rules);
        const std::string& name = member_name(member, rules);
        if (member.xml_attribute) {
            if (const pugi::xml_attribute found = parent.attribute(name.c_str()))
                value[member.name] = scalar_from_text(of, found.value());
            continue;
        }
        for (const pugi::xml_node& child : parent.children()) {
            if (local_name(child) != name) continue;
            if (list) {
                value[member.name].push_back(read_value(*of.element, child, rules, depth + 1));
            } else if (map) {
                add_entry(value[member.name], of, child, rules, depth + 1);
            } else {
                value[member.name] = read_value(of, child, rules, depth);
                break;
            }
        }
    }
    return value;
}

}  // namespace

void write_xml_members(const Shape& shape, const Json& value, const XmlRules& rules,
                       pugi::xml_node& parent) {
    for (const Member& member : shape.members)
        if (const Json* found = find(value, member.name)) {
            if (!member.xml_attribute)
                write_value(*member.shape, *found, rules, parent, member_name(member, rules));
            else if (!found->is_null())
                parent.append_attribute(member_name(member, rules).c_str())
                    .set_value(
                        scalar_text(*member.shape, *found, TimestampFormat::Iso8601).c_str());
        }
}

Json read_xml_members(const Shape& shape, const pugi::xml_node& parent, const XmlRules& rules) {
    return read_members(shape, parent, rules, 0);
}

void declare_namespace(pugi::xml_node& node, std::string_view xmlns) {
    if (xmlns.empty()) return;
    const auto space = xmlns.find(' ');
    const std::string name =
        space == std::string_view::npos ? "xmlns" : "xmlns:" + std::string(xmlns.substr(0, space));
    const std::string uri(space == std::string_view::npos ? xmlns : xmlns.substr(space + 1));
    node.append_attribute(name.c_str()).set_value(uri.c_str());
}

pugi::xml_node xml_child(const pugi::xml_node& parent, std::string_view name) {
    for (const pugi::xml_node& child : parent.children())
        if (local_name(child) == name) return child;
    return {};
}

std::string xml_text(const pugi::xml_document& document) {
    StringWriter writer;
    document.save(writer, "", pugi::format_raw);
    return std::move(writer.text);
}

}  // namespace lifeboat::cloud

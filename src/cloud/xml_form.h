// A value of Cloud::call as XML elements, for the protocols whose answers are XML.
#pragma once

#include <string>
#include <string_view>

#include "base/json_fwd.h"
#include "cloud/model.h"

namespace pugi {
class xml_document;
class xml_node;
}  // namespace pugi

namespace lifeboat::cloud {

struct XmlRules {
    std::string_view element = "member";  // of a list whose model names none
    // The older form of a query-compatible service: members go by their query names, and lists and
    // maps are always flat.
    bool legacy = false;
};

// Members become child elements of `parent`.
void write_xml_members(const Shape& shape, const Json& value, const XmlRules& rules,
                       pugi::xml_node& parent);
Json read_xml_members(const Shape& shape, const pugi::xml_node& parent, const XmlRules& rules);

// Declares a shape's namespace ("uri" or "prefix uri") on an element; nothing for "".
void declare_namespace(pugi::xml_node& node, std::string_view xmlns);
// The child of that name, whatever its prefix; an empty node when there is none.
pugi::xml_node xml_child(const pugi::xml_node& parent, std::string_view name);
// Without a line break or an indentation.
std::string xml_text(const pugi::xml_document& document);

}  // namespace lifeboat::cloud

#include "cloud/query_form.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "cloud/wire_text.h"

namespace lifeboat::cloud {
namespace {

constexpr std::size_t kMostParameters = 10000;
constexpr int kDeepest = 64;

std::string member_name(const Member& member, QueryDialect dialect) {
    if (dialect != QueryDialect::Query && !member.query_name.empty()) return member.query_name;
    // A flat list without a name of its own goes by its elements' name.
    if (dialect == QueryDialect::Query && member.shape->kind == ShapeKind::List &&
        member.shape->flattened && !member.shape->element_name.empty() &&
        member.location_name == member.name)
        return member.shape->element_name;
    std::string name = member.location_name;
    if (dialect == QueryDialect::Ec2 && !name.empty() && name[0] >= 'a' && name[0] <= 'z')
        name[0] = static_cast<char>(name[0] - 'a' + 'A');
    return name;
}

bool is_flat(const Shape& shape, QueryDialect dialect) {
    return dialect != QueryDialect::Query || shape.flattened;
}

class FormWriter {
  public:
    explicit FormWriter(QueryDialect dialect) : dialect_(dialect) {}

    void members(const Shape& shape, const Json& value, const std::string& prefix) {
        for (const Member& member : shape.members)
            if (const Json* found = find(value, member.name); found && !found->is_null())
                write(*member.shape, *found, prefix, member_name(member, dialect_));
    }

    QueryParameters parameters;

  private:
    static std::string below(const std::string& prefix, const std::string& name) {
        return prefix.empty() ? name : prefix + "." + name;
    }

    // `name` is separate from `prefix` because a flat list's elements may replace it.
    void write(const Shape& shape, const Json& value, const std::string& prefix,
               const std::string& name) {
        if (shape.kind == ShapeKind::Structure) {
            members(shape, value, below(prefix, name));
        } else if (shape.kind == ShapeKind::List && value.is_array()) {
            list(shape, value, prefix, name);
        } else if (shape.kind == ShapeKind::Map && value.is_object()) {
            std::string path = below(prefix, name);
            if (!is_flat(shape, dialect_)) path += ".entry";
            std::size_t number = 0;
            for (const auto& [key, one] : value.items()) {
                const std::string entry = path + "." + std::to_string(++number);
                parameters.emplace_back(below(entry, shape.key_name), key);
                write(*shape.element, one, entry, shape.value_name);
            }
        } else {
            parameters.emplace_back(below(prefix, name),
                                    scalar_text(shape, value, TimestampFormat::Iso8601));
        }
    }

    void list(const Shape& shape, const Json& value, const std::string& prefix,
              const std::string& name) {
        if (value.empty()) {
            if (dialect_ == QueryDialect::Query) parameters.emplace_back(below(prefix, name), "");
            return;
        }
        std::string path = below(prefix, name);
        if (!is_flat(shape, dialect_))
            path += "." + (shape.element_name.empty() ? "member" : shape.element_name);
        std::size_t number = 0;
        for (const Json& one : value)
            write(*shape.element, one, path, std::to_string(++number));
    }

    QueryDialect dialect_;
};

// The parameters as a tree of name parts.
struct FormNode {
    const std::string* value = nullptr;
    std::map<std::string, std::unique_ptr<FormNode>, std::less<>> children;

    const FormNode* child(std::string_view name) const {
        const auto it = children.find(name);
        return it == children.end() ? nullptr : it->second.get();
    }
    // Children named 1, 2, 3, ... in order; gaps are closed.
    std::vector<const FormNode*> numbered() const {
        std::vector<std::pair<unsigned, const FormNode*>> found;
        for (const auto& [name, node] : children) {
            unsigned number = 0;
            const auto [end, problem] =
                std::from_chars(name.data(), name.data() + name.size(), number);
            if (problem == std::errc() && end == name.data() + name.size())
                found.emplace_back(number, node.get());
        }
        std::sort(found.begin(), found.end());
        std::vector<const FormNode*> nodes;
        for (const auto& [number, node] : found)
            nodes.push_back(node);
        return nodes;
    }
};

void insert(FormNode& root, std::string_view name, const std::string& value) {
    FormNode* node = &root;
    for (int depth = 0;; ++depth) {
        if (depth > kDeepest)
            throw Error(ErrorCategory::InvalidInput, "SerializationException",
                        "a parameter's name has more than 64 parts");
        const auto dot = name.find('.');
        auto& slot = node->children[std::string(name.substr(0, dot))];
        if (!slot) slot = std::make_unique<FormNode>();
        node = slot.get();
        if (dot == std::string_view::npos) break;
        name.remove_prefix(dot + 1);
    }
    node->value = &value;
}

class FormReader {
  public:
    explicit FormReader(QueryDialect dialect) : dialect_(dialect) {}

    Json members(const Shape& shape, const FormNode& node) {
        Json value = Json::object();
        for (const Member& member : shape.members) {
            if (const FormNode* child = node.child(member_name(member, dialect_)))
                value[member.name] = read(*member.shape, *child);
        }
        return value;
    }

  private:
    Json read(const Shape& shape, const FormNode& node) {
        if (shape.kind == ShapeKind::Structure) return members(shape, node);
        if (shape.kind == ShapeKind::List) {
            Json list = Json::array();
            const FormNode* inside = &node;
            if (!is_flat(shape, dialect_))
                inside = node.child(shape.element_name.empty() ? "member" : shape.element_name);
            if (inside != nullptr)
                for (const FormNode* element : inside->numbered())
                    list.push_back(read(*shape.element, *element));
            return list;
        }
        if (shape.kind == ShapeKind::Map) {
            Json map = Json::object();
            const FormNode* inside = is_flat(shape, dialect_) ? &node : node.child("entry");
            if (inside == nullptr) return map;
            for (const FormNode* entry : inside->numbered()) {
                const FormNode* key = entry->child(shape.key_name);
                const FormNode* value = entry->child(shape.value_name);
                if (key != nullptr && key->value != nullptr && value != nullptr)
                    map[*key->value] = read(*shape.element, *value);
            }
            return map;
        }
        return scalar_from_text(shape, node.value != nullptr ? *node.value : std::string());
    }

    QueryDialect dialect_;
};

}  // namespace

QueryParameters query_form(const Shape& shape, const Json& value, QueryDialect dialect) {
    FormWriter writer(dialect);
    writer.members(shape, value, "");
    return std::move(writer.parameters);
}

Json read_query_form(const Shape& shape, const QueryParameters& parameters, QueryDialect dialect) {
    if (parameters.size() > kMostParameters)
        throw Error(ErrorCategory::InvalidInput, "SerializationException",
                    "the form has more than 10000 parameters");
    FormNode root;
    for (const auto& [name, value] : parameters)
        insert(root, name, value);
    return FormReader(dialect).members(shape, root);
}

std::string form_text(const QueryParameters& parameters) {
    std::string text;
    for (const auto& [name, value] : parameters) {
        if (!text.empty()) text += '&';
        ((text += percent_encode(name)) += '=') += percent_encode(value);
    }
    return text;
}

}  // namespace lifeboat::cloud

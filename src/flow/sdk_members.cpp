#include "flow/sdk_members.h"

#include <cctype>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/json.h"

namespace lifeboat::flow {
namespace {

using cloud::Shape;
using cloud::ShapeKind;

std::string with_first(std::string name, int (*change)(int)) {
    if (!name.empty()) name[0] = static_cast<char>(change(static_cast<unsigned char>(name[0])));
    return name;
}

using Convert = Json (*)(const Json&, const Shape&);

Json convert_elements(const Json& value, const Shape& shape, Convert convert) {
    Json result = value;
    for (auto& element : result)
        element = convert(element, *shape.element);
    return result;
}

bool holds_elements(const Json& value, const Shape& shape) {
    return (shape.kind == ShapeKind::List && value.is_array()) ||
           (shape.kind == ShapeKind::Map && value.is_object());
}

// Bytes that are a message's whole body (an object's, a function's payload) are text in a task.
bool is_body(const cloud::Member& member) {
    return member.shape->kind == ShapeKind::Blob && member.location == cloud::Location::Payload;
}

Json body_text(const std::string& encoded) {
    const auto bytes = base64_decode(encoded);
    return bytes && is_utf8(*bytes) ? *bytes : encoded;
}

}  // namespace

Json to_service_members(const Json& value, const Shape& shape) {
    if (holds_elements(value, shape)) return convert_elements(value, shape, to_service_members);
    if (shape.kind == ShapeKind::Structure && value.is_object()) {
        Json result = Json::object();
        for (const auto& [name, part] : value.items()) {
            std::string spelt = name;
            if (shape.member(spelt) == nullptr) spelt = with_first(name, std::tolower);
            if (shape.member(spelt) == nullptr) spelt = with_first(name, std::toupper);
            const cloud::Member* member = shape.member(spelt);
            result[member == nullptr ? name : spelt] =
                member == nullptr  ? part
                : is_body(*member) ? Json(base64_encode(part.is_string() ? part.get<std::string>()
                                                                         : to_text(part)))
                                   : to_service_members(part, *member->shape);
        }
        return result;
    }
    if (shape.kind == ShapeKind::String && value.is_structured()) return to_text(value);
    if (shape.kind == ShapeKind::Timestamp && value.is_string())
        if (const auto time = parse_iso8601(value.get_ref<const std::string&>()))
            return to_epoch_seconds(*time);
    return value;
}

Json to_task_members(const Json& value, const Shape& shape) {
    if (holds_elements(value, shape)) return convert_elements(value, shape, to_task_members);
    if (shape.kind == ShapeKind::Structure && value.is_object()) {
        Json result = Json::object();
        for (const auto& [name, part] : value.items()) {
            const cloud::Member* member = shape.member(name);
            result[member == nullptr ? name : with_first(name, std::toupper)] =
                member == nullptr ? part
                : is_body(*member) && part.is_string()
                    ? body_text(part.get_ref<const std::string&>())
                    : to_task_members(part, *member->shape);
        }
        return result;
    }
    if (shape.kind == ShapeKind::Timestamp && value.is_number()) {
        const Time time = from_epoch_seconds(value.get<double>());
        const bool whole = time == std::chrono::floor<std::chrono::seconds>(time);
        return whole ? to_iso8601(time) : to_iso8601_millis(time);
    }
    return value;
}

}  // namespace lifeboat::flow

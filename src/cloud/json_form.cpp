#include "cloud/json_form.h"

#include "base/json.h"
#include "cloud/wire_text.h"

namespace lifeboat::cloud {
namespace {

enum class Direction { ToWire, FromWire };

void convert(const Shape& shape, Json& value, Direction direction);

void convert_timestamp(const Shape& shape, Json& value, Direction direction) {
    if (direction == Direction::ToWire) {
        if (value.is_number() && shape.timestamp_format != TimestampFormat::Default &&
            shape.timestamp_format != TimestampFormat::EpochSeconds)
            value = timestamp_text(value.get<double>(), shape.timestamp_format);
    } else if (value.is_string()) {
        if (const auto time = parse_timestamp(value.get_ref<const std::string&>())) value = *time;
    }
}

void drop_nulls(Json& object) {
    for (auto it = object.begin(); it != object.end();)
        it = it->is_null() ? object.erase(it) : std::next(it);
}

void convert_structure(const Shape& shape, Json& value, Direction direction) {
    if (!value.is_object()) return;
    drop_nulls(value);
    for (const Member& member : shape.members) {
        const std::string& from =
            direction == Direction::ToWire ? member.name : member.location_name;
        const std::string& to = direction == Direction::ToWire ? member.location_name : member.name;
        const auto it = value.find(from);
        if (it == value.end()) continue;
        convert(*member.shape, *it, direction);
        if (from == to) continue;
        Json moved = std::move(*it);
        value.erase(it);
        value[to] = std::move(moved);
    }
}

void convert(const Shape& shape, Json& value, Direction direction) {
    switch (shape.kind) {
        case ShapeKind::Timestamp:
            convert_timestamp(shape, value, direction);
            break;
        case ShapeKind::Structure:
            convert_structure(shape, value, direction);
            break;
        case ShapeKind::List:
            if (value.is_array())
                for (Json& element : value)
                    convert(*shape.element, element, direction);
            break;
        case ShapeKind::Map:
            if (!value.is_object()) break;
            drop_nulls(value);
            for (Json& element : value)
                convert(*shape.element, element, direction);
            break;
        default:
            break;
    }
}

}  // namespace

void to_json_form(const Shape& shape, Json& value) {
    convert(shape, value, Direction::ToWire);
}

void from_json_form(const Shape& shape, Json& value) {
    convert(shape, value, Direction::FromWire);
}

void drop_unknown_members(const Shape& shape, Json& value) {
    if (shape.kind == ShapeKind::Structure && value.is_object()) {
        for (auto it = value.begin(); it != value.end();) {
            const Member* member = shape.member(it.key());
            if (member == nullptr) {
                it = value.erase(it);
                continue;
            }
            drop_unknown_members(*member->shape, *it);
            ++it;
        }
    } else if ((shape.kind == ShapeKind::List && value.is_array()) ||
               (shape.kind == ShapeKind::Map && value.is_object())) {
        for (Json& element : value)
            drop_unknown_members(*shape.element, element);
    }
}

}  // namespace lifeboat::cloud

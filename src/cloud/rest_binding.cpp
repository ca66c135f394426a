#include "cloud/rest_binding.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "cloud/codec.h"
#include "cloud/wire_text.h"

namespace lifeboat::cloud {
namespace {

const Json* present(const Json& value, const Member& member) {
    const Json* found = find(value, member.name);
    return found == nullptr || found->is_null() ? nullptr : found;
}

const Member* label_member(const Shape& shape, std::string_view label) {
    for (const Member& member : shape.members)
        if (member.location == Location::Uri && member.location_name == label) return &member;
    return nullptr;
}

void add_parameter(std::string& query, std::string_view name, std::string_view value) {
    if (!query.empty()) query += '&';
    ((query += percent_encode(name)) += '=') += percent_encode(value);
}

std::string query_text(const OperationModel& operation, const Json& request) {
    std::string query(query_of(operation.uri));
    std::vector<std::string_view> named;
    for (const Member& member : operation.input->members) {
        if (member.location != Location::Query) continue;
        const Json* value = present(request, member);
        if (value == nullptr || member.shape->kind == ShapeKind::Map) continue;
        named.push_back(member.location_name);
        if (member.shape->kind != ShapeKind::List) {
            add_parameter(query, member.location_name,
                          scalar_text(*member.shape, *value, TimestampFormat::Iso8601));
            continue;
        }
        for (const Json& element : *value)
            if (!element.is_null())
                add_parameter(
                    query, member.location_name,
                    scalar_text(*member.shape->element, element, TimestampFormat::Iso8601));
    }
    for (const Member& member : operation.input->members) {
        if (member.location != Location::Query || member.shape->kind != ShapeKind::Map) continue;
        const Json* map = present(request, member);
        if (map == nullptr) continue;
        for (const auto& [name, value] : map->items()) {
            if (std::find(named.begin(), named.end(), name) != named.end()) continue;
            if (value.is_array())
                for (const Json& one : value)
                    add_parameter(
                        query, name,
                        scalar_text(*member.shape->element, one, TimestampFormat::Iso8601));
            else if (!value.is_null())
                add_parameter(query, name,
                              scalar_text(*member.shape->element, value, TimestampFormat::Iso8601));
        }
    }
    return query;
}

struct Match {
    std::size_t literal = 0;  // characters of the template that are not labels
    std::vector<std::pair<std::string, std::string>> labels;
};

// One slash at either end means nothing; further ones are empty segments, as keys of S3 have them.
std::vector<std::string_view> segments(std::string_view path) {
    std::vector<std::string_view> parts;
    if (!path.empty() && path.front() == '/') path.remove_prefix(1);
    if (!path.empty() && path.back() == '/') path.remove_suffix(1);
    if (path.empty()) return parts;
    while (true) {
        const auto slash = path.find('/');
        parts.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return parts;
        path.remove_prefix(slash + 1);
    }
}

std::string joined(const std::vector<std::string_view>& parts, std::size_t from, std::size_t to) {
    std::string out;
    for (std::size_t i = from; i < to; ++i)
        (out += i == from ? "" : "/") += parts[i];
    return out;
}

bool has_static_query(const OperationModel& operation, std::string_view target) {
    const QueryParameters wanted = parse_query(query_of(operation.uri), Plus::Literal);
    if (wanted.empty()) return true;
    const QueryParameters given = parse_query(query_of(target), Plus::Literal);
    return std::all_of(wanted.begin(), wanted.end(), [&](const auto& parameter) {
        return std::find(given.begin(), given.end(), parameter) != given.end();
    });
}

bool has_parameter(const QueryParameters& parameters, std::string_view name) {
    return std::any_of(parameters.begin(), parameters.end(),
                       [&](const auto& parameter) { return parameter.first == name; });
}

// How many of the parameters and headers an operation requires are there; -1: one is missing.
// S3 has operations that differ in nothing else.
int required_parameters(const OperationModel& operation, const QueryParameters& given,
                        const HttpHeaders& headers) {
    int present_ones = 0;
    for (const Member& member : operation.input->members) {
        if (!member.required) continue;
        if (member.location == Location::Query) {
            if (!has_parameter(given, member.location_name)) return -1;
            ++present_ones;
        } else if (member.location == Location::Header) {
            if (headers.find(member.location_name) == nullptr) return -1;
            ++present_ones;
        }
    }
    return present_ones;
}

bool covers_subresources(const ServiceModel& service, const OperationModel& operation,
                         const QueryParameters& given) {
    if (service.subresources().empty()) return true;
    const QueryParameters own = parse_query(query_of(operation.uri), Plus::Literal);
    for (const std::string& name : service.subresources())
        if (has_parameter(given, name) && !has_parameter(own, name)) return false;
    return true;
}

std::optional<Match> match_path(std::string_view pattern, std::string_view path) {
    const auto wanted = segments(path_of(pattern));
    const auto given = segments(path_of(path));
    Match match;
    std::size_t at = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const std::string_view part = wanted[i];
        if (part.size() < 3 || part.front() != '{' || part.back() != '}') {
            if (at >= given.size() || given[at] != part) return std::nullopt;
            match.literal += part.size();
            ++at;
            continue;
        }
        std::string name(part.substr(1, part.size() - 2));
        std::size_t end = at + 1;
        const bool greedy = name.back() == '+';
        if (greedy) {
            name.pop_back();
            const std::size_t after = wanted.size() - i - 1;
            if (given.size() < at + 1 + after) return std::nullopt;
            end = given.size() - after;
        }
        if (end > given.size()) return std::nullopt;
        std::string text = joined(given, at, end);
        if (greedy && end == given.size() && path_of(path).back() == '/') text += '/';
        if (text.empty()) return std::nullopt;
        match.labels.emplace_back(std::move(name), percent_decode(text));
        at = end;
    }
    if (at != given.size()) return std::nullopt;
    return match;
}

}  // namespace

std::string rest_target(const OperationModel& operation, const Json& request) {
    std::string target;
    std::string_view pattern = path_of(operation.uri);
    while (!pattern.empty()) {
        const auto open = pattern.find('{');
        target += pattern.substr(0, open);
        if (open == std::string_view::npos) break;
        const auto close = pattern.find('}', open);
        std::string_view label = pattern.substr(open + 1, close - open - 1);
        pattern.remove_prefix(close + 1);
        const bool greedy = label.ends_with('+');
        if (greedy) label.remove_suffix(1);
        const Member* member = label_member(*operation.input, label);
        const Json* value = member == nullptr ? nullptr : present(request, *member);
        const std::string text =
            value == nullptr ? "" : scalar_text(*member->shape, *value, TimestampFormat::Iso8601);
        if (text.empty())
            throw Error(ErrorCategory::InvalidInput, "ValidationException",
                        operation.name + " needs '" + (member ? member->name : std::string(label)) +
                            "' in its path, and it is missing or empty");
        target += percent_encode(text, greedy ? "/" : "");
    }
    const std::string query = query_text(operation, request);
    return query.empty() ? target : target + "?" + query;
}

void put_header_members(const Shape& shape, const Json& value, HttpHeaders& headers) {
    for (const Member& member : shape.members) {
        if (member.location != Location::Header) continue;
        const Json* header = present(value, member);
        if (header == nullptr) continue;
        if (member.shape->kind == ShapeKind::Map) {
            for (const auto& [name, text] : header->items())
                headers.set(member.location_name + name,
                            scalar_text(*member.shape->element, text, TimestampFormat::Rfc822));
        } else if (member.shape->kind == ShapeKind::List) {
            headers.set(member.location_name, header_list_text(*member.shape, *header));
        } else {
            headers.set(member.location_name,
                        scalar_text(*member.shape, *header, TimestampFormat::Rfc822));
        }
    }
}

void read_target_members(const OperationModel& operation, std::string_view target, Json& value) {
    if (const auto match = match_path(operation.uri, target))
        for (const auto& [label, text] : match->labels)
            if (const Member* member = label_member(*operation.input, label))
                value[member->name] = scalar_from_text(*member->shape, text);

    const QueryParameters fixed = parse_query(query_of(operation.uri), Plus::Literal);
    for (auto& [name, text] : parse_query(query_of(target), Plus::Space)) {
        const Member* rest = nullptr;
        const Member* own = nullptr;
        for (const Member& member : operation.input->members) {
            if (member.location != Location::Query) continue;
            if (member.shape->kind == ShapeKind::Map)
                rest = &member;
            else if (member.location_name == name)
                own = &member;
        }
        if (own != nullptr && own->shape->kind == ShapeKind::List)
            value[own->name].push_back(scalar_from_text(*own->shape->element, text));
        else if (own != nullptr)
            value[own->name] = scalar_from_text(*own->shape, text);
        else if (rest != nullptr && rest->shape->element->kind == ShapeKind::List)
            value[rest->name][name].push_back(
                scalar_from_text(*rest->shape->element->element, text));
        else if (rest != nullptr &&
                 std::find(fixed.begin(), fixed.end(), std::pair(name, text)) == fixed.end())
            value[rest->name][name] = scalar_from_text(*rest->shape->element, text);
    }
}

void read_header_members(const Shape& shape, const HttpHeaders& headers, Json& value) {
    for (const Member& member : shape.members) {
        if (member.location != Location::Header) continue;
        if (member.shape->kind == ShapeKind::Map) {
            const std::string& prefix = member.location_name;
            for (const HttpHeader& header : headers)
                if (header.name.size() > prefix.size() &&
                    equal_ignoring_case(header.name.substr(0, prefix.size()), prefix))
                    value[member.name][header.name.substr(prefix.size())] = header.value;
            continue;
        }
        const std::string* text = headers.find(member.location_name);
        if (text == nullptr) continue;
        if (member.shape->kind == ShapeKind::List) {
            Json list = Json::array();
            for (const std::string& part : split_header_list(*member.shape, *text))
                list.push_back(scalar_from_text(*member.shape->element, part));
            value[member.name] = std::move(list);
        } else {
            value[member.name] = scalar_from_text(*member.shape, *text);
        }
    }
}

const Member* payload_member(const Shape& shape) {
    for (const Member& member : shape.members)
        if (member.location == Location::Payload) return &member;
    return nullptr;
}

bool is_raw(const Member& payload) {
    return payload.shape->kind == ShapeKind::Blob || payload.shape->kind == ShapeKind::String;
}

std::string raw_payload(const Member& payload, const Json& value) {
    if (payload.shape->kind == ShapeKind::String) return value.get<std::string>();
    if (auto bytes = base64_decode(value.get<std::string>())) return std::move(*bytes);
    throw Error(ErrorCategory::InvalidInput, "ValidationException",
                "'" + payload.name + "' is not base64 text");
}

std::string_view raw_content_type(const Member& payload) {
    return payload.shape->kind == ShapeKind::Blob ? "application/octet-stream" : "text/plain";
}

Json raw_payload_value(const Member& payload, std::string_view body) {
    return payload.shape->kind == ShapeKind::Blob ? base64_encode(body) : std::string(body);
}

bool has_body_members(const Shape& shape) {
    return std::any_of(shape.members.begin(), shape.members.end(),
                       [](const Member& member) { return member.location == Location::Body; });
}

Json body_members(const Shape& shape, Json value) {
    for (const Member& member : shape.members)
        if (member.location != Location::Body) value.erase(member.name);
    return value;
}

const OperationModel* match_operation(const ServiceModel& service, std::string_view method,
                                      std::string_view target, const HttpHeaders& headers) {
    const OperationModel* best = nullptr;
    std::pair<std::size_t, int> best_score;
    const QueryParameters given = parse_query(query_of(target), Plus::Literal);
    for (const auto& [name, operation] : service.operations()) {
        if (operation.method != method) continue;
        const auto match = match_path(operation.uri, target);
        if (!match || !has_static_query(operation, target)) continue;
        if (!covers_subresources(service, operation, given)) continue;
        const std::pair score{match->literal + query_of(operation.uri).size(),
                              required_parameters(operation, given, headers)};
        if (best != nullptr && score <= best_score) continue;
        best = &operation;
        best_score = score;
    }
    return best;
}

}  // namespace lifeboat::cloud

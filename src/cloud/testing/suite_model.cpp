#include "cloud/testing/suite_model.h"

#include "base/encoding.h"
#include "base/json.h"

namespace lifeboat::cloud::testing {
namespace {

std::string protocol_name(const Json& metadata) {
    const std::string protocol = metadata["protocol"];
    return protocol == "json" ? "json-" + metadata["jsonVersion"].get<std::string>() : protocol;
}

// As the notation has it: "uri" or "prefix uri".
std::string namespace_of(const Json& traits) {
    const Json* found = find(traits, "xmlNamespace");
    if (found == nullptr) return "";
    if (found->is_string()) return found->get<std::string>();
    const std::string prefix = string_or(*found, "prefix", "");
    return (prefix.empty() ? "" : prefix + " ") + (*found)["uri"].get<std::string>();
}

std::string plain_type(const std::string& type) {
    if (type == "float") return "double";
    if (type == "short" || type == "byte") return "integer";
    return type;
}

class Translation {
  public:
    explicit Translation(const Json& shapes) : shapes_(shapes) {}

    // The name of the translated shape that a reference with these traits means.
    std::string reference(const Json& ref) {
        const std::string name = ref["shape"];
        const Json& shape = shapes_[name];
        std::string made = name;
        const std::string format =
            string_or(ref, "timestampFormat", string_or(shape, "timestampFormat", ""));
        const bool flat = bool_or(ref, "flattened", bool_or(shape, "flattened", false));
        if (!format.empty()) made += "_" + format;
        if (flat) made += "_flat";
        const std::string xmlns =
            namespace_of(ref).empty() ? namespace_of(shape) : namespace_of(ref);
        if (!xmlns.empty()) made += "_in_" + xmlns;
        // "String" in the suites is a shape; the notation's plain types are lower case.
        made = "S" + made;
        if (!out_.contains(made)) {
            out_[made] = nullptr;  // entered first: shapes refer to themselves
            out_[made] = translate(shape, format, flat);
            if (!xmlns.empty()) out_[made]["xmlns"] = xmlns;
            if (shape["type"] == "structure")
                out_[made]["element"] = string_or(shape, "locationName", name);
        }
        return made;
    }

    Json members(const Json& shape) {
        Json all = Json::object();
        for (const auto& [name, ref] : shape["members"].items()) {
            Json member = {{"is", reference(ref)}};
            const std::string location = string_or(ref, "location", "");
            if (location == "uri") member["in"] = "uri";
            if (location == "querystring") member["in"] = "query";
            if (location == "header" || location == "headers") member["in"] = "header";
            if (location == "statusCode") member["in"] = "status";
            if (string_or(shape, "payload", "") == name) member["in"] = "payload";
            if (const Json* as = find(ref, "locationName")) member["as"] = *as;
            if (const Json* query = find(ref, "queryName")) member["query"] = *query;
            if (bool_or(ref, "idempotencyToken", false)) member["token"] = true;
            if (bool_or(ref, "xmlAttribute", false)) member["attribute"] = true;
            all[name] = member;
        }
        return all;
    }

    void name_element(const std::string& shape, const std::string& element) {
        out_[shape]["element"] = element;
    }

    Json shapes() const { return out_; }

  private:
    Json translate(const Json& shape, const std::string& format, bool flat) {
        const std::string type = shape["type"];
        if (bool_or(shape, "document", false)) return Json{{"type", "document"}};
        if (type == "structure") return Json{{"type", "structure"}, {"members", members(shape)}};
        if (type == "list") {
            Json list = {{"type", "list"}, {"of", reference(shape["member"])}, {"flat", flat}};
            if (const Json* name = find(shape["member"], "locationName")) list["item"] = *name;
            return list;
        }
        if (type == "map") {
            Json map = {{"type", "map"}, {"of", reference(shape["value"])}, {"flat", flat}};
            if (const Json* name = find(shape["key"], "locationName")) map["key"] = *name;
            if (const Json* name = find(shape["value"], "locationName")) map["value"] = *name;
            map["key_xmlns"] = namespace_of(shape["key"]);
            return map;
        }
        Json scalar = {{"type", plain_type(type)}};
        if (format == "iso8601" || format == "rfc822") scalar["format"] = format;
        if (format == "unixTimestamp") scalar["format"] = "epoch";
        return scalar;
    }

    const Json& shapes_;
    Json out_ = Json::object();
};

}  // namespace

std::string suite_model_text(const Json& group, const Json& test) {
    const Json& metadata = group["metadata"];
    const Json& given = test["given"];
    Translation translation(group["shapes"]);
    Json operation = {{"method", given["http"]["method"]},
                      {"uri", given["http"]["requestUri"]},
                      {"http", integer_or(given["http"], "responseCode", 200)}};
    for (const auto& [from, to] : {std::pair("input", "in"), std::pair("output", "out")})
        if (const Json* ref = find(given, from)) {
            if (string_or(metadata, "protocol", "") == "rest-xml") {
                Json rooted = *ref;
                const Json& shape = group["shapes"][(*ref)["shape"].get<std::string>()];
                const std::string own = string_or(shape, "locationName", "");
                operation[to] = translation.reference(rooted);
                const std::string called = own.empty() ? string_or(*ref, "locationName", "") : own;
                if (!called.empty()) translation.name_element(operation[to], called);
                continue;
            }
            operation[to] =
                translation.members(group["shapes"][(*ref)["shape"].get<std::string>()]);
        }
    Json model = {{"id", "Suite"},
                  {"protocol", protocol_name(metadata)},
                  {"version", metadata["apiVersion"]},
                  {"target", string_or(metadata, "targetPrefix", "")},
                  {"endpoint", "suite"},
                  {"query_compatible", metadata.contains("awsQueryCompatible")},
                  {"shapes", translation.shapes()},
                  {"operations", {{given["name"].get<std::string>(), operation}}}};
    return model.dump();
}

Json with_encoded_blobs(const Shape& shape, Json value) {
    if (shape.kind == ShapeKind::Blob && value.is_string())
        return base64_encode(value.get<std::string>());
    if (shape.kind == ShapeKind::Structure && value.is_object())
        for (const Member& member : shape.members)
            if (value.contains(member.name))
                value[member.name] = with_encoded_blobs(*member.shape, value[member.name]);
    if ((shape.kind == ShapeKind::List && value.is_array()) ||
        (shape.kind == ShapeKind::Map && value.is_object()))
        for (Json& element : value)
            element = with_encoded_blobs(*shape.element, element);
    return value;
}

}  // namespace lifeboat::cloud::testing

#include "cloud/model.h"

#include <mutex>
#include <utility>

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::embedded {
extern const std::map<std::string, std::string_view> kServiceModels;
}

namespace lifeboat::cloud {
namespace {

struct PlainType {
    std::string_view name;
    ShapeKind kind;
};
constexpr PlainType kPlainTypes[] = {
    {"string", ShapeKind::String},       {"blob", ShapeKind::Blob},
    {"boolean", ShapeKind::Boolean},     {"integer", ShapeKind::Integer},
    {"long", ShapeKind::Long},           {"double", ShapeKind::Double},
    {"timestamp", ShapeKind::Timestamp}, {"document", ShapeKind::Document},
};

Protocol parse_protocol(const std::string& name) {
    if (name == "json-1.0") return Protocol::Json10;
    if (name == "json-1.1") return Protocol::Json11;
    if (name == "rest-json") return Protocol::RestJson;
    if (name == "rest-xml") return Protocol::RestXml;
    if (name == "query") return Protocol::Query;
    if (name == "ec2") return Protocol::Ec2;
    throw Error(ErrorCategory::Internal, "InvalidModel", "unknown protocol '" + name + "'");
}

}  // namespace

const Member* Shape::member(std::string_view wanted) const {
    for (const Member& member : members)
        if (member.name == wanted) return &member;
    return nullptr;
}

// Turns the notation of models/README.md into shapes. Named shapes may refer to each other in any
// order and in circles (DynamoDB's AttributeValue), so each is entered before its parts are read.
class ServiceModel::Builder {
  public:
    Builder(ServiceModel& model, const Json& text) : model_(model) {
        if (const Json* shapes = find(text, "shapes")) definitions_ = *shapes;
    }

    const Shape* reference(std::string text, bool* required = nullptr) {
        if (!text.empty() && text.back() == '!') {
            text.pop_back();
            if (required != nullptr) *required = true;
        }
        if (const auto it = named_.find(text); it != named_.end()) return it->second;
        if (text.size() > 2 && text.front() == '[' && text.back() == ']')
            return container(ShapeKind::List, text);
        if (text.size() > 2 && text.front() == '{' && text.back() == '}')
            return container(ShapeKind::Map, text);
        for (const PlainType& plain : kPlainTypes)
            if (plain.name == text) {
                Shape* shape = make(text, text);
                shape->kind = plain.kind;
                return shape;
            }
        const Json* definition = find(definitions_, text);
        if (definition == nullptr) fail("no shape '" + text + "'");
        if (definition->is_string()) return reference(definition->get<std::string>());
        Shape* shape = make(text, text);
        fill(*shape, *definition);
        return shape;
    }

    const Shape* structure(const std::string& name, const Json& members,
                           const std::string& element) {
        if (members.is_string()) return reference(members.get<std::string>());
        Shape* shape = make(name, "");
        shape->xml_name = element;
        shape->kind = ShapeKind::Structure;
        fill_members(*shape, members);
        return shape;
    }

  private:
    [[noreturn]] void fail(const std::string& problem) const {
        throw Error(ErrorCategory::Internal, "InvalidModel",
                    "model of '" + model_.name_ + "': " + problem);
    }

    Shape* make(const std::string& name, const std::string& key) {
        model_.shapes_.push_back(std::make_unique<Shape>());
        Shape* shape = model_.shapes_.back().get();
        shape->name = name;
        if (!key.empty()) named_[key] = shape;
        return shape;
    }

    const Shape* container(ShapeKind kind, const std::string& text) {
        Shape* shape = make(text, text);
        shape->kind = kind;
        shape->element = reference(text.substr(1, text.size() - 2));
        shape->key_name = "key";
        shape->value_name = "value";
        return shape;
    }

    void fill(Shape& shape, const Json& definition) {
        const std::string type = string_or(definition, "type", "");
        if (const Json* minimum = find(definition, "min")) shape.minimum = minimum->get<double>();
        if (const Json* maximum = find(definition, "max")) shape.maximum = maximum->get<double>();
        shape.sensitive = bool_or(definition, "sensitive", false);
        shape.xml_name = string_or(definition, "element", "");
        shape.xmlns = string_or(definition, "xmlns", "");
        shape.key_xmlns = string_or(definition, "key_xmlns", "");
        if (type == "structure") {
            shape.kind = ShapeKind::Structure;
            fill_members(shape, require(definition, "members"));
        } else if (type == "list" || type == "map") {
            shape.kind = type == "list" ? ShapeKind::List : ShapeKind::Map;
            shape.element = reference(require_string(definition, "of"));
            shape.element_name = string_or(definition, "item", "");
            shape.key_name = string_or(definition, "key", "key");
            shape.value_name = string_or(definition, "value", "value");
            shape.flattened = bool_or(definition, "flat", false);
        } else {
            bool known = false;
            for (const PlainType& plain : kPlainTypes)
                if (plain.name == type) {
                    shape.kind = plain.kind;
                    known = true;
                }
            if (!known) fail("shape '" + shape.name + "' has the unknown type '" + type + "'");
        }
        if (const Json* values = find(definition, "enum"))
            shape.values = values->get<std::vector<std::string>>();
        shape.pattern = string_or(definition, "pattern", "");
        if (!shape.pattern.empty()) {
            try {
                shape.matcher = std::make_shared<const std::regex>(
                    shape.pattern, std::regex::ECMAScript | std::regex::optimize);
            } catch (const std::regex_error& e) {
                fail("pattern of '" + shape.name + "': " + e.what());
            }
        }
        const std::string format = string_or(definition, "format", "");
        if (format == "epoch") shape.timestamp_format = TimestampFormat::EpochSeconds;
        if (format == "iso8601") shape.timestamp_format = TimestampFormat::Iso8601;
        if (format == "rfc822") shape.timestamp_format = TimestampFormat::Rfc822;
    }

    void fill_members(Shape& shape, const Json& members) {
        for (const auto& [name, text] : members.items()) {
            Member member;
            member.name = name;
            member.location_name = name;
            const bool plain = text.is_string();
            member.shape = reference(plain ? text.get<std::string>() : require_string(text, "is"),
                                     &member.required);
            if (!plain) {
                const std::string location = string_or(text, "in", "body");
                if (location == "uri")
                    member.location = Location::Uri;
                else if (location == "query")
                    member.location = Location::Query;
                else if (location == "header")
                    member.location = Location::Header;
                else if (location == "payload")
                    member.location = Location::Payload;
                else if (location == "status")
                    member.location = Location::Status;
                else if (location != "body")
                    fail("'" + name + "' travels in unknown '" + location + "'");
                member.location_name = string_or(text, "as", name);
                member.query_name = string_or(text, "query", "");
                member.idempotency_token = bool_or(text, "token", false);
                member.xml_attribute = bool_or(text, "attribute", false);
            }
            shape.members.push_back(std::move(member));
        }
    }

    ServiceModel& model_;
    Json definitions_ = Json::object();
    std::map<std::string, Shape*, std::less<>> named_;
};

ServiceModel::ServiceModel(std::string_view name, std::string_view text) : name_(name) {
    const Json model = parse_json(text, "the model of " + name_);
    service_id_ = require_string(model, "id");
    protocol_ = parse_protocol(require_string(model, "protocol"));
    api_version_ = require_string(model, "version");
    target_prefix_ = string_or(model, "target", "");
    endpoint_prefix_ = require_string(model, "endpoint");
    fips_endpoint_prefix_ = string_or(model, "fips_endpoint", endpoint_prefix_ + "-fips");
    gov_is_fips_ = bool_or(model, "gov_is_fips", false);
    signing_name_ = string_or(model, "signing", endpoint_prefix_);
    event_source_ = string_or(model, "source", signing_name_ + ".amazonaws.com");
    query_compatible_ = bool_or(model, "query_compatible", false);
    xmlns_ = string_or(model, "xmlns", "");
    bare_errors_ = bool_or(model, "bare_errors", false);
    if (const Json* names = find(model, "subresources"))
        subresources_ = names->get<std::vector<std::string>>();

    Builder builder(*this, model);
    for (const auto& [operation_name, data] : require(model, "operations").items()) {
        OperationModel operation;
        operation.name = operation_name;
        operation.method = string_or(data, "method", "POST");
        operation.uri = string_or(data, "uri", "/");
        operation.http_code = static_cast<int>(integer_or(data, "http", 200));
        operation.read_only = bool_or(data, "read", false);
        operation.checksum_required = bool_or(data, "checksum", false);
        operation.is_unsigned = bool_or(data, "unsigned", false);
        operation.host_prefix = string_or(data, "host_prefix", "");
        operation.unwrapped_output = bool_or(data, "unwrapped", false);
        const Json none = Json::object();
        const Json* in = find(data, "in");
        const Json* out = find(data, "out");
        operation.input = builder.structure(operation_name + "Request", in ? *in : none,
                                            string_or(data, "in_element", ""));
        operation.output = builder.structure(operation_name + "Response", out ? *out : none,
                                             string_or(data, "out_element", ""));
        if (const Json* pages = find(data, "pages"))
            operation.pages = Pages{pages->at(0), pages->at(1), pages->at(2), pages->at(3)};
        operations_.emplace(operation_name, std::move(operation));
    }
    if (const Json* errors = find(model, "errors"))
        for (const auto& [code, data] : errors->items()) {
            ErrorModel error;
            error.http_code = static_cast<int>(integer_or(data, "http", 400));
            error.wire_code = string_or(data, "code", code);
            error.sender_fault = string_or(data, "fault", "sender") == "sender";
            errors_.emplace(code, std::move(error));
        }
}

ServiceModel::~ServiceModel() = default;

bool ServiceModel::has(std::string_view operation) const {
    return operations_.find(operation) != operations_.end();
}

const OperationModel& ServiceModel::operation(std::string_view wanted) const {
    const auto it = operations_.find(wanted);
    if (it == operations_.end())
        throw Error(ErrorCategory::Unsupported, "UnknownOperationException",
                    "the operation '" + std::string(wanted) + "' of the service '" + name_ +
                        "' is not offered here");
    return it->second;
}

const ErrorModel& ServiceModel::error(std::string_view code) const {
    static const ErrorModel sender{};
    static const ErrorModel server{500, "", false};
    const auto it = errors_.find(code);
    if (it != errors_.end()) return it->second;
    return code == "InternalServerError" || code == "InternalFailure" || code == "InternalException"
               ? server
               : sender;
}

std::string ServiceModel::error_code(std::string_view wire_code) const {
    for (const auto& [code, error] : errors_)
        if (error.wire_code == wire_code) return code;
    return std::string(wire_code);
}

namespace {

struct LazyModel {
    std::string_view text;
    std::once_flag once;
    std::unique_ptr<ServiceModel> model;
};

std::map<std::string, LazyModel, std::less<>>& lazy_models() {
    static auto models = [] {
        std::map<std::string, LazyModel, std::less<>> made;
        for (const auto& [file, text] : embedded::kServiceModels) {
            const auto slash = file.rfind('/');
            std::string name = file.substr(slash == std::string::npos ? 0 : slash + 1);
            name.resize(name.size() - std::string_view(".json").size());
            made[name].text = text;
        }
        return made;
    }();
    return models;
}

const ServiceModel& read(const std::string& name, LazyModel& lazy) {
    std::call_once(lazy.once,
                   [&] { lazy.model = std::make_unique<ServiceModel>(name, lazy.text); });
    return *lazy.model;
}

}  // namespace

const std::map<std::string, const ServiceModel*, std::less<>>& service_models() {
    static const auto models = [] {
        std::map<std::string, const ServiceModel*, std::less<>> made;
        for (auto& [name, lazy] : lazy_models())
            made.emplace(name, &read(name, lazy));
        return made;
    }();
    return models;
}

const ServiceModel& service_model(std::string_view service) {
    auto& models = lazy_models();
    const auto it = models.find(service);
    if (it == models.end())
        throw Error(ErrorCategory::Unsupported, "UnknownServiceException",
                    "the service '" + std::string(service) + "' is not known here");
    return read(it->first, it->second);
}

}  // namespace lifeboat::cloud

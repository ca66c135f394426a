#include "local/ssm/service.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "local/page_token.h"
#include "local/site.h"
#include "local/ssm/filters.h"
#include "local/ssm/parameter.h"
#include "local/ssm/value_key.h"
#include "local/ssm/value_pattern.h"

namespace lifeboat::local {
namespace ssm {
namespace {

constexpr std::size_t kStandardBytes = 4096;
constexpr std::size_t kAdvancedBytes = 8192;
constexpr std::int64_t kMostTags = 50;

Error refused(const char* code, const std::string& message) {
    return Error(ErrorCategory::InvalidInput, code, message);
}

// Where the page of a request starts: the position its token holds.
std::string start_of(const std::string& scope, const Json& request) {
    const auto token = find_string(request, "NextToken");
    if (!token) return "";
    const auto position = page_position(scope, *token);
    if (!position) throw refused("InvalidNextToken", "The specified token isn't valid.");
    return *position;
}

std::string sealing_context(const Parameter& parameter) {
    return parameter.name + ":" + std::to_string(parameter.version);
}

class SsmService final : public Service {
  public:
    explicit SsmService(Site& site)
        : site_(site),
          key_(site.data / "ssm.key", site.random),
          quota_(site.settings.integer("ssm.parameter_quota", 10'000)) {}

    std::string_view name() const override { return "ssm"; }
    std::vector<std::string> schema() const override { return parameter_schema(); }
    std::vector<Operation> operations() override;

  private:
    Json put(Transaction& tx, const Json& request, const Caller& caller);
    Json get(Transaction& tx, const Json& request, const Caller&);
    Json get_several(Transaction& tx, const Json& request, const Caller&);
    Json get_by_path(Transaction& tx, const Json& request, const Caller&);
    Json describe(Transaction& tx, const Json& request, const Caller&);
    Json history(Transaction& tx, const Json& request, const Caller&);
    Json remove(Transaction& tx, const Json& request, const Caller&);
    Json remove_several(Transaction& tx, const Json& request, const Caller&);
    Json add_tags(Transaction& tx, const Json& request, const Caller&);
    Json list_tags(Transaction& tx, const Json& request, const Caller&);
    Json remove_tags(Transaction& tx, const Json& request, const Caller&);

    Parameter selected(Transaction& tx, const std::string& text, std::string& selector);
    std::string value_of(const Parameter& parameter, const Json& request);
    Json with_value(const Parameter& parameter, const Json& request);
    Json metadata(const Parameter& parameter);
    void set_tags(Transaction& tx, const std::string& parameter, const Json& tags);
    std::string tagged(Transaction& tx, const Json& request);

    Site& site_;
    ValueKey key_;
    std::int64_t quota_;
};

std::vector<Operation> SsmService::operations() {
    const auto bind = [this](auto method) {
        return [this, method](Transaction& tx, const Json& request, const Caller& caller) {
            return (this->*method)(tx, request, caller);
        };
    };
    return {
        writes("PutParameter", bind(&SsmService::put)),
        reads("GetParameter", bind(&SsmService::get)),
        reads("GetParameters", bind(&SsmService::get_several)),
        reads("GetParametersByPath", bind(&SsmService::get_by_path)),
        reads("DescribeParameters", bind(&SsmService::describe)),
        reads("GetParameterHistory", bind(&SsmService::history)),
        writes("DeleteParameter", bind(&SsmService::remove)),
        writes("DeleteParameters", bind(&SsmService::remove_several)),
        writes("AddTagsToResource", bind(&SsmService::add_tags)),
        reads("ListTagsForResource", bind(&SsmService::list_tags)),
        writes("RemoveTagsFromResource", bind(&SsmService::remove_tags)),
    };
}

void refuse_what_is_not_offered(const Json& request) {
    if (find(request, "Policies") != nullptr)
        throw refused("InvalidPolicyTypeException",
                      "The local cloud does not carry out parameter policies: leave out Policies.");
    if (const auto type = find_string(request, "DataType"); type && *type != "text")
        throw refused("ValidationException",
                      "The local cloud offers the data type text only, not '" + *type + "'.");
    if (const auto key = find_string(request, "KeyId"); key && *key != kDefaultKey)
        throw refused("InvalidKeyId", "The local cloud has no KMS key '" + *key + "'; it has " +
                                          std::string(kDefaultKey) + ".");
}

// A parameter's tier when `wanted` is asked for: Intelligent-Tiering takes Advanced where needed.
std::string tier_for(const std::string& wanted, const std::string& current, std::size_t bytes) {
    std::string tier = wanted.empty() ? current : wanted;
    if (tier == "Intelligent-Tiering")
        tier = bytes > kStandardBytes || current == "Advanced" ? "Advanced" : "Standard";
    if (tier.empty()) tier = "Standard";
    if (tier == "Standard" && current == "Advanced")
        throw refused("ValidationException",
                      "This parameter uses the advanced-parameter tier. You can't downgrade it to "
                      "the standard-parameter tier.");
    const bool is_advanced = tier == "Advanced";
    if (bytes > (is_advanced ? kAdvancedBytes : kStandardBytes))
        throw refused("ValidationException",
                      std::string(is_advanced ? "Advanced" : "Standard") +
                          " tier parameters support a maximum parameter value of " +
                          std::to_string(is_advanced ? kAdvancedBytes : kStandardBytes) +
                          " characters.");
    return tier;
}

Json SsmService::put(Transaction& tx, const Json& request, const Caller& caller) {
    refuse_what_is_not_offered(request);
    Parameter next;
    next.name = require_string(request, "Name");
    // The name of an existing parameter may be given as its ARN.
    if (next.name.starts_with("arn:"))
        next.name = select_parameter(tx, site_.place, next.name).name;
    check_parameter_name(next.name);
    const std::string value = string_or(request, "Value", "");
    if (value.empty())
        throw refused("ValidationException",
                      "1 validation error detected: Value '' at 'value' failed to satisfy "
                      "constraint: Member must have length greater than or equal to 1");
    const auto previous = latest_version(tx, next.name);
    const bool overwrites = bool_or(request, "Overwrite", false);
    if (previous && !overwrites)
        throw Error(ErrorCategory::AlreadyExists, "ParameterAlreadyExists",
                    "The parameter already exists. To overwrite this value, set the overwrite "
                    "option in the request to true.");
    if (overwrites && find(request, "Tags") != nullptr)
        throw refused("ValidationException",
                      "Invalid request: tags and overwrite can't be used together. To add tags to "
                      "a parameter that exists, use AddTagsToResource.");
    const auto type = find_string(request, "Type");
    if (!type && !previous)
        throw refused("ValidationException",
                      "A parameter type is required when you create a parameter.");
    next.type = type ? *type : previous->type;
    if (previous && previous->type != next.type)
        throw refused("HierarchyTypeMismatchException",
                      "The type of a parameter can't be changed from " + previous->type + " to " +
                          next.type + ": create a new parameter.");
    if (find(request, "KeyId") != nullptr && !next.is_secure())
        throw refused("ValidationException", "KeyId is for parameters of type SecureString only.");
    if (!previous && quota_ > 0 && count_parameters(tx) >= quota_)
        throw refused("ParameterLimitExceeded", "You have exceeded the number of parameters: " +
                                                    std::to_string(quota_) + ".");
    next.version = previous ? previous->version + 1 : 1;
    next.tier =
        tier_for(string_or(request, "Tier", ""), previous ? previous->tier : "", value.size());
    next.description = string_or(request, "Description", previous ? previous->description : "");
    next.allowed_pattern =
        string_or(request, "AllowedPattern", previous ? previous->allowed_pattern : "");
    if (!next.allowed_pattern.empty()) check_value_pattern(next.allowed_pattern, value);
    next.modified = site_.clock.now();
    next.user = caller.arn;
    next.stored_value =
        next.is_secure() ? key_.seal(value, sealing_context(next),
                                     has_sealed_values(tx) ? MissingKey::Refuse : MissingKey::Make)
                         : value;
    add_version(tx, next);
    if (const Json* tags = find(request, "Tags")) set_tags(tx, next.name, *tags);
    return Json{{"Version", next.version}, {"Tier", next.tier}};
}

Parameter SsmService::selected(Transaction& tx, const std::string& text, std::string& selector) {
    const Selection selection = select_parameter(tx, site_.place, text);
    selector = selection.selector;
    std::optional<Parameter> found;
    if (selection.selector.empty())
        found = latest_version(tx, selection.name);
    else if (selection.version)
        found = version_of(tx, selection.name, *selection.version);
    if (!found)
        throw Error(ErrorCategory::NotFound, "ParameterVersionNotFound",
                    "Systems Manager could not find version " + selection.selector.substr(1) +
                        " of " + selection.name + ". Verify the version and try again.");
    return *std::move(found);
}

std::string SsmService::value_of(const Parameter& parameter, const Json& request) {
    if (!parameter.is_secure()) return parameter.stored_value;
    if (!bool_or(request, "WithDecryption", false)) return base64_encode(parameter.stored_value);
    return key_.open(parameter.stored_value, sealing_context(parameter));
}

Json SsmService::with_value(const Parameter& parameter, const Json& request) {
    return Json{{"Name", parameter.name},
                {"Type", parameter.type},
                {"Value", value_of(parameter, request)},
                {"Version", parameter.version},
                {"LastModifiedDate", to_epoch_seconds(parameter.modified)},
                {"ARN", parameter_arn(site_.place, parameter.name)},
                {"DataType", "text"}};
}

Json SsmService::metadata(const Parameter& parameter) {
    Json answer = {{"Name", parameter.name},
                   {"Type", parameter.type},
                   {"LastModifiedDate", to_epoch_seconds(parameter.modified)},
                   {"LastModifiedUser", parameter.user},
                   {"Version", parameter.version},
                   {"Tier", parameter.tier},
                   {"Policies", Json::array()},
                   {"DataType", "text"}};
    if (!parameter.description.empty()) answer["Description"] = parameter.description;
    if (!parameter.allowed_pattern.empty()) answer["AllowedPattern"] = parameter.allowed_pattern;
    if (parameter.is_secure()) answer["KeyId"] = std::string(kDefaultKey);
    return answer;
}

Json SsmService::get(Transaction& tx, const Json& request, const Caller&) {
    std::string selector;
    const Parameter parameter = selected(tx, require_string(request, "Name"), selector);
    Json answer = with_value(parameter, request);
    if (!selector.empty()) answer["Selector"] = selector;
    return Json{{"Parameter", std::move(answer)}};
}

Json SsmService::get_several(Transaction& tx, const Json& request, const Caller&) {
    Json answer = {{"Parameters", Json::array()}, {"InvalidParameters", Json::array()}};
    for (const Json& name : require(request, "Names")) {
        try {
            std::string selector;
            const Parameter parameter = selected(tx, name.get<std::string>(), selector);
            Json item = with_value(parameter, request);
            if (!selector.empty()) item["Selector"] = selector;
            answer["Parameters"].push_back(std::move(item));
        } catch (const Error& error) {
            if (error.category() != ErrorCategory::NotFound) throw;
            answer["InvalidParameters"].push_back(name);
        }
    }
    return answer;
}

Json SsmService::get_by_path(Transaction& tx, const Json& request, const Caller&) {
    constexpr std::int64_t kPageSize = 10;
    std::string path = require_string(request, "Path");
    if (path[0] != '/')
        throw refused("ValidationException",
                      "The parameter path must start with a slash and be a hierarchy: " + path);
    const Filters filters(request, FilterUse::ByPath);
    const Depth depth = bool_or(request, "Recursive", false) ? Depth::Recursive : Depth::OneLevel;
    const std::string scope =
        listing_scope("GetParametersByPath", request, {"NextToken", "MaxResults"});
    const std::string after = start_of(scope, request);
    const auto limit = static_cast<std::size_t>(integer_or(request, "MaxResults", kPageSize));
    const std::string prefix = path.ends_with('/') ? path : path + "/";
    Json answer = {{"Parameters", Json::array()}};
    std::string last;
    each_parameter(tx, after, prefix, [&](const Parameter& parameter) {
        if (!lies_in(parameter, path, depth) || !filters.match(tx, parameter)) return true;
        if (answer["Parameters"].size() == limit) {
            answer["NextToken"] = page_token(scope, last);
            return false;
        }
        last = position_of(parameter);
        answer["Parameters"].push_back(with_value(parameter, request));
        return true;
    });
    return answer;
}

Json SsmService::describe(Transaction& tx, const Json& request, const Caller&) {
    constexpr std::int64_t kPageSize = 50;
    const Filters filters(request, FilterUse::Describe);
    const std::string scope =
        listing_scope("DescribeParameters", request, {"NextToken", "MaxResults"});
    const std::string after = start_of(scope, request);
    const auto limit = static_cast<std::size_t>(integer_or(request, "MaxResults", kPageSize));
    Json answer = {{"Parameters", Json::array()}};
    // Nobody shares parameters with this account.
    if (bool_or(request, "Shared", false)) return answer;
    std::string last;
    each_parameter(tx, after, "", [&](const Parameter& parameter) {
        if (!filters.match(tx, parameter)) return true;
        if (answer["Parameters"].size() == limit) {
            answer["NextToken"] = page_token(scope, last);
            return false;
        }
        last = position_of(parameter);
        Json item = metadata(parameter);
        item["ARN"] = parameter_arn(site_.place, parameter.name);
        answer["Parameters"].push_back(std::move(item));
        return true;
    });
    return answer;
}

Json SsmService::history(Transaction& tx, const Json& request, const Caller&) {
    constexpr std::int64_t kPageSize = 50;
    const Selection selection = select_parameter(tx, site_.place, require_string(request, "Name"));
    const std::string scope =
        listing_scope("GetParameterHistory", request, {"NextToken", "MaxResults"});
    const std::string start = start_of(scope, request);
    const std::int64_t limit = integer_or(request, "MaxResults", kPageSize);
    auto versions =
        versions_of(tx, selection.name, start.empty() ? 0 : std::stoll(start), limit + 1);
    Json answer = {{"Parameters", Json::array()}};
    if (versions.size() > static_cast<std::size_t>(limit)) {
        versions.pop_back();
        answer["NextToken"] = page_token(scope, std::to_string(versions.back().version));
    }
    for (const Parameter& version : versions) {
        Json item = metadata(version);
        item["Value"] = value_of(version, request);
        item["Labels"] = Json::array();
        answer["Parameters"].push_back(std::move(item));
    }
    return answer;
}

Json SsmService::remove(Transaction& tx, const Json& request, const Caller&) {
    const std::string name = require_string(request, "Name");
    delete_parameter(tx, select_parameter(tx, site_.place, name).name);
    return Json::object();
}

Json SsmService::remove_several(Transaction& tx, const Json& request, const Caller&) {
    Json answer = {{"DeletedParameters", Json::array()}, {"InvalidParameters", Json::array()}};
    for (const Json& name : require(request, "Names")) {
        const bool deleted = delete_parameter(tx, name.get<std::string>());
        answer[deleted ? "DeletedParameters" : "InvalidParameters"].push_back(name);
    }
    return answer;
}

void SsmService::set_tags(Transaction& tx, const std::string& parameter, const Json& tags) {
    for (const Json& tag : tags) {
        const std::string key = require_string(tag, "Key");
        if (lower_case(key).starts_with("aws:"))
            throw refused("ValidationException",
                          "The tag key '" + key + "' starts with 'aws:', which is reserved.");
        tx.run(
            "INSERT INTO ssm_tag (name, key, value) VALUES (?1, ?2, ?3)"
            " ON CONFLICT DO UPDATE SET value = excluded.value",
            {parameter, key, string_or(tag, "Value", "")});
    }
    const auto count = tx.one("SELECT count(*) FROM ssm_tag WHERE name = ?1", {parameter},
                              [](const Row& row) { return row.integer(0); });
    if (*count > kMostTags)
        throw refused("TooManyTagsError",
                      "A parameter may have at most " + std::to_string(kMostTags) + " tags.");
}

std::string SsmService::tagged(Transaction& tx, const Json& request) {
    if (require_string(request, "ResourceType") != "Parameter")
        throw refused("InvalidResourceType", "The local cloud tags parameters only.");
    const std::string id = require_string(request, "ResourceId");
    if (!latest_version(tx, id))
        throw Error(ErrorCategory::NotFound, "InvalidResourceId",
                    "The parameter '" + id + "' does not exist.");
    return id;
}

Json SsmService::add_tags(Transaction& tx, const Json& request, const Caller&) {
    set_tags(tx, tagged(tx, request), require(request, "Tags"));
    return Json::object();
}

Json SsmService::list_tags(Transaction& tx, const Json& request, const Caller&) {
    Json tags = Json::array();
    tx.each("SELECT key, value FROM ssm_tag WHERE name = ?1 ORDER BY key", {tagged(tx, request)},
            [&](const Row& row) {
                tags.push_back({{"Key", row.string(0)}, {"Value", row.string(1)}});
                return true;
            });
    return Json{{"TagList", std::move(tags)}};
}

Json SsmService::remove_tags(Transaction& tx, const Json& request, const Caller&) {
    const std::string name = tagged(tx, request);
    for (const Json& key : require(request, "TagKeys"))
        tx.run("DELETE FROM ssm_tag WHERE name = ?1 AND key = ?2", {name, key.get<std::string>()});
    return Json::object();
}

}  // namespace
}  // namespace ssm

std::unique_ptr<Service> make_ssm_service(Site& site) {
    return std::make_unique<ssm::SsmService>(site);
}

}  // namespace lifeboat::local

#include "local/ssm/filters.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/json.h"
#include "local/database.h"

namespace lifeboat::local::ssm {
namespace {

Error refused(const char* code, const std::string& message) {
    return Error(ErrorCategory::InvalidInput, code, message);
}

// The first is the default.
const std::map<std::string, std::vector<std::string>, std::less<>> kOptions = {
    {"Name", {"Equals", "BeginsWith", "Contains"}},
    {"Type", {"Equals"}},
    {"KeyId", {"Equals", "BeginsWith"}},
    {"Path", {"OneLevel", "Recursive"}},
    {"Tier", {"Equals"}},
    {"DataType", {"Equals"}},
    {"Label", {"Equals"}},
};

bool compares(const std::string& option, const std::string& value, const std::string& wanted) {
    if (option == "BeginsWith") return value.starts_with(wanted);
    if (option == "Contains") return value.find(wanted) != std::string::npos;
    return value == wanted;
}

}  // namespace

Filters::Filters(const Json& request, FilterUse use) {
    const Json* filters = find(request, "ParameterFilters");
    const Json* older = find(request, "Filters");
    if (filters != nullptr && older != nullptr && !filters->empty() && !older->empty())
        throw refused("ValidationException",
                      "You can use either Filters or ParameterFilters in a single request.");
    for (const Json* list : {filters, older}) {
        if (list == nullptr) continue;
        for (const Json& given : *list) {
            Filter filter;
            filter.key = require_string(given, "Key");
            filter.option = string_or(given, "Option", "");
            if (const Json* values = find(given, "Values"))
                filter.values = values->get<std::vector<std::string>>();
            if (list == older && filter.key == "Name") filter.option = "BeginsWith";
            check(filter, use);
            if (filter.option.empty() && !filter.key.starts_with("tag:"))
                filter.option = kOptions.find(filter.key)->second[0];
            filters_.push_back(std::move(filter));
        }
    }
}

void Filters::check(const Filter& filter, FilterUse use) {
    if (filter.key.starts_with("tag:")) {
        if (use == FilterUse::ByPath)
            throw refused("InvalidFilterKey", "GetParametersByPath cannot filter by tag.");
        if (!filter.option.empty() && filter.option != "Equals")
            throw refused("InvalidFilterOption", "Tags can be filtered with the option Equals.");
        return;
    }
    const auto options = kOptions.find(filter.key);
    const bool only_describes =
        filter.key == "Name" || filter.key == "Path" || filter.key == "Tier";
    if (options == kOptions.end() || (use == FilterUse::ByPath && only_describes))
        throw refused("InvalidFilterKey", "The filter key '" + filter.key + "' is not valid here.");
    if (!filter.option.empty() && std::find(options->second.begin(), options->second.end(),
                                            filter.option) == options->second.end())
        throw refused(
            "InvalidFilterOption",
            "The option '" + filter.option + "' is not valid for the filter '" + filter.key + "'.");
    if (filter.values.empty())
        throw refused("InvalidFilterValue", "The filter '" + filter.key + "' needs a value.");
    if (filter.key == "Path")
        for (const std::string& value : filter.values)
            if (value[0] != '/')
                throw refused("InvalidFilterValue",
                              "The path '" + value + "' must start with a slash.");
}

bool Filters::match(Transaction& tx, const Parameter& parameter) const {
    return std::all_of(filters_.begin(), filters_.end(),
                       [&](const Filter& filter) { return match(tx, filter, parameter); });
}

bool Filters::match(Transaction& tx, const Filter& filter, const Parameter& parameter) {
    if (filter.key.starts_with("tag:")) {
        const auto value = tx.one("SELECT value FROM ssm_tag WHERE name = ?1 AND key = ?2",
                                  {parameter.name, filter.key.substr(4)},
                                  [](const Row& row) { return row.string(0); });
        return value &&
               (filter.values.empty() || std::find(filter.values.begin(), filter.values.end(),
                                                   *value) != filter.values.end());
    }
    return std::any_of(filter.values.begin(), filter.values.end(), [&](const std::string& wanted) {
        if (filter.key == "Name") return compares(filter.option, parameter.name, wanted);
        if (filter.key == "Type") return parameter.type == wanted;
        if (filter.key == "Tier") return parameter.tier == wanted;
        if (filter.key == "DataType") return wanted == "text";
        if (filter.key == "KeyId")
            return parameter.is_secure() &&
                   compares(filter.option, std::string(kDefaultKey), wanted);
        if (filter.key == "Path")
            return lies_in(parameter, wanted,
                           filter.option == "Recursive" ? Depth::Recursive : Depth::OneLevel);
        return false;  // Label: parameters here have none
    });
}

bool lies_in(const Parameter& parameter, std::string path, Depth depth) {
    if (!path.ends_with('/')) path += '/';
    const std::string own = parameter_path(parameter.name);
    return own.starts_with(path) &&
           (depth == Depth::Recursive || own.find('/', path.size()) == std::string::npos);
}

}  // namespace lifeboat::local::ssm

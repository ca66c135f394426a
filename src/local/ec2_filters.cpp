#include "local/ec2_filters.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "local/database.h"
#include "local/page_token.h"

namespace lifeboat::local {
namespace {

Error wrong_value(const std::string& message) {
    return Error(ErrorCategory::InvalidInput, "InvalidParameterValue", message);
}

}  // namespace

bool matches_wildcard(std::string_view pattern, std::string_view text) {
    // Where the last "*" stood, to take one more character there when the rest does not fit.
    std::size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
    while (true) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            mark = t;
            continue;
        }
        if (t == text.size() && p == pattern.size()) return true;
        if (t < text.size() && p < pattern.size()) {
            const bool escaped = pattern[p] == '\\' && p + 1 < pattern.size();
            const char wanted = escaped ? pattern[p + 1] : pattern[p];
            if ((wanted == '?' && !escaped) || wanted == text[t]) {
                p += escaped ? 2 : 1;
                ++t;
                continue;
            }
        }
        if (star == std::string_view::npos || mark >= text.size()) return false;
        p = star + 1;
        t = ++mark;
    }
}

Ec2Filters::Ec2Filters(const Json& request, std::initializer_list<std::string_view> known) {
    const Json* filters = find(request, "Filters");
    if (filters == nullptr) return;
    for (const Json& given : *filters) {
        Filter filter;
        filter.name = string_or(given, "Name", "");
        if (!filter.name.starts_with("tag:") && filter.name != "tag-key" &&
            std::find(known.begin(), known.end(), filter.name) == known.end())
            throw wrong_value("The filter '" + filter.name + "' is invalid");
        const Json* values = find(given, "Values");
        if (values == nullptr || values->empty())
            throw Error(ErrorCategory::InvalidInput, "MissingParameter",
                        "The filter '" + filter.name + "' has no value");
        filter.patterns = values->get<std::vector<std::string>>();
        filters_.push_back(std::move(filter));
    }
}

bool Ec2Filters::match(const FilterValues& values) const {
    return std::all_of(filters_.begin(), filters_.end(), [&](const Filter& filter) {
        const auto found = values.find(filter.name);
        if (found == values.end()) return false;
        return std::any_of(
            found->second.begin(), found->second.end(), [&](const std::string& value) {
                return std::any_of(
                    filter.patterns.begin(), filter.patterns.end(),
                    [&](const std::string& pattern) { return matches_wildcard(pattern, value); });
            });
    });
}

Json ec2_tags(Transaction& tx, std::string_view resource) {
    Json tags = Json::array();
    tx.each("SELECT key, value FROM ec2_tag WHERE resource = ?1 ORDER BY key", {resource},
            [&](const Row& row) {
                tags.push_back({{"Key", row.string(0)}, {"Value", row.string(1)}});
                return true;
            });
    return tags;
}

void add_tag_values(const Json& tags, FilterValues& values) {
    for (const Json& tag : tags) {
        const std::string key = tag["Key"];
        values["tag-key"].push_back(key);
        values["tag:" + key].push_back(tag["Value"]);
    }
}

void set_ec2_tags(Transaction& tx, std::string_view resource, std::string_view type,
                  const Json& request) {
    const Json* specifications = find(request, "TagSpecifications");
    if (specifications == nullptr) return;
    for (const Json& specification : *specifications) {
        const std::string given = string_or(specification, "ResourceType", "");
        if (given != type)
            throw wrong_value("'" + given + "' is not a valid taggable resource type here; '" +
                              std::string(type) + "' is");
        const Json* tags = find(specification, "Tags");
        if (tags == nullptr) continue;
        for (const Json& tag : *tags) {
            const std::string key = require_string(tag, "Key");
            const std::string value = string_or(tag, "Value", "");
            if (key.starts_with("aws:") || key.size() > 128 || value.size() > 256)
                throw wrong_value("Tag key '" + key.substr(0, 128) +
                                  "' is reserved or too long, or its value is too long");
            tx.run(
                "INSERT INTO ec2_tag (resource, key, value) VALUES (?1, ?2, ?3)"
                " ON CONFLICT DO UPDATE SET value = excluded.value",
                {resource, key, value});
        }
    }
}

Json ec2_page(std::string_view operation, const Json& request, std::string_view name,
              std::string_view id_member, std::vector<Json> items) {
    constexpr std::int64_t kMost = 1000;
    const std::string scope = listing_scope(operation, request, {"NextToken", "MaxResults"});
    const auto limit = static_cast<std::size_t>(integer_or(request, "MaxResults", kMost));
    std::string after;
    if (const auto token = find_string(request, "NextToken")) {
        const auto position = page_position(scope, *token);
        if (!position)
            throw Error(ErrorCategory::InvalidInput, "InvalidNextToken",
                        "The specified NextToken is not valid.");
        after = *position;
    }
    Json page = Json::array();
    std::string last;
    Json answer = Json::object();
    for (Json& item : items) {
        const std::string id = require_string(item, id_member);
        if (id <= after) continue;
        if (page.size() == limit) {
            answer["NextToken"] = page_token(scope, last);
            break;
        }
        last = id;
        page.push_back(std::move(item));
    }
    answer[std::string(name)] = std::move(page);
    return answer;
}

void end_dry_run(const Json& request) {
    if (bool_or(request, "DryRun", false))
        throw Error(ErrorCategory::InvalidInput, "DryRunOperation",
                    "Request would have succeeded, but DryRun flag is set.");
}

}  // namespace lifeboat::local

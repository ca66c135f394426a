#include "local/states/tags.h"

#include "base/error.h"
#include "base/json.h"
#include "cloud/arn.h"
#include "local/database.h"
#include "local/states/arns.h"

namespace lifeboat::local::states {
namespace {

constexpr std::size_t kMostTags = 50;

// Where the tags of a resource are, and what is there.
struct Tagged {
    std::string arn, table;
    Json tags = Json::object();
};

Tagged require_tagged(Transaction& tx, const Json& request) {
    Tagged found;
    found.arn = require_string(request, "resourceArn");
    const auto arn = cloud::parse_arn(found.arn);
    const bool activity = arn && arn->resource.starts_with("activity:");
    check_arn(found.arn, activity ? "activity" : "stateMachine");
    found.table = activity ? "states_activity" : "states_machine";
    const auto text = tx.one("SELECT tags FROM " + found.table + " WHERE arn = ?1", {found.arn},
                             [](const Row& row) { return row.string(0); });
    if (!text)
        throw Error(ErrorCategory::NotFound, "ResourceNotFound",
                    "Resource not found: '" + found.arn + "'");
    found.tags = parse_json(*text, "the tags of " + found.arn);
    return found;
}

void store(Transaction& tx, const Tagged& tagged) {
    tx.run("UPDATE " + tagged.table + " SET tags = ?2 WHERE arn = ?1",
           {tagged.arn, to_text(tagged.tags)});
}

Json tag(Transaction& tx, const Json& request, const Caller&) {
    Tagged tagged = require_tagged(tx, request);
    merge_tags(tagged.tags, request.at("tags"));
    store(tx, tagged);
    return Json::object();
}

Json untag(Transaction& tx, const Json& request, const Caller&) {
    Tagged tagged = require_tagged(tx, request);
    for (const Json& key : request.at("tagKeys"))
        tagged.tags.erase(key.get<std::string>());
    store(tx, tagged);
    return Json::object();
}

Json tags_of(Transaction& tx, const Json& request, const Caller&) {
    const Tagged tagged = require_tagged(tx, request);
    Json list = Json::array();
    for (const auto& [key, value] : tagged.tags.items())
        list.push_back({{"key", key}, {"value", value}});
    return {{"tags", std::move(list)}};
}

}  // namespace

void merge_tags(Json& tags, const Json& list) {
    for (const Json& tag : list)
        tags[string_or(tag, "key", "")] = string_or(tag, "value", "");
    if (tags.size() > kMostTags)
        throw Error(
            ErrorCategory::InvalidInput, "TooManyTags",
            "A state machine or activity has at most " + std::to_string(kMostTags) + " tags");
}

std::vector<Operation> tag_operations() {
    return {writes("TagResource", tag), writes("UntagResource", untag),
            reads("ListTagsForResource", tags_of)};
}

}  // namespace lifeboat::local::states

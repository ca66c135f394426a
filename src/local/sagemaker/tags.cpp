#include "local/sagemaker/tags.h"

#include <set>

#include "base/encoding.h"
#include "base/json.h"
#include "local/database.h"
#include "local/page_token.h"
#include "local/sagemaker/app.h"
#include "local/sagemaker/domain.h"
#include "local/sagemaker/errors.h"
#include "local/site.h"

namespace lifeboat::local::sagemaker {
namespace {

constexpr std::int64_t kMostTags = 50;
constexpr std::int64_t kPageSize = 50;

Json tags_of(Transaction& tx, const std::string& arn) {
    Json tags = Json::array();
    tx.each("SELECT key, value FROM sagemaker_tag WHERE arn = ?1 ORDER BY key", {arn},
            [&](const Row& row) {
                tags.push_back({{"Key", row.string(0)}, {"Value", row.string(1)}});
                return true;
            });
    return tags;
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    while (true) {
        const auto slash = text.find('/');
        parts.emplace_back(text.substr(0, slash));
        if (slash == std::string_view::npos) return parts;
        text = text.substr(slash + 1);
    }
}

}  // namespace

std::string_view tag_schema() {
    return "CREATE TABLE sagemaker_tag (arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
           " PRIMARY KEY (arn, key)) WITHOUT ROWID;";
}

void add_tags(Transaction& tx, const std::string& arn, const Json* tags) {
    if (tags == nullptr) return;
    std::set<std::string> seen;
    for (const Json& tag : *tags) {
        const std::string key = require_string(tag, "Key");
        if (lower_case(key).starts_with("aws:"))
            throw invalid("The tag key '" + key + "' starts with 'aws:', which is reserved.");
        if (!seen.insert(key).second)
            throw invalid("Duplicate tag keys found: '" + key + "' is given more than once.");
        tx.run(
            "INSERT INTO sagemaker_tag (arn, key, value) VALUES (?1, ?2, ?3)"
            " ON CONFLICT DO UPDATE SET value = excluded.value",
            {arn, key, string_or(tag, "Value", "")});
    }
    const auto count = tx.one("SELECT count(*) FROM sagemaker_tag WHERE arn = ?1", {arn},
                              [](const Row& row) { return row.integer(0); });
    if (*count > kMostTags)
        throw invalid("A resource may have at most " + std::to_string(kMostTags) + " tags.");
}

void delete_tags(Transaction& tx, const std::string& arn) {
    tx.run("DELETE FROM sagemaker_tag WHERE arn = ?1", {arn});
}

std::vector<Operation> Tags::operations() {
    return {writes("AddTags", [this](Transaction& tx, const Json& request,
                                     const Caller&) { return add(tx, request); }),
            reads("ListTags", [this](Transaction& tx, const Json& request,
                                     const Caller&) { return list(tx, request); }),
            writes("DeleteTags", [this](Transaction& tx, const Json& request, const Caller&) {
                return remove(tx, request);
            })};
}

std::string Tags::resource(Transaction& tx, const Json& request) {
    const std::string text = require_string(request, "ResourceArn");
    const auto arn = cloud::parse_arn(text);
    const cloud::Place& here = studio_.site.place;
    const auto missing = [&] { return invalid("The resource '" + text + "' does not exist."); };
    if (!arn || arn->service != "sagemaker" || arn->region != here.region ||
        arn->account != here.account)
        throw missing();
    const std::vector<std::string> parts = split(arn->resource);
    if (parts[0] == "domain" && parts.size() == 2) {
        if (find_domain(tx, parts[1])) return studio_.arn("domain", parts[1]);
    } else if ((parts[0] == "user-profile" || parts[0] == "space") && parts.size() == 3) {
        const auto kind = parts[0] == "space" ? OwnerKind::Space : OwnerKind::UserProfile;
        if (const auto owner = find_owner(tx, kind, parts[1], parts[2]))
            return studio_.arn(arn_kind(kind), parts[1] + "/" + owner->name);
    } else if (parts[0] == "app" && parts.size() == 5) {
        const auto id = tx.one(
            "SELECT id FROM sagemaker_app WHERE domain_id = ?1 AND status <> 'Deleted'"
            " AND owner_name = ?2 COLLATE NOCASE AND lower(type) = lower(?3) AND name = ?4",
            {parts[1], parts[2], parts[3], parts[4]},
            [](const Row& row) { return row.integer(0); });
        if (id) return studio_.arn("app", find_app(tx, *id)->arn_path());
    }
    throw missing();
}

Json Tags::add(Transaction& tx, const Json& request) {
    const std::string arn = resource(tx, request);
    add_tags(tx, arn, find(request, "Tags"));
    return Json{{"Tags", tags_of(tx, arn)}};
}

Json Tags::list(Transaction& tx, const Json& request) {
    const std::string arn = resource(tx, request);
    const std::string scope = listing_scope("ListTags", request, {"NextToken", "MaxResults"});
    const auto limit = static_cast<std::size_t>(integer_or(request, "MaxResults", kPageSize));
    std::string after;
    if (const auto token = find_string(request, "NextToken")) {
        const auto position = page_position(scope, *token);
        if (!position) throw invalid("Invalid NextToken.");
        after = *position;
    }
    Json answer = {{"Tags", Json::array()}};
    for (const Json& tag : tags_of(tx, arn)) {
        const std::string key = tag["Key"];
        if (key <= after) continue;
        if (answer["Tags"].size() == limit) {
            answer["NextToken"] =
                page_token(scope, answer["Tags"].back()["Key"].get<std::string>());
            break;
        }
        answer["Tags"].push_back(tag);
    }
    return answer;
}

Json Tags::remove(Transaction& tx, const Json& request) {
    const std::string arn = resource(tx, request);
    for (const Json& key : require(request, "TagKeys"))
        tx.run("DELETE FROM sagemaker_tag WHERE arn = ?1 AND key = ?2",
               {arn, key.get<std::string>()});
    return Json::object();
}

}  // namespace lifeboat::local::sagemaker

#include "local/efs_access_points.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "local/efs_resource.h"
#include "local/page_token.h"
#include "local/site.h"

namespace lifeboat::local {
namespace {

constexpr std::int64_t kPageSize = 100;
constexpr int kMostLevels = 4;  // of RootDirectory.Path (EFS API reference, RootDirectory)

// "/", or one to four components, none of them starting with a dot.
void check_path(const std::string& path) {
    const auto wrong = [&](const std::string& why) {
        return Error(ErrorCategory::InvalidInput, "BadRequest",
                     "the path '" + path + "' of RootDirectory " + why);
    };
    if (path.empty() || path[0] != '/') throw wrong("must start with '/'");
    if (path == "/") return;
    if (path.find_first_of("$#<>;`|&?{}^*\n") != std::string::npos)
        throw wrong("holds a character EFS refuses");
    int levels = 0;
    std::string_view rest = std::string_view(path).substr(1);
    while (true) {
        const auto slash = rest.find('/');
        const std::string_view name = rest.substr(0, slash);
        if (name.empty() || name[0] == '.') throw wrong("has an empty or dotted component");
        if (++levels > kMostLevels) throw wrong("has more than four components");
        if (slash == std::string_view::npos) return;
        rest = rest.substr(slash + 1);
    }
}

Error not_found(const std::string& id) {
    return Error(ErrorCategory::NotFound, "AccessPointNotFound",
                 "Access point '" + id + "' does not exist.");
}

}  // namespace

std::vector<Operation> EfsAccessPoints::operations() {
    return {writes("CreateAccessPoint", [this](Transaction& tx, const Json& request,
                                               const Caller&) { return create(tx, request); }),
            reads("DescribeAccessPoints", [this](Transaction& tx, const Json& request,
                                                 const Caller&) { return describe(tx, request); }),
            writes("DeleteAccessPoint", [this](Transaction& tx, const Json& request,
                                               const Caller&) { return remove(tx, request); })};
}

std::string EfsAccessPoints::file_system_of(Transaction& tx, const std::string& id_or_arn) const {
    const std::string id = efs_resource_id(id_or_arn);
    auto found = tx.one("SELECT file_system_id FROM efs_access_point WHERE id = ?1", {id},
                        [](const Row& row) { return row.string(0); });
    if (!found) throw not_found(id);
    return *std::move(found);
}

Json EfsAccessPoints::create(Transaction& tx, const Json& request) {
    const std::string file_system = efs_resource_id(require_string(request, "FileSystemId"));
    if (!registry_.file_system(tx, file_system)) throw file_system_not_found(file_system);
    const std::string token = require_string(request, "ClientToken");
    Json settings = {{"RootDirectory", {{"Path", "/"}}}};
    if (const Json* user = find(request, "PosixUser")) settings["PosixUser"] = *user;
    if (const Json* root = find(request, "RootDirectory")) {
        settings["RootDirectory"] = *root;
        if (!root->contains("Path")) settings["RootDirectory"]["Path"] = "/";
    }
    const std::string path = settings["RootDirectory"]["Path"];
    check_path(path);

    struct Same {
        std::string id, file_system, settings;
    };
    const auto same =
        tx.one("SELECT id, file_system_id, settings FROM efs_access_point WHERE client_token = ?1",
               {token}, [](const Row& row) {
                   return Same{row.string(0), row.string(1), row.string(2)};
               });
    if (same) {
        if (same->file_system == file_system &&
            parse_json(same->settings, "an access point") == settings)
            return described(tx, same->id);
        throw Error(ErrorCategory::AlreadyExists, "AccessPointAlreadyExists",
                    "Access point '" + same->id + "' already exists with this client token.",
                    Json{{"AccessPointId", same->id}});
    }
    const std::string id = "fsap-" + new_hex(site_.random, 17);
    tx.run(
        "INSERT INTO efs_access_point (id, file_system_id, client_token, settings)"
        " VALUES (?1, ?2, ?3, ?4)",
        {id, file_system, token, to_text(settings)});
    if (const Json* tags = find(request, "Tags")) set_efs_tags(tx, id, *tags);
    const Json* creation = find_path(settings, {"RootDirectory", "CreationInfo"});
    if (creation != nullptr && path != "/") {
        DirectoryOwner owner;
        owner.uid = static_cast<std::uint32_t>(require_integer(*creation, "OwnerUid"));
        owner.gid = static_cast<std::uint32_t>(require_integer(*creation, "OwnerGid"));
        owner.mode =
            static_cast<unsigned>(std::stoul(require_string(*creation, "Permissions"), nullptr, 8));
        registry_.request_directory(tx, file_system, path.substr(1), owner, site_.clock.now());
    }
    return described(tx, id);
}

Json EfsAccessPoints::described(Transaction& tx, const std::string& id) const {
    Json answer =
        *tx.one("SELECT client_token, file_system_id, settings FROM efs_access_point WHERE id = ?1",
                {id}, [&](const Row& row) {
                    Json found = parse_json(row.text(2), "an access point's settings");
                    found["ClientToken"] = row.string(0);
                    found["FileSystemId"] = row.string(1);
                    return found;
                });
    answer["AccessPointId"] = id;
    answer["AccessPointArn"] = efs_arn(site_.place, "access-point", id);
    answer["OwnerId"] = site_.place.account;
    answer["LifeCycleState"] = "available";
    answer["Tags"] = efs_tags(tx, id);
    for (const Json& tag : answer["Tags"])
        if (tag["Key"] == "Name") answer["Name"] = tag["Value"];
    return answer;
}

Json EfsAccessPoints::describe(Transaction& tx, const Json& request) {
    const auto wanted = find_string(request, "AccessPointId");
    const auto given_system = find_string(request, "FileSystemId");
    if (wanted && given_system)
        throw Error(ErrorCategory::InvalidInput, "BadRequest",
                    "Only one of AccessPointId and FileSystemId may be given.");
    Json answer = {{"AccessPoints", Json::array()}};
    if (wanted) {
        file_system_of(tx, *wanted);
        answer["AccessPoints"].push_back(described(tx, efs_resource_id(*wanted)));
        return answer;
    }
    std::optional<std::string> file_system;
    if (given_system) {
        file_system = efs_resource_id(*given_system);
        if (!registry_.file_system(tx, *file_system)) throw file_system_not_found(*file_system);
    }
    const std::string scope =
        listing_scope("DescribeAccessPoints", request, {"NextToken", "MaxResults"});
    std::string after;
    if (const auto token = find_string(request, "NextToken")) {
        const auto position = page_position(scope, *token);
        if (!position)
            throw Error(ErrorCategory::InvalidInput, "BadRequest",
                        "The NextToken is not one that this listing answered.");
        after = *position;
    }
    const std::int64_t limit = std::min(integer_or(request, "MaxResults", kPageSize), kPageSize);
    std::vector<std::string> ids;
    tx.each(
        "SELECT id FROM efs_access_point WHERE (?1 IS NULL OR file_system_id = ?1) AND id > ?2"
        " ORDER BY id LIMIT ?3",
        {file_system, after, limit + 1}, [&](const Row& row) {
            ids.push_back(row.string(0));
            return true;
        });
    if (ids.size() > static_cast<std::size_t>(limit)) {
        ids.pop_back();
        answer["NextToken"] = page_token(scope, ids.back());
    }
    for (const std::string& id : ids)
        answer["AccessPoints"].push_back(described(tx, id));
    return answer;
}

Json EfsAccessPoints::remove(Transaction& tx, const Json& request) {
    const std::string id = efs_resource_id(require_string(request, "AccessPointId"));
    file_system_of(tx, id);
    tx.run("DELETE FROM efs_tag WHERE resource = ?1", {id});
    tx.run("DELETE FROM efs_access_point WHERE id = ?1", {id});
    return Json::object();
}

}  // namespace lifeboat::local

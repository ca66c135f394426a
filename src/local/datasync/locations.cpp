#include "local/datasync/locations.h"

#include <fcntl.h>

#include "base/error.h"
#include "base/json.h"
#include "local/datasync/bucket_arn.h"
#include "local/datasync/listing.h"
#include "local/datasync/refusal.h"
#include "local/datasync/tags.h"
#include "os/directory.h"
#include "os/file.h"

namespace lifeboat::local::datasync {
namespace {

std::string_view type_name(Location::Kind kind) {
    switch (kind) {
        case Location::Kind::Efs:
            return "EFS";
        case Location::Kind::S3:
            return "S3";
        case Location::Kind::Local:
            break;
    }
    return "NFS";
}

Location::Kind kind_of(std::string_view type) {
    if (type == "S3") return Location::Kind::S3;
    return type == "EFS" ? Location::Kind::Efs : Location::Kind::Local;
}

// DataSync and S3 call one class differently.
std::string storage_class_of(const Json& details) {
    const std::string name = string_or(details, "S3StorageClass", "");
    return name == "GLACIER_INSTANT_RETRIEVAL" ? "GLACIER_IR" : name;
}

// "/a//b/" -> "a/b". Refuses "." and "..".
std::string normal_path(std::string_view subdirectory) {
    std::string path;
    while (!subdirectory.empty()) {
        const auto slash = subdirectory.find('/');
        const std::string_view name = subdirectory.substr(0, slash);
        subdirectory = slash == std::string_view::npos ? "" : subdirectory.substr(slash + 1);
        if (name.empty()) continue;
        if (name == "." || name == "..")
            refuse("Subdirectory must not contain '.' or '..' as a folder.");
        if (!path.empty()) path += '/';
        path += name;
    }
    return path;
}

std::string uri_of(std::string_view scheme, const std::string& host, const std::string& path) {
    return std::string(scheme) + "://" + host + "/" + (path.empty() ? "" : path + "/");
}

Json kept(const Json& request, std::initializer_list<const char*> members) {
    Json details = Json::object();
    for (const char* member : members)
        if (const Json* value = find(request, member); value != nullptr && !value->is_null())
            details[member] = *value;
    return details;
}

}  // namespace

struct Locations::New {
    Location::Kind kind;
    std::string uri;
    std::string root;
    std::string path;
    Json details;
    std::string call_token;
};

Json Locations::create_efs(const Json& request, const Caller& caller) {
    const std::string arn = require_string(request, "EfsFilesystemArn");
    const std::string id = arn.substr(arn.rfind('/') + 1);
    const std::string transit = string_or(request, "InTransitEncryption", "NONE");
    if (request.contains("AccessPointArn"))
        refuse("AccessPointArn: locations of the local cloud do not go through access points.");
    if (request.contains("FileSystemAccessRoleArn") && transit != "TLS1_2")
        refuse("FileSystemAccessRoleArn needs InTransitEncryption TLS1_2.");
    const auto place = cloud::parse_arn(arn);
    if (!place || place->region != site_.place.region || place->account != site_.place.account)
        refuse("The file system " + arn + " is not in this account and region.");
    try {
        site_.cloud.call("efs", "DescribeFileSystems", {{"FileSystemId", id}});
    } catch (const Error& error) {
        if (error.code() != "FileSystemNotFound") throw;
        refuse("Invalid EfsFilesystemArn: the file system " + id + " does not exist.",
               "EfsFileSystemNotFound");
    }
    New location{Location::Kind::Efs,
                 "",
                 (site_.efs_root() / id).string(),
                 normal_path(string_or(request, "Subdirectory", "")),
                 kept(request, {"Ec2Config", "FileSystemAccessRoleArn"}),
                 caller.call_token};
    location.details["InTransitEncryption"] = transit;
    location.uri = uri_of("efs", site_.place.region + "." + id, location.path);
    return site_.database.write([&](Transaction& tx) {
        return Json{{"LocationArn", insert(tx, location, request)}};
    });
}

void Locations::require_bucket(const std::string& bucket) const {
    try {
        site_.cloud.call("s3", "HeadBucket", {{"Bucket", bucket}});
    } catch (const Error& error) {
        if (error.category() != ErrorCategory::NotFound &&
            error.category() != ErrorCategory::PermissionDenied)
            throw;
        refuse("DataSync location access test failed: the bucket " + bucket +
               " cannot be used: " + error.message());
    }
}

Json Locations::create_s3(const Json& request, const Caller& caller) {
    if (const Json* agents = find(request, "AgentArns"); agents != nullptr && !agents->empty())
        refuse("AgentArns: buckets of the local cloud are not reached through agents.");
    const std::string bucket = bucket_of(require_string(request, "S3BucketArn"), "S3BucketArn");
    require_bucket(bucket);
    New location{Location::Kind::S3,
                 "",
                 bucket,
                 normal_path(string_or(request, "Subdirectory", "")),
                 kept(request, {"S3Config", "S3StorageClass"}),
                 caller.call_token};
    if (!location.details.contains("S3StorageClass"))
        location.details["S3StorageClass"] = "STANDARD";
    location.uri = uri_of("s3", bucket, location.path);
    return site_.database.write([&](Transaction& tx) {
        return Json{{"LocationArn", insert(tx, location, request)}};
    });
}

Json Locations::update_s3(Transaction& tx, const Json& request) {
    const std::string arn = require_string(request, "LocationArn");
    const Location location = require_location(tx, arn);
    if (location.kind != Location::Kind::S3) refuse("Location " + arn + " is not of the type S3.");
    const std::string path = normal_path(string_or(request, "Subdirectory", location.path));
    Json details =
        tx.one("SELECT details FROM datasync_location WHERE arn = ?1", {arn}, [](const Row& row) {
              return parse_json(row.text(0), "a location");
          }).value_or(Json::object());
    details.update(kept(request, {"S3Config", "S3StorageClass"}));
    tx.run("UPDATE datasync_location SET path = ?2, uri = ?3, details = ?4 WHERE arn = ?1",
           {arn, path, uri_of("s3", location.root, path), to_text(details)});
    return Json::object();
}

Json Locations::create_nfs(Transaction& tx, const Json& request) {
    const std::string host = require_string(request, "ServerHostname");
    if (host != "localhost")
        refuse(
            "ServerHostname: the local cloud reads directories of this machine only; its name is"
            " localhost.");
    const std::string subdirectory = require_string(request, "Subdirectory");
    const std::string wanted = "/" + normal_path(subdirectory);
    for (const std::string& root : local_roots()) {
        const std::string trusted = "/" + normal_path(root);
        if (wanted != trusted && !wanted.starts_with(trusted == "/" ? trusted : trusted + "/"))
            continue;
        New location{Location::Kind::Local,
                     uri_of("nfs", host, wanted.substr(1)),
                     trusted,
                     normal_path(std::string_view(wanted).substr(trusted.size())),
                     kept(request, {"OnPremConfig", "MountOptions"}),
                     ""};
        return {{"LocationArn", insert(tx, location, request)}};
    }
    refuse("Subdirectory " + wanted +
           " does not lie in a directory that the setting datasync.local_roots allows.");
}

std::vector<std::string> Locations::local_roots() const {
    std::vector<std::string> roots;
    std::string text = site_.settings.text("datasync.local_roots", "");
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find(':', begin), text.size());
        if (end > begin) roots.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return roots;
}

std::string Locations::insert(Transaction& tx, const New& location, const Json& request) {
    // The same call made again after a crash gets what the first one made.
    if (!location.call_token.empty()) {
        const auto made =
            tx.one("SELECT arn FROM datasync_location WHERE call_token = ?1", {location.call_token},
                   [](const Row& row) { return row.string(0); });
        if (made) return *made;
    }
    const std::string arn =
        cloud::arn_of(site_.place, "datasync", "location/loc-" + new_hex(site_.random, 17));
    std::optional<std::string> token;
    if (!location.call_token.empty()) token = location.call_token;
    tx.run(
        "INSERT INTO datasync_location"
        " (arn, type, uri, root, path, details, created, call_token)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        {arn, type_name(location.kind), location.uri, location.root, location.path,
         to_text(location.details), to_epoch_micros(site_.clock.now()), token});
    if (const Json* tags = find(request, "Tags")) put_tags(tx, arn, *tags);
    return arn;
}

Location Locations::require_location(Transaction& tx, const std::string& arn) const {
    auto location = tx.one(
        "SELECT type, uri, root, path, details FROM datasync_location WHERE arn = ?1", {arn},
        [&](const Row& row) {
            return Location{arn,           kind_of(row.text(0)),
                            row.string(1), row.string(2),
                            row.string(3), storage_class_of(parse_json(row.text(4), "a location"))};
        });
    if (!location) refuse("Location " + arn + " is not found.", "LocationNotFound");
    return *std::move(location);
}

Json Locations::describe(Transaction& tx, const Json& request, Location::Kind kind) const {
    const Location location = require_location(tx, require_string(request, "LocationArn"));
    if (location.kind != kind)
        refuse("Location " + location.arn + " is not of the type " + std::string(type_name(kind)) +
               ".");
    auto answer = tx.one("SELECT details, created FROM datasync_location WHERE arn = ?1",
                         {location.arn}, [](const Row& row) {
                             Json details = parse_json(row.text(0), "a location");
                             details["CreationTime"] =
                                 to_epoch_seconds(from_epoch_micros(row.integer(1)));
                             return details;
                         });
    (*answer)["LocationArn"] = location.arn;
    (*answer)["LocationUri"] = location.uri;
    return *std::move(answer);
}

Json Locations::list(Transaction& tx, const Json& request) const {
    Page page(request);
    const Json* filters = find(request, "Filters");
    const auto selected = [&](const Row& row) {
        if (filters == nullptr) return true;
        for (const Json& filter : *filters) {
            const std::string name = require_string(filter, "Name");
            const bool matched =
                name == "CreationTime"
                    ? matches(filter, from_epoch_micros(row.integer(4)))
                    : matches(filter, {name == "LocationUri" ? row.string(3) : row.string(2)});
            if (!matched) return false;
        }
        return true;
    };
    tx.each(
        "SELECT number, arn, type, uri, created FROM datasync_location WHERE number > ?1"
        " ORDER BY number",
        {page.after()}, [&](const Row& row) {
            if (!selected(row)) return true;
            return page.add(row.integer(0),
                            {{"LocationArn", row.text(1)}, {"LocationUri", row.text(3)}});
        });
    return page.answer("Locations");
}

Json Locations::remove(Transaction& tx, const Json& request) {
    const std::string arn = require_location(tx, require_string(request, "LocationArn")).arn;
    const auto user =
        tx.one("SELECT arn FROM datasync_task WHERE source = ?1 OR destination = ?1 LIMIT 1", {arn},
               [](const Row& row) { return row.string(0); });
    if (user) refuse("Location " + arn + " is in use by task " + *user + ".", "LocationInUse");
    tx.run("DELETE FROM datasync_location WHERE arn = ?1", {arn});
    remove_all_tags(tx, arn);
    return Json::object();
}

os::UniqueFd Locations::open(const Location& location) const {
    if (location.kind == Location::Kind::S3)
        throw Error(ErrorCategory::Internal, "NotADirectory",
                    location.uri + " is a bucket and no directory");
    try {
        const os::UniqueFd root = os::open_file(location.root, O_RDONLY | O_DIRECTORY);
        return os::open_directory_below(root.get(), location.path);
    } catch (const Error& error) {
        throw Error(error.category(),
                    error.category() == ErrorCategory::NotFound ? "LocationNotFound" : error.code(),
                    "the directory of " + location.uri + " cannot be opened: " + error.message());
    }
}

}  // namespace lifeboat::local::datasync

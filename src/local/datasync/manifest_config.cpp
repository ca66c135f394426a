#include "local/datasync/manifest_config.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/json.h"
#include "local/datasync/bucket_arn.h"
#include "local/datasync/refusal.h"

namespace lifeboat::local::datasync {
namespace {

const Json* wanted(const Json& settings) {
    const Json* config = find(settings, "ManifestConfig");
    return config == nullptr || config->empty() ? nullptr : config;
}

}  // namespace

void check_manifest_config(const Json& config) {
    if (!config.is_object()) refuse("ManifestConfig must be an object.");
    if (config.empty()) return;
    if (string_or(config, "Action", "TRANSFER") != "TRANSFER")
        refuse("ManifestConfig: Action must be TRANSFER.");
    if (string_or(config, "Format", "CSV") != "CSV") refuse("ManifestConfig: Format must be CSV.");
    const Json* object = find_path(config, {"Source", "S3"});
    if (object == nullptr) refuse("ManifestConfig: Source.S3 must name an object.");
    bucket_of(string_or(*object, "S3BucketArn", ""), "ManifestConfig");
    if (string_or(*object, "ManifestObjectPath", "").empty())
        refuse("ManifestConfig: ManifestObjectPath must be the key of an object.");
}

std::shared_ptr<const mover::Manifest> load_manifest(cloud::Cloud& cloud, const Json& settings) {
    const Json* config = wanted(settings);
    if (config == nullptr) return nullptr;
    const Json& object = *find_path(*config, {"Source", "S3"});
    const std::string key = require_string(object, "ManifestObjectPath");
    Json request = {{"Bucket", bucket_of(require_string(object, "S3BucketArn"), "ManifestConfig")},
                    {"Key", key}};
    if (const auto version = find_string(object, "ManifestObjectVersionId"))
        request["VersionId"] = *version;
    try {
        const Json answer = cloud.call("s3", "GetObject", request);
        return std::make_shared<const mover::Manifest>(
            base64_decode(string_or(answer, "Body", "")).value_or(""));
    } catch (const Error& error) {
        throw Error(ErrorCategory::InvalidInput, "ManifestNotReadable",
                    "the manifest '" + key + "' cannot be used: " + error.message());
    }
}

}  // namespace lifeboat::local::datasync

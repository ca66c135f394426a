#include "vault/s3_objects.h"

#include "base/json.h"
#include "vault/id.h"

namespace lifeboat::vault {

S3Objects::S3Objects(std::string bucket, const std::string& prefix,
                     std::shared_ptr<cloud::Cloud> cloud)
    : bucket_(std::move(bucket)),
      folder_(prefix.empty() ? "" : prefix + "/"),
      cloud_(std::move(cloud)) {}

std::string S3Objects::key(FileKind kind, const std::string& name) const {
    if (kind == FileKind::Config) return folder_ + "config";
    const std::string below = folder_ + std::string(folder_of(kind)) + "/";
    return kind == FileKind::Data ? below + name.substr(0, 2) + "/" + name : below + name;
}

Json S3Objects::request(FileKind kind, const std::string& name) const {
    return {{"Bucket", bucket_}, {"Key", key(kind, name)}};
}

Json S3Objects::call(std::string_view operation, const Json& request) const {
    return cloud_->call("s3", operation, request);
}

void S3Objects::each(FileKind kind,
                     const std::function<void(const std::string&, const Json&)>& visit) const {
    Json request = {{"Bucket", bucket_}, {"Prefix", folder_ + std::string(folder_of(kind)) + "/"}};
    while (true) {
        const Json page = call("ListObjectsV2", request);
        for (const Json& entry : page.value("Contents", Json::array())) {
            const std::string found = require_string(entry, "Key");
            const std::string name = found.substr(found.rfind('/') + 1);
            if (Id::parse(name) && found == key(kind, name)) visit(name, entry);
        }
        if (!page.value("IsTruncated", false)) return;
        request["ContinuationToken"] = require_string(page, "NextContinuationToken");
    }
}

}  // namespace lifeboat::vault

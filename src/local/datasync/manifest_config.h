// ManifestConfig: the list of files to copy, kept as an object in a bucket.
#pragma once

#include <memory>

#include "base/json_fwd.h"
#include "cloud/cloud.h"
#include "mover/manifest.h"

namespace lifeboat::local::datasync {

// Refuses what is no ManifestConfig. An empty object asks for no manifest, as in UpdateTask.
void check_manifest_config(const Json& config);

// Reads the object and what it lists; nullptr when `settings` has no manifest. Calls S3: not from
// within a transaction. Throws Error{InvalidInput, "ManifestNotReadable"}.
std::shared_ptr<const mover::Manifest> load_manifest(cloud::Cloud& cloud, const Json& settings);

}  // namespace lifeboat::local::datasync

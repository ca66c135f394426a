// Amazon S3: buckets and objects. Source: Amazon S3 API Reference.
//
// An object's bytes travel as the base64 text of its member Body, in both directions, so one call
// moves at most a few hundred megabytes; larger objects go in parts and come in ranges
// (docs/decisions/006-object-bodies.md). A put is durable when it returns, and readers see the old
// object or the new one.
//
// Versions are off until PutBucketVersioning. Objects in the classes GLACIER and DEEP_ARCHIVE are
// read only while a restored copy of them is there (RestoreObject). Not offered, and refused by
// name: access control lists, encryption by S3, tags, object lock, lifecycles, policies and every
// other subresource.
#pragma once

#include <memory>

#include "local/service.h"

namespace lifeboat::local {

struct Site;

std::unique_ptr<Service> make_s3_service(Site& site);

}  // namespace lifeboat::local

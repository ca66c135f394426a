// The `sqs` service: standard and FIFO queues.
//
// A queue's URL is <base>/<account>/<name>, where <base> is the setting "sqs.base_url" (default
// http://127.0.0.1:7411); requests may name a queue by an URL with any base. A name that was
// deleted can be used again after "sqs.recreate_seconds" (default 60, as on AWS).
#pragma once

#include <memory>

#include "local/service.h"

namespace lifeboat::local {

struct Site;

std::unique_ptr<Service> make_sqs_service(Site& site);

}  // namespace lifeboat::local

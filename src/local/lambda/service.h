// AWS Lambda: functions are C++ functions by name (Site::functions), run in this process.
//
// They come with the binary, so they are listed, described and invoked here, never created.
// Configuration comes with them too; what can be set at run time is how asynchronous invocations
// are retried and which streams and queues feed a function. Source: Lambda API reference.
#pragma once

#include <memory>

#include "local/service.h"

namespace lifeboat::local {

struct Site;

std::unique_ptr<Service> make_lambda_service(Site& site);

}  // namespace lifeboat::local

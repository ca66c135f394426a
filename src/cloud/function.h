// A Lambda function in C++: event in, result out. The local cloud's lambda service runs it in this
// process; on AWS the same binary runs it as a custom runtime.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/json_fwd.h"
#include "base/random.h"
#include "cloud/arn.h"
#include "cloud/cloud.h"

namespace lifeboat::cloud {

struct FunctionContext {
    Cloud& cloud;
    const Clock& clock;
    Random& random;
    Place place;
    std::string request_id;
    // Configuration, as Lambda environment variables.
    std::map<std::string, std::string> environment;
    Time deadline;
};

// Delivered at least once: must be idempotent. Throws Error to have the event retried.
using Function = std::function<Json(const Json& event, FunctionContext& context)>;

struct FunctionDescription {
    std::string description;
    Duration timeout{std::chrono::seconds(60)};
    std::map<std::string, std::string> environment;
    Function run;
};

// By function name.
using Functions = std::map<std::string, FunctionDescription>;

}  // namespace lifeboat::cloud

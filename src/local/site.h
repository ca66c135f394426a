// The world of a service on the local cloud, handed to its constructor.
#pragma once

#include <filesystem>

#include "base/clock.h"
#include "base/random.h"
#include "cloud/arn.h"
#include "cloud/cloud.h"
#include "cloud/function.h"
#include "local/database.h"
#include "local/elsewhere.h"
#include "local/event_sink.h"
#include "local/jobs.h"
#include "local/settings.h"

namespace lifeboat::local {

struct Site {
    Database& database;
    Jobs& jobs;
    const Clock& clock;
    Random& random;
    const cloud::Place& place;
    // The data directory; homes are at data/efs/<file-system-id>/<uid>/.
    const std::filesystem::path& data;
    const Settings& settings;
    // The local cloud itself, for calls to other services from jobs and blocking operations (never
    // from within a transaction).
    cloud::Cloud& cloud;
    // What `cloud` has played by others.
    const Elsewhere& elsewhere;
    EventSink& events;
    const cloud::Functions& functions;

    std::filesystem::path efs_root() const { return data / "efs"; }
};

}  // namespace lifeboat::local

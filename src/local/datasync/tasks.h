// Tasks: what is copied where, and how.
#pragma once

#include <optional>
#include <string>

#include "base/json_fwd.h"
#include "local/datasync/locations.h"
#include "local/datasync/schedules.h"
#include "local/service.h"
#include "local/site.h"

namespace lifeboat::local::datasync {

struct Task {
    std::string arn;
    std::string source;
    std::string destination;
    // Name, Options, Includes, Excludes, CloudWatchLogGroupArn, Schedule, ManifestConfig,
    // TaskReportConfig, as given.
    std::shared_ptr<const Json> settings;
};

class Tasks {
  public:
    Tasks(Site& site, Locations& locations, Schedules& schedules)
        : site_(site), locations_(locations), schedules_(schedules) {}

    Json create(Transaction& tx, const Json& request);
    Json describe(Transaction& tx, const Json& request) const;
    Json update(Transaction& tx, const Json& request);
    Json remove(Transaction& tx, const Json& request);
    Json list(Transaction& tx, const Json& request) const;

    std::optional<Task> find_task(Transaction& tx, const std::string& arn) const;
    // Refuses an ARN that is not there.
    Task require_task(Transaction& tx, const std::string& arn) const;
    // The execution that has not ended, and its status.
    struct Current {
        std::string arn;
        std::string status;
    };
    std::optional<Current> current(Transaction& tx, const std::string& task) const;

    // Refuses options and filters which cannot be honoured between these locations.
    static void check_settings(const Json& settings, const Location& source,
                               const Location& destination);

  private:
    std::string status(Transaction& tx, const std::string& task) const;

    Site& site_;
    Locations& locations_;
    Schedules& schedules_;
};

// Refuses TaskMode ENHANCED.
void refuse_unoffered(const Json& request);

// The pattern list of Includes or Excludes; empty when there is none.
std::string filter_value(const Json& settings, const char* member);

}  // namespace lifeboat::local::datasync

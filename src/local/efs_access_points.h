// Access points: a directory of a file system with the user everything below it is done as.
//
// RootDirectory.CreationInfo makes the directory as soon as the access point is there (on AWS: when
// it is first mounted).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "local/efs_registry.h"
#include "local/service.h"

namespace lifeboat::local {

class EfsAccessPoints {
  public:
    EfsAccessPoints(Site& site, const EfsRegistry& registry) : site_(site), registry_(registry) {}

    std::vector<Operation> operations();
    // Of an access point's id or ARN. Throws Error AccessPointNotFound.
    std::string file_system_of(Transaction& tx, const std::string& id_or_arn) const;

  private:
    Json create(Transaction& tx, const Json& request);
    Json describe(Transaction& tx, const Json& request);
    Json remove(Transaction& tx, const Json& request);
    Json described(Transaction& tx, const std::string& id) const;

    Site& site_;
    const EfsRegistry& registry_;
};

}  // namespace lifeboat::local

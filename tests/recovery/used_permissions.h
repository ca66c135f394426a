// What functions and the state machine really call while the stories of this program are told, and
// whether the roles of the deployment allow that and nothing else.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "base/json_fwd.h"
#include "cloud/cloud.h"
#include "cloud/function.h"

namespace lifeboat::recovery::testing {

// An IAM action and what it was about where that is a table, a queue or a function, by its name;
// else "".
struct Use {
    std::string action;
    std::string about;
    auto operator<=>(const Use&) const = default;
};

class UsedPermissions {
  public:
    // Of the whole program: the stories are its tests.
    static UsedPermissions& all();

    // The same functions; what they call is noted under their names.
    cloud::Functions watched(cloud::Functions functions);
    // What the tasks of an execution of a state machine called, by its history.
    void note_execution(const std::string& machine, const Json& history);
    void note(const std::string& who, std::string_view service, std::string_view operation,
              const Json& request);

    // By function; a state machine is ":" and its name.
    std::map<std::string, std::set<Use>> uses() const;

  private:
    mutable std::mutex mutex_;
    std::map<std::string, std::set<Use>> uses_;
};

}  // namespace lifeboat::recovery::testing

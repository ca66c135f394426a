// Answers of calls that were made under a call token, kept for a day, so that repeating such a call
// after a crash has no second effect.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/json_fwd.h"
#include "local/database.h"
#include "local/jobs.h"

namespace lifeboat::local {

class CallLog {
  public:
    CallLog(Database& database, Jobs& jobs, const Clock& clock);

    // Both do nothing for an empty token.
    std::optional<Json> find(Transaction& tx, const std::string& token) const;
    void keep(Transaction& tx, const std::string& token, const Json& response) const;

    // Starts forgetting old answers.
    void start();

  private:
    Database& database_;
    Jobs& jobs_;
    const Clock& clock_;
};

}  // namespace lifeboat::local

// A cloud that answers as the test says and remembers what it was asked.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "cloud/cloud.h"

namespace lifeboat::recovery::testing {

struct RecordedCall {
    std::string operation;  // "dynamodb:GetItem"
    std::string request;    // JSON text
};

class ScriptedCloud final : public cloud::Cloud {
  public:
    using Answer = std::function<Json(const Json& request)>;

    // Replaces the answer to an operation ("states:StartExecution").
    void on(const std::string& operation, Answer answer);
    // Throws Error{Internal, "NotScripted"} for what has no answer.
    Json call(std::string_view service, std::string_view operation, const Json& request,
              const cloud::CallOptions& options) override;
    using cloud::Cloud::call;

    // Read it when no call is under way.
    std::vector<RecordedCall> calls;
    // The requests of one operation.
    std::vector<std::string> requests(const std::string& operation) const;

  private:
    std::mutex mutex_;  // of calls; one call at a time
    std::map<std::string, Answer> answers_;
};

}  // namespace lifeboat::recovery::testing

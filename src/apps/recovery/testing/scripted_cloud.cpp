#include "apps/recovery/testing/scripted_cloud.h"

#include "base/error.h"
#include "base/json.h"

namespace lifeboat::recovery::testing {

void ScriptedCloud::on(const std::string& operation, Answer answer) {
    answers_[operation] = std::move(answer);
}

Json ScriptedCloud::call(std::string_view service, std::string_view operation, const Json& request,
                         const cloud::CallOptions&) {
    const std::string name = std::string(service) + ":" + std::string(operation);
    const std::scoped_lock lock(mutex_);
    calls.push_back({name, to_text(request)});
    const auto found = answers_.find(name);
    if (found == answers_.end())
        throw Error(ErrorCategory::Internal, "NotScripted", "no answer to " + name);
    return found->second(request);
}

std::vector<std::string> ScriptedCloud::requests(const std::string& operation) const {
    std::vector<std::string> found;
    for (const RecordedCall& call : calls)
        if (call.operation == operation) found.push_back(call.request);
    return found;
}

}  // namespace lifeboat::recovery::testing

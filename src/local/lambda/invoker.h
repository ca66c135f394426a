// Runs functions, each on its caller's thread.
//
// Whatever a function throws is its outcome, never an exception here, as on Lambda: the payload is
// then {"errorType", "errorMessage", "trace"}. A function cannot be stopped from outside; it is
// told its deadline, and a result that comes later than that counts as "Sandbox.Timedout". Fault
// points: "lambda.before-function", "lambda.after-function".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/json_fwd.h"
#include "local/lambda/function_name.h"
#include "local/site.h"

namespace lifeboat::local::lambda {

// Lambda quotas, "Function configuration, deployment, and execution".
inline constexpr std::size_t kMostSynchronousBytes = 6 * 1024 * 1024;
inline constexpr std::size_t kMostAsynchronousBytes = 256 * 1024;

struct Outcome {
    bool failed = false;
    std::string payload;  // JSON text
    std::string log;      // the lines Lambda writes about an invocation
};

class Invoker {
  public:
    explicit Invoker(Site& site) : site_(site) {}

    // The function's name. Throws Error{NotFound, "ResourceNotFoundException"} when there is no
    // such function, or it has no such version.
    std::string resolve(const std::string& name,
                        const std::optional<std::string>& qualifier = std::nullopt) const;
    const cloud::FunctionDescription* find(const std::string& name) const;

    // A function that is no longer there is a failed outcome. Throws Error{Cancelled} when the
    // function gave up because this process stops: it has to run again.
    Outcome run(const std::string& name, const Json& event, const std::string& request_id) const;

  private:
    Site& site_;
};

// Of the payload of a failed outcome, for logs: "Type: message".
std::string failure_text(std::string_view payload);

}  // namespace lifeboat::local::lambda

// The Lambda Runtime API's loop: what a program does to be a custom runtime. It asks for an event,
// runs the function, hands back the answer or the error, and asks again.
//
// Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".
#pragma once

#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "cloud/function.h"
#include "cloud/http_client.h"

namespace lifeboat::cloud {

// Waiting for an event has no end: Lambda freezes the program meanwhile.
HttpClientOptions runtime_http_options();

class LambdaRuntime {
  public:
    // `api` is AWS_LAMBDA_RUNTIME_API (host:port). What is referred to outlives the runtime;
    // `place` is replaced by what an invocation's function ARN says.
    LambdaRuntime(const std::string& api, HttpTransport& transport, Cloud& cloud,
                  const Clock& clock, Random& random, Place place);

    // One event, from asking to handing back. Its outcome is logged: function, request id, time it
    // took, time that was left. An error of the function is handed back as errorType and
    // errorMessage, and Lambda repeats the event or not. Throws Error{Unavailable} when the Runtime
    // API does not answer as it must: the program is to end, and Lambda starts another.
    void serve_one(const std::string& name, const FunctionDescription& function);

    // Tells Lambda that the program cannot start, and why.
    void report_start_failure(const Error& error);

  private:
    HttpResponse post(const std::string& path, const Json& body, const std::string& error_type);

    const Url api_;
    HttpTransport& transport_;
    Cloud& cloud_;
    const Clock& clock_;
    Random& random_;
    Place place_;
};

}  // namespace lifeboat::cloud

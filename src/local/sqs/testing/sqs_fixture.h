// A local cloud with queues, for tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "local/testing/fixture.h"

namespace lifeboat::local::testing {

class SqsTest : public LocalCloudTest {
  protected:
    Json sqs(std::string_view operation, const Json& request);
    // The error's code.
    std::string refused(std::string_view operation, const Json& request);
    // The queue's URL.
    std::string make(const std::string& name);
    std::string make(const std::string& name, const Json& attributes);
    // `more` are members of the request.
    Json send(const std::string& url, const std::string& body);
    Json send(const std::string& url, const std::string& body, const Json& more);
    // The messages; ten at most, unless `more` says otherwise.
    Json receive(const std::string& url);
    Json receive(const std::string& url, const Json& more);
    static std::vector<std::string> bodies(const Json& messages);
    void remove(const std::string& url, const Json& message);
    std::string attribute(const std::string& url, const std::string& name);
    // Messages that wait, are in flight, and are delayed: "1 0 0".
    std::string counts(const std::string& url);
    static std::string arn(const std::string& name);
    // Attributes of a queue whose messages go to the queue `name` when received too often.
    static Json redrive_to(const std::string& name, int most);

    using Bodies = std::vector<std::string>;
};

}  // namespace lifeboat::local::testing

// A local cloud with something to map, for tests: a table "users" with a stream, a queue "work", a
// queue "failures", and the function "see", which keeps what it gets and fails for what the test
// says.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "local/testing/fixture.h"

namespace lifeboat::local::testing {

class MappingTest : public LocalCloudTest {
  protected:
    using Batches = std::vector<std::vector<std::string>>;

    MappingTest();

    // What the function does.
    virtual Json see(const Json& event, cloud::Cloud& own);

    // The mapping's UUID; `more` are members of the request.
    std::string map(const Json& more, const std::string& source);
    // From its beginning.
    std::string map_stream();
    std::string map_stream(const Json& more);
    std::string map_queue();
    std::string map_queue(const Json& more);
    Json shown(const std::string& uuid);

    void put(const std::string& id);
    void send(const std::string& body);
    // Lets back-offs pass, without a day going by.
    void come_to_rest();

    // What the function got last.
    Json last_event() const;
    // What came to the queue "failures" since the last look.
    std::vector<Json> reported();
    // Messages in the queue "work", also those in flight.
    int in_work();

    static std::string queue_arn(const std::string& name);
    // Members that send what fails to the queue "failures".
    static Json on_failure();
    // The id of an item, or the body of a message.
    static std::string id_of(const Json& record);

    cloud::Functions functions;
    std::string stream, failures, work;
    std::set<std::string> bad;
    bool reports = false;  // failed items, instead of failing itself
    // One mapping calls its function once at a time.
    Batches batches;
    std::map<std::string, int> seen;

  private:
    std::string last_event_;  // JSON text
};

}  // namespace lifeboat::local::testing

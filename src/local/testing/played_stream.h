// A table's stream in another cloud, played: shards of pages, as DynamoDB Streams shows them. Pages
// may be empty, iterators expire when the test says so.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "cloud/cloud.h"

namespace lifeboat::local::testing {

class PlayedStream final : public cloud::Cloud {
  public:
    struct Shard {
        std::string id;
        std::string parent;                           // empty: none
        std::vector<std::vector<std::string>> pages;  // the ids of items; each names one record
        bool closed = false;
    };

    static std::string arn();

    // Answers DescribeStream, GetShardIterator and GetRecords; refuses everything else. Records
    // have sequence numbers that rise from page to page and from shard to shard.
    Json call(std::string_view service, std::string_view operation, const Json& request,
              const cloud::CallOptions& options) override;
    using cloud::Cloud::call;

    // Iterators given out so far have expired.
    void expire_iterators();
    // The calls of an operation so far.
    int calls(const std::string& operation) const;

    // The test's, between calls.
    std::vector<Shard> shards;
    int shards_a_page = 100;

  private:
    Json describe(const Json& request) const;
    Json iterator(const Json& request) const;
    Json records(const Json& request) const;
    const Shard& shard(const std::string& id) const;

    mutable std::mutex mutex_;
    std::map<std::string, int> calls_;
    int generation_ = 0;
};

}  // namespace lifeboat::local::testing

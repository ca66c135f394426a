// An S3 in memory, as far as trees in buckets need it; for tests. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/json_fwd.h"
#include "cloud/cloud.h"

namespace lifeboat::bucket::testing {

class MemoryS3 final : public cloud::Cloud {
  public:
    using cloud::Cloud::call;
    Json call(std::string_view service, std::string_view operation, const Json& request,
              const cloud::CallOptions& options) override;

    // From now on `change` may change each answer, in the calling thread. What it throws is the
    // answer.
    using Change =
        std::function<void(std::string_view operation, const Json& request, Json& answer)>;
    void change_answers(Change change) { change_ = std::move(change); }

    std::size_t objects();
    std::size_t uploads();

  private:
    struct Stored {
        std::string bytes;
        std::string etag;
        std::string metadata;  // JSON text
    };
    struct Upload {
        std::string key;
        std::string metadata;
        std::map<std::int64_t, std::string> parts;
    };
    Json answer(std::string_view operation, const Json& request);
    Json read(std::string_view operation, const Json& request) const;
    Json list(const Json& request) const;
    Json multipart(std::string_view operation, const Json& request);

    Change change_;
    std::mutex mutex_;
    std::map<std::string, Stored> objects_;
    std::map<std::string, Upload> uploads_;
    int last_upload_ = 0;
};

}  // namespace lifeboat::bucket::testing

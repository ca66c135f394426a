// The local cloud: the services Lifeboat uses, embedded, durable in one directory.
//
// It is the host of the services (service.h): it owns the database, the background jobs and the
// event bus, and does what every call has in common.
//
//   data/lifeboat.db      everything but files
//   data/efs/<fs>/<uid>/  home directories
//   data/s3/              bytes of objects
//   data/lock             held while a process has the directory open
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "cloud/arn.h"
#include "cloud/cloud.h"
#include "cloud/function.h"
#include "local/elsewhere.h"
#include "local/jobs.h"
#include "local/service.h"
#include "local/settings.h"

namespace lifeboat::local {

struct CloudOptions {
    std::filesystem::path data;
    cloud::Place place;
    Settings settings;
    Elsewhere::Clouds elsewhere;
    int job_threads = 16;
};

class Cloud final : public cloud::Cloud {
  public:
    // Opens or creates the data directory (mode 0711). Throws Error{Unavailable,
    // "DataDirectoryInUse"} when another process has it open, and as Elsewhere does. `clock`,
    // `random` outlive the cloud.
    Cloud(CloudOptions options, cloud::Functions functions, const Clock& clock, Random& random);
    ~Cloud() override;
    Cloud(const Cloud&) = delete;
    Cloud& operator=(const Cloud&) = delete;

    // As this process: the account's root.
    Json call(std::string_view service, std::string_view operation, const Json& request,
              const cloud::CallOptions& options) override;
    using cloud::Cloud::call;
    // As somebody whom the endpoint has verified.
    Json call_as(const Caller& caller, std::string_view service, std::string_view operation,
                 const Json& request, const cloud::CallOptions& options);

    // Starts background work, with what the last process left undone.
    void start();
    // Waits until no background work is due or running; false when `patience` ran out first.
    bool settle(std::chrono::milliseconds patience);
    // Ends background work (it goes on at the next start) and closes. Idempotent.
    void stop();

    Caller root_caller() const;
    const cloud::Place& place() const;
    bool offers(std::string_view service, std::string_view operation) const;
    std::map<std::string, Jobs::Counts> job_counts() const;
    // Names of "service:operation", for tests and documentation.
    std::vector<std::string> operation_names() const;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace lifeboat::local

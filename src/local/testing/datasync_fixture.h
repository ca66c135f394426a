// The DataSync service by itself: real database, jobs and files; the efs service is played. For
// tests.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "base/random.h"
#include "base/testing/manual_clock.h"
#include "cloud/cloud.h"
#include "local/database.h"
#include "local/event_sink.h"
#include "local/jobs.h"
#include "local/service.h"
#include "local/site.h"
#include "os/testing/temporary_directory.h"

namespace lifeboat::local::testing {

inline constexpr const char* kFileSystem = "fs-0123456789abcdef0";

// The file system, and one bucket: "reports".
class PlayedCloud final : public cloud::Cloud {
  public:
    using cloud::Cloud::call;
    Json call(std::string_view service, std::string_view operation, const Json& request,
              const cloud::CallOptions&) override;

    std::map<std::string, std::string> objects;

  private:
    Json call_s3(std::string_view operation, const Json& request);
};

class RecordedEvents final : public EventSink {
  public:
    void publish(Transaction&, const Json& event) override;
    std::vector<std::string> states;
};

// What the local cloud does around a service, in small.
struct DataSyncHost {
    DataSyncHost(const std::filesystem::path& data,
                 std::map<std::string, std::string, std::less<>> values, const Clock& clock,
                 Random& random);
    ~DataSyncHost();

    Json call(const std::string& name, const Json& request, const std::string& token);

    std::filesystem::path data_directory;
    Database database;
    Jobs jobs;
    Settings settings;
    cloud::Place place;
    PlayedCloud cloud;
    RecordedEvents events;
    Elsewhere elsewhere;
    cloud::Functions functions;
    Site site;
    std::unique_ptr<Service> service;
    std::map<std::string, Operation> operations;
};

class DataSyncTest : public ::testing::Test {
  protected:
    DataSyncTest();
    ~DataSyncTest() override;

    std::filesystem::path home(const std::string& uid) const;
    static void write(const std::filesystem::path& path, std::string_view content);
    static std::string read(const std::filesystem::path& path);

    DataSyncHost& host();
    Json ok(const std::string& operation, const Json& request, const std::string& token = "");
    // The code of the error and, in brackets, datasyncErrorCode.
    std::string refused(const std::string& operation, const Json& request);

    std::string efs_location(const std::string& subdirectory, const std::string& token = "");
    static Json efs_request(const std::string& subdirectory);
    // From one home to the other.
    std::string task();
    std::string task(const Json& options, const std::string& from = "/200000",
                     const std::string& to = "/200005");
    std::string start(const std::string& task_arn);
    Json execution(const std::string& arn);
    void settle();
    static Json manifest_config(const std::string& bucket, const std::string& key);
    static Json report_config(const std::string& level);
    // What a task report's object holds; the section's entries for a detailed one.
    Json report(const std::string& execution, const std::string& file);
    // The options a recovery uses, as far as this process may.
    static Json recovery_options();

    os::testing::TemporaryDirectory temporary_;
    lifeboat::testing::ManualClock clock_;
    SeededRandom random_{1};
    std::map<std::string, std::string, std::less<>> settings_;
    std::unique_ptr<DataSyncHost> host_;
};

}  // namespace lifeboat::local::testing

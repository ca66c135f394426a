// The DataSync service by itself: real database, jobs and files; the efs service is played.
#include "local/datasync/service.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/encoding.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/testing/manual_clock.h"
#include "cloud/model.h"
#include "local/database.h"
#include "local/event_sink.h"
#include "local/jobs.h"
#include "local/site.h"
#include "os/testing/temporary_directory.h"

namespace lifeboat::local {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFileSystem = "fs-0123456789abcdef0";

// The file system, and one bucket: "reports".
class PlayedCloud final : public cloud::Cloud {
  public:
    using cloud::Cloud::call;
    Json call(std::string_view service, std::string_view operation, const Json& request,
              const cloud::CallOptions&) override {
        if (service == "s3") return call_s3(operation, request);
        EXPECT_EQ(service, "efs");
        EXPECT_EQ(operation, "DescribeFileSystems");
        if (request.at("FileSystemId") != kFileSystem)
            throw Error(ErrorCategory::NotFound, "FileSystemNotFound", "no such file system");
        return {{"FileSystems", {{{"FileSystemId", kFileSystem}}}}};
    }

    std::map<std::string, std::string> objects;

  private:
    Json call_s3(std::string_view operation, const Json& request) {
        if (request.at("Bucket") != "reports")
            throw Error(ErrorCategory::NotFound, "NoSuchBucket", "no such bucket");
        const std::string key = request.at("Key");
        if (operation == "PutObject") {
            objects[key] = base64_decode(request.at("Body").get<std::string>()).value_or("?");
            return Json::object();
        }
        EXPECT_EQ(operation, "GetObject");
        if (!objects.contains(key))
            throw Error(ErrorCategory::NotFound, "NoSuchKey", "no such key");
        return {{"Body", base64_encode(objects[key])}};
    }
};

class RecordedEvents final : public EventSink {
  public:
    void publish(Transaction&, const Json& event) override {
        states.push_back(event.at("detail").at("State"));
    }
    std::vector<std::string> states;
};

// What the local cloud does around a service, in small.
struct Host {
    Host(const fs::path& data, std::map<std::string, std::string, std::less<>> values,
         const Clock& clock, Random& random)
        : data_directory(data),
          database(data / "lifeboat.db"),
          jobs(database, clock, random),
          settings(std::move(values)),
          site{database, jobs,  clock,     random, place,    data_directory,
               settings, cloud, elsewhere, events, functions},
          service(make_datasync_service(site)) {
        database.migrate(service->name(), service->schema());
        for (Operation& operation : service->operations())
            operations.emplace(operation.name, operation);
        service->prepare();
    }
    ~Host() { jobs.stop(); }

    Json call(const std::string& name, const Json& request, const std::string& token) {
        cloud::validate(cloud::service_model("datasync").operation(name), request);
        const Operation& operation = operations.at(name);
        Caller caller;
        caller.call_token = token;
        if (operation.block) return operation.block(request, caller);
        if (operation.read)
            return database.read(
                [&](Transaction& tx) { return operation.read(tx, request, caller); });
        return database.write(
            [&](Transaction& tx) { return operation.write(tx, request, caller); });
    }

    fs::path data_directory;
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
    DataSyncTest() {
        fs::create_directories(home("200000"));
        fs::create_directories(home("200005"));
        settings_["datasync.local_roots"] = temporary_.path() / "allowed";
        fs::create_directories(temporary_.path() / "allowed" / "below");
    }
    ~DataSyncTest() override { fault::install(""); }

    fs::path home(const std::string& uid) const {
        return temporary_.path() / "efs" / kFileSystem / uid;
    }
    static void write(const fs::path& path, std::string_view content) {
        fs::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << content;
    }
    static std::string read(const fs::path& path) {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    Host& host() {
        if (!host_) host_ = std::make_unique<Host>(temporary_.path(), settings_, clock_, random_);
        return *host_;
    }
    Json ok(const std::string& operation, const Json& request, const std::string& token = "") {
        try {
            return host().call(operation, request, token);
        } catch (const Error& error) {
            ADD_FAILURE() << operation << ": " << error.what();
            return Json::object();
        }
    }
    // The code of the error and, in brackets, datasyncErrorCode.
    std::string refused(const std::string& operation, const Json& request) {
        try {
            host().call(operation, request, "");
            return "";
        } catch (const Error& error) {
            const auto code = find_string(error.members(), "datasyncErrorCode");
            return error.code() + (code ? "[" + *code + "]" : "");
        }
    }

    std::string efs_location(const std::string& subdirectory, const std::string& token = "") {
        return ok("CreateLocationEfs", efs_request(subdirectory), token).value("LocationArn", "");
    }
    static Json efs_request(const std::string& subdirectory) {
        return {
            {"EfsFilesystemArn",
             std::string("arn:aws:elasticfilesystem:us-east-1:000000000000:file-system/") +
                 kFileSystem},
            {"Subdirectory", subdirectory},
            {"Ec2Config",
             {{"SubnetArn", "arn:aws:ec2:us-east-1:000000000000:subnet/subnet-0a"},
              {"SecurityGroupArns", {"arn:aws:ec2:us-east-1:000000000000:security-group/sg-0a"}}}}};
    }
    std::string task(Json options = Json::object(), const std::string& from = "/200000",
                     const std::string& to = "/200005") {
        return ok("CreateTask", {{"SourceLocationArn", efs_location(from)},
                                 {"DestinationLocationArn", efs_location(to)},
                                 {"Options", std::move(options)}})
            .value("TaskArn", "");
    }
    std::string start(const std::string& task_arn) {
        return ok("StartTaskExecution", {{"TaskArn", task_arn}}).value("TaskExecutionArn", "");
    }
    Json execution(const std::string& arn) {
        return ok("DescribeTaskExecution", {{"TaskExecutionArn", arn}});
    }
    void settle() {
        host().jobs.start(4);
        ASSERT_TRUE(host().jobs.settle(std::chrono::seconds(60)));
    }
    static Json manifest_config(const std::string& bucket, const std::string& key) {
        return {{"Action", "TRANSFER"},
                {"Format", "CSV"},
                {"Source",
                 {{"S3",
                   {{"S3BucketArn", bucket},
                    {"ManifestObjectPath", key},
                    {"BucketAccessRoleArn", "arn:aws:iam::000000000000:role/reader"}}}}}};
    }
    static Json report_config(const std::string& level) {
        return {{"OutputType", "STANDARD"},
                {"ReportLevel", level},
                {"Destination",
                 {{"S3",
                   {{"S3BucketArn", "arn:aws:s3:::reports"},
                    {"Subdirectory", "/datasync"},
                    {"BucketAccessRoleArn", "arn:aws:iam::000000000000:role/writer"}}}}}};
    }
    // What a task report's object holds; the section's entries for a detailed one.
    Json report(const std::string& execution, const std::string& file) {
        const std::string id = execution.substr(execution.rfind('/') + 1);
        const std::string task_id = execution.substr(execution.find("task-"), 22);
        const bool is_summary = file.empty();
        const std::string key = std::string("datasync/") + (is_summary ? "Summary" : "Detailed") +
                                "-Reports/" + task_id + "/" + id + "/" + id +
                                (is_summary ? "" : ".files-" + file + "-v1-00001") + ".json";
        const auto found = host().cloud.objects.find(key);
        return found == host().cloud.objects.end() ? Json() : parse_json(found->second, key);
    }

    // The options a recovery uses, as far as this process may.
    static Json recovery_options() {
        Json options = {{"OverwriteMode", "NEWER"}};
        if (::geteuid() == 0) {
            options["OwnerUid"] = 200005;
            options["OwnerGid"] = 1001;
        }
        return options;
    }

    os::testing::TemporaryDirectory temporary_;
    lifeboat::testing::ManualClock clock_{from_epoch_seconds(1767345504)};
    SeededRandom random_{1};
    std::map<std::string, std::string, std::less<>> settings_;
    std::unique_ptr<Host> host_;
};

TEST_F(DataSyncTest, CopiesAHomeAndSaysSo) {
    write(home("200000") / "notebook.ipynb", "work");
    write(home("200000") / "data" / "set.csv", "1,2,3");
    fs::create_symlink("data/set.csv", home("200000") / "latest");
    const std::string arn = task(recovery_options());
    const std::string run = start(arn);
    EXPECT_EQ(execution(run)["Status"], "QUEUED");
    EXPECT_EQ(ok("DescribeTask", {{"TaskArn", arn}})["Status"], "QUEUED");
    settle();
    const Json done = execution(run);
    EXPECT_EQ(done["Status"], "SUCCESS") << done;
    EXPECT_EQ(done["FilesTransferred"], 4);  // two files, a link, a directory
    EXPECT_EQ(done["EstimatedFilesToTransfer"], 4);
    EXPECT_EQ(done["BytesWritten"], 9);
    EXPECT_EQ(done["BytesTransferred"], 9);
    EXPECT_EQ(done["Result"]["TransferStatus"], "SUCCESS");
    EXPECT_EQ(done["Result"]["VerifyStatus"], "SUCCESS");
    EXPECT_GE(done["Result"]["TotalDuration"], 0);
    EXPECT_EQ(done["Options"]["VerifyMode"], "POINT_IN_TIME_CONSISTENT");
    EXPECT_EQ(read(home("200005") / "latest"), "1,2,3");
    if (::geteuid() == 0) {
        struct stat status {};
        ASSERT_EQ(::stat((home("200005") / "notebook.ipynb").c_str(), &status), 0);
        EXPECT_EQ(status.st_uid, 200005U);
    }
    EXPECT_EQ(host().events.states,
              (std::vector<std::string>{"QUEUED", "LAUNCHING", "PREPARING", "TRANSFERRING",
                                        "VERIFYING", "SUCCESS"}));
    EXPECT_EQ(ok("DescribeTask", {{"TaskArn", arn}})["Status"], "AVAILABLE");
}

TEST_F(DataSyncTest, LocationsDescribeThemselves) {
    const std::string arn = efs_location("/200000//");
    const Json location = ok("DescribeLocationEfs", {{"LocationArn", arn}});
    EXPECT_EQ(location["LocationUri"], std::string("efs://us-east-1.") + kFileSystem + "/200000/");
    EXPECT_EQ(location["InTransitEncryption"], "NONE");
    EXPECT_EQ(location["CreationTime"], 1767345504.0);
    EXPECT_EQ(ok("DescribeLocationEfs", {{"LocationArn", efs_location("")}})["LocationUri"],
              std::string("efs://us-east-1.") + kFileSystem + "/");
    EXPECT_EQ(refused("DescribeLocationNfs", {{"LocationArn", arn}}),
              "InvalidRequestException[InvalidParameter]");
    ok("DeleteLocation", {{"LocationArn", arn}});
    EXPECT_EQ(refused("DescribeLocationEfs", {{"LocationArn", arn}}),
              "InvalidRequestException[LocationNotFound]");
}

TEST_F(DataSyncTest, ARepeatedCreateMakesOneLocation) {
    EXPECT_EQ(efs_location("/200000", "token"), efs_location("/200000", "token"));
    EXPECT_EQ(ok("ListLocations", Json::object())["Locations"].size(), 1U);
}

TEST_F(DataSyncTest, RefusesLocationsThatCannotBe) {
    Json request = efs_request("/../etc");
    EXPECT_EQ(refused("CreateLocationEfs", request), "InvalidRequestException[InvalidParameter]");
    request = efs_request("/");
    request["EfsFilesystemArn"] =
        "arn:aws:elasticfilesystem:us-east-1:000000000000:file-system/fs-00000000";
    EXPECT_EQ(refused("CreateLocationEfs", request),
              "InvalidRequestException[EfsFileSystemNotFound]");
    request["EfsFilesystemArn"] = "fs-1";
    EXPECT_EQ(refused("CreateLocationEfs", request), "ValidationException");
    request = efs_request("/");
    request["FileSystemAccessRoleArn"] = "arn:aws:iam::000000000000:role/r";
    EXPECT_EQ(refused("CreateLocationEfs", request), "InvalidRequestException[InvalidParameter]");
}

TEST_F(DataSyncTest, LocalDirectoriesAreAllowedOnlyBelowTheConfiguredRoots) {
    const auto request = [&](const std::string& path) {
        return Json{{"ServerHostname", "localhost"},
                    {"Subdirectory", path},
                    {"OnPremConfig",
                     {{"AgentArns",
                       {"arn:aws:datasync:us-east-1:000000000000:agent/agent-"
                        "0123456789abcdef0"}}}}};
    };
    const std::string root = (temporary_.path() / "allowed").string();
    for (const std::string& path : {std::string("/etc"), root + "x", root + "/../efs"})
        EXPECT_NE(refused("CreateLocationNfs", request(path)), "") << path;
    const Json made = ok("CreateLocationNfs", request(root + "/below"));
    write(temporary_.path() / "allowed" / "below" / "file", "x");
    const Json task_made = ok("CreateTask", {{"SourceLocationArn", made["LocationArn"]},
                                             {"DestinationLocationArn", efs_location("/200005")}});
    const std::string run = start(task_made["TaskArn"]);
    settle();
    EXPECT_EQ(execution(run)["Status"], "SUCCESS");
    EXPECT_EQ(read(home("200005") / "file"), "x");
    // A link put there later leads nowhere.
    fs::remove_all(temporary_.path() / "allowed" / "below");
    fs::create_directory_symlink("/etc", temporary_.path() / "allowed" / "below");
    const std::string again = start(task_made["TaskArn"]);
    ASSERT_TRUE(host().jobs.settle(std::chrono::seconds(60)));
    EXPECT_EQ(execution(again)["Status"], "ERROR");
}

TEST_F(DataSyncTest, TheQuotaOfTasksIsEnforced) {
    settings_["datasync.task_quota"] = "2";
    const std::string first = task();
    task();
    EXPECT_EQ(refused("CreateTask", {{"SourceLocationArn", efs_location("/200000")},
                                     {"DestinationLocationArn", efs_location("/200005")}}),
              "InvalidRequestException[TaskLimitExceeded]");
    ok("DeleteTask", {{"TaskArn", first}});
    EXPECT_NE(task(), "");
}

TEST_F(DataSyncTest, OneExecutionOfATaskAtATime) {
    const std::string arn = task();
    const std::string run = start(arn);
    EXPECT_EQ(refused("StartTaskExecution", {{"TaskArn", arn}}),
              "InvalidRequestException[TaskAlreadyRunning]");
    EXPECT_EQ(refused("DeleteTask", {{"TaskArn", arn}}), "InvalidRequestException[TaskInUse]");
    settle();
    EXPECT_NE(start(arn), run);
}

TEST_F(DataSyncTest, RefusesSettingsThatCannotBeHonoured) {
    const std::string from = efs_location("/200000");
    const std::string to = efs_location("/200005");
    const auto create = [&](Json extra) {
        Json request = {{"SourceLocationArn", from}, {"DestinationLocationArn", to}};
        request.update(extra);
        return refused("CreateTask", request);
    };
    const std::string no = "InvalidRequestException";
    for (const Json& options :
         {Json{{"PreserveDevices", "PRESERVE"}}, Json{{"Atime", "NONE"}}, Json{{"Uid", "NAME"}},
          Json{{"BytesPerSecond", 0}}, Json{{"SecurityDescriptorCopyFlags", "OWNER_DACL"}},
          Json{{"PreserveDeletedFiles", "REMOVE"}, {"TransferMode", "ALL"}}})
        EXPECT_TRUE(create({{"Options", options}}).starts_with(no)) << options;
    EXPECT_EQ(create({{"Options", {{"VerifyMode", "SOMETIMES"}}}}), "ValidationException");
    EXPECT_TRUE(create({{"Schedule", {{"ScheduleExpression", "daily"}}}}).starts_with(no));
    EXPECT_TRUE(create({{"ManifestConfig", {{"Format", "JSON"}}}}).starts_with(no));
    EXPECT_TRUE(create({{"ManifestConfig", manifest_config("homes", "list.csv")}}).starts_with(no));
    EXPECT_TRUE(create({{"ManifestConfig", manifest_config("arn:aws:s3:::homes", "list.csv")},
                        {"Options", {{"PreserveDeletedFiles", "REMOVE"}}}})
                    .starts_with(no));
    EXPECT_TRUE(create({{"TaskReportConfig", {{"OutputType", "STANDARD"}}}}).starts_with(no));
    EXPECT_TRUE(create({{"TaskReportConfig", report_config("ALL")}}).starts_with(no));
    EXPECT_TRUE(create({{"TaskMode", "ENHANCED"}}).starts_with(no));
    EXPECT_TRUE(create({{"Excludes", {{{"Value", "relative"}}}}}).starts_with(no));
    EXPECT_TRUE(create({{"DestinationLocationArn", from}}).starts_with(no));
}

TEST_F(DataSyncTest, AManifestSaysWhatIsCopied) {
    write(home("200000") / "a", "1");
    write(home("200000") / "b", "2");
    host().cloud.objects["list.csv"] = "/a\nmissing\n";
    const std::string arn = task(recovery_options());
    ok("UpdateTask",
       {{"TaskArn", arn}, {"ManifestConfig", manifest_config("arn:aws:s3:::reports", "list.csv")}});
    const std::string run = start(arn);
    settle();
    EXPECT_EQ(read(home("200005") / "a"), "1");
    EXPECT_FALSE(fs::exists(home("200005") / "b"));
    EXPECT_EQ(execution(run)["Status"], "ERROR");
    EXPECT_NE(execution(run)["Result"]["ErrorDetail"].get<std::string>().find("missing"),
              std::string::npos);
    host().cloud.objects.clear();
    const std::string unreadable = start(arn);
    settle();
    EXPECT_EQ(execution(unreadable)["Result"]["ErrorCode"], "ManifestNotReadable");
    // An empty one takes it away.
    ok("UpdateTask", {{"TaskArn", arn}, {"ManifestConfig", Json::object()}});
    const std::string whole = start(arn);
    settle();
    EXPECT_EQ(execution(whole)["Status"], "SUCCESS");
    EXPECT_EQ(read(home("200005") / "b"), "2");
}

TEST_F(DataSyncTest, ATaskReportSaysWhatBecameOfEachFile) {
    write(home("200000") / "a", "12345");
    write(home("200000") / "bad", "x");
    const std::string arn = task(recovery_options());
    ok("UpdateTask",
       {{"TaskArn", arn}, {"TaskReportConfig", report_config("SUCCESSES_AND_ERRORS")}});
    const std::string run = start(arn);
    EXPECT_EQ(execution(run)["ReportResult"]["Status"], "PENDING");
    settle();
    EXPECT_EQ(execution(run)["ReportResult"]["Status"], "SUCCESS") << execution(run);
    const Json summary = report(run, "");
    EXPECT_EQ(summary["Status"], "SUCCESS");
    EXPECT_EQ(summary["FilesTransferred"], execution(run)["FilesTransferred"]);
    EXPECT_EQ(summary["DestinationLocation"]["LocationUri"].get<std::string>().substr(0, 6),
              "efs://");
    const Json transferred = report(run, "transferred")["Transferred"];
    const auto a = std::find_if(transferred.begin(), transferred.end(),
                                [](const Json& entry) { return entry["RelativePath"] == "/a"; });
    ASSERT_NE(a, transferred.end()) << transferred;
    EXPECT_EQ((*a)["TransferStatus"], "SUCCESS");
    EXPECT_EQ((*a)["TransferType"], "CONTENT_AND_METADATA");
    EXPECT_EQ((*a)["SrcMetadata"]["ContentSize"], 5);
    EXPECT_EQ((*a)["SrcMetadata"]["Type"], "Regular");
    // The home itself, too.
    EXPECT_EQ(report(run, "verified")["Verified"].size(), 3U);

    ok("UpdateTask", {{"TaskArn", arn}, {"TaskReportConfig", report_config("ERRORS_ONLY")}});
    write(home("200000") / "bad", "changed");
    fault::install("mover.file-write=eio");
    const std::string failing = start(arn);
    settle();
    fault::install("");
    const Json errors = report(failing, "transferred")["Transferred"];
    ASSERT_EQ(errors.size(), 1U) << errors;
    EXPECT_EQ(errors[0]["RelativePath"], "/bad");
    EXPECT_EQ(errors[0]["TransferStatus"], "FAILED");
    EXPECT_EQ(errors[0]["ErrorCode"], "EIO");
    EXPECT_EQ(report(failing, "")["Status"], "ERROR");
}

TEST_F(DataSyncTest, AReportThatCannotBeWrittenDoesNotStopTheCopy) {
    write(home("200000") / "a", "1");
    const std::string arn = task(recovery_options());
    Json config = report_config("ERRORS_ONLY");
    config["Destination"]["S3"]["S3BucketArn"] = "arn:aws:s3:::no-such-bucket";
    ok("UpdateTask", {{"TaskArn", arn}, {"TaskReportConfig", config}});
    const std::string run = start(arn);
    settle();
    EXPECT_EQ(execution(run)["Status"], "SUCCESS");
    EXPECT_EQ(execution(run)["ReportResult"]["Status"], "ERROR");
    EXPECT_EQ(execution(run)["ReportResult"]["ErrorCode"], "NoSuchBucket");
}

TEST_F(DataSyncTest, ASchedulesTaskStartsByItself) {
    write(home("200000") / "a", "1");
    const std::string arn = task(recovery_options());
    const Json hourly = {{"ScheduleExpression", "rate(1 hour)"}, {"Status", "ENABLED"}};
    ok("UpdateTask", {{"TaskArn", arn}, {"Schedule", hourly}});
    EXPECT_EQ(ok("DescribeTask", {{"TaskArn", arn}})["Schedule"], hourly);
    settle();
    const auto runs = [&] {
        return ok("ListTaskExecutions", {{"TaskArn", arn}})["TaskExecutions"].size();
    };
    EXPECT_EQ(runs(), 0U);
    for (std::size_t hour = 1; hour <= 2; ++hour) {
        clock_.advance(std::chrono::minutes(61));
        ASSERT_TRUE(host().jobs.settle(std::chrono::seconds(60)));
        EXPECT_EQ(runs(), hour);
    }
    EXPECT_EQ(read(home("200005") / "a"), "1");
    ok("UpdateTask",
       {{"TaskArn", arn},
        {"Schedule", {{"ScheduleExpression", "rate(1 hour)"}, {"Status", "DISABLED"}}}});
    clock_.advance(std::chrono::hours(5));
    ASSERT_TRUE(host().jobs.settle(std::chrono::seconds(60)));
    EXPECT_EQ(runs(), 2U);
    ok("UpdateTask", {{"TaskArn", arn}, {"Schedule", hourly}});
    ok("DeleteTask", {{"TaskArn", arn}});
    clock_.advance(std::chrono::hours(5));
    ASSERT_TRUE(host().jobs.settle(std::chrono::seconds(60)));
}

TEST_F(DataSyncTest, ALocationInUseStays) {
    const Json described = ok("DescribeTask", {{"TaskArn", task()}});
    const Json location = {{"LocationArn", described["SourceLocationArn"]}};
    EXPECT_EQ(refused("DeleteLocation", location), "InvalidRequestException[LocationInUse]");
    ok("DeleteTask", {{"TaskArn", described["TaskArn"]}});
    ok("DeleteLocation", location);
}

TEST_F(DataSyncTest, UpdatedTasksRunWithTheirNewOptions) {
    write(home("200000") / "keep", "x");
    write(home("200000") / "cache" / "big", "x");
    const std::string arn = task({{"VerifyMode", "NONE"}});
    ok("UpdateTask", {{"TaskArn", arn},
                      {"Name", "nightly"},
                      {"Options", {{"TransferMode", "ALL"}}},
                      {"Excludes", {{{"FilterType", "SIMPLE_PATTERN"}, {"Value", "/cache"}}}}});
    const Json described = ok("DescribeTask", {{"TaskArn", arn}});
    EXPECT_EQ(described["Options"]["VerifyMode"], "NONE");
    EXPECT_EQ(described["Options"]["TransferMode"], "ALL");
    EXPECT_EQ(described["Name"], "nightly");
    const std::string run = start(arn);
    settle();
    EXPECT_EQ(execution(run)["Excludes"][0]["Value"], "/cache");
    EXPECT_TRUE(fs::exists(home("200005") / "keep"));
    EXPECT_FALSE(fs::exists(home("200005") / "cache"));
}

TEST_F(DataSyncTest, AMissingSourceEndsInAnError) {
    const std::string arn = task(Json::object(), "/gone");
    const std::string run = start(arn);
    settle();
    const Json done = execution(run);
    EXPECT_EQ(done["Status"], "ERROR");
    EXPECT_EQ(done["Result"]["ErrorCode"], "LocationNotFound");
    EXPECT_EQ(ok("DescribeTask", {{"TaskArn", arn}})["ErrorCode"], "LocationNotFound");
    EXPECT_EQ(ok("DescribeTask", {{"TaskArn", arn}})["Status"], "AVAILABLE");
}

TEST_F(DataSyncTest, AFileThatCannotBeCopiedIsNamedAndTheRestArrives) {
    write(home("200000") / "a", "x");
    write(home("200000") / "b", "x");
    const std::string run = start(task());
    fault::install("mover.file-write=enospc");
    settle();
    fault::install("");
    const Json done = execution(run);
    EXPECT_EQ(done["Status"], "ERROR");
    EXPECT_EQ(done["Result"]["ErrorCode"], "FilesNotTransferred");
    EXPECT_NE(done["Result"]["ErrorDetail"].get<std::string>().find("ENOSPC"), std::string::npos);
    EXPECT_EQ(done["Result"]["TransferStatus"], "ERROR");
    EXPECT_NE(fs::exists(home("200005") / "a"), fs::exists(home("200005") / "b"));
}

TEST_F(DataSyncTest, ACancelledExecutionEndsAndTheNextOneRepairs) {
    write(home("200000") / "a", std::string(100000, 'x'));
    // One byte a second of a clock that stands still: it never ends by itself.
    const std::string arn = task({{"BytesPerSecond", 1}});
    std::string run = start(arn);
    host().jobs.start(2);
    while (execution(run)["Status"] != "TRANSFERRING")
        std::this_thread::yield();
    ok("CancelTaskExecution", {{"TaskExecutionArn", run}});
    ASSERT_TRUE(host().jobs.settle(std::chrono::seconds(60)));
    EXPECT_EQ(execution(run)["Status"], "ERROR");
    EXPECT_EQ(execution(run)["Result"]["ErrorCode"], "Cancelled");
    EXPECT_EQ(refused("CancelTaskExecution", {{"TaskExecutionArn", run}}),
              "InvalidRequestException[TaskExecutionNotRunning]");
    EXPECT_TRUE(fs::is_empty(home("200005")));
    // The rate can be changed while it runs.
    run = start(arn);
    while (execution(run)["Status"] != "TRANSFERRING")
        std::this_thread::yield();
    EXPECT_NE(refused("UpdateTaskExecution",
                      {{"TaskExecutionArn", run}, {"Options", {{"VerifyMode", "NONE"}}}}),
              "");
    ok("UpdateTaskExecution", {{"TaskExecutionArn", run}, {"Options", {{"BytesPerSecond", -1}}}});
    ASSERT_TRUE(host().jobs.settle(std::chrono::seconds(60)));
    EXPECT_EQ(execution(run)["Status"], "SUCCESS");
    EXPECT_EQ(execution(run)["Options"]["BytesPerSecond"], -1);
}

TEST_F(DataSyncTest, ACancelledExecutionThatHasNotBegunNeverBegins) {
    write(home("200000") / "a", "x");
    const std::string run = start(task());
    ok("CancelTaskExecution", {{"TaskExecutionArn", run}});
    EXPECT_EQ(execution(run)["Status"], "CANCELLING");
    settle();
    EXPECT_EQ(execution(run)["Status"], "ERROR");
    EXPECT_TRUE(fs::is_empty(home("200005")));
}

TEST_F(DataSyncTest, AStoppedProcessGoesOnAtTheNextStart) {
    write(home("200000") / "a", std::string(1000, 'x'));
    // Both roots may be as old as each other, to the clock's tick: let this one be older for sure.
    fs::last_write_time(home("200000"), fs::file_time_type::clock::now() - std::chrono::hours(1));
    const std::string arn = task({{"BytesPerSecond", 1}});
    const std::string run = start(arn);
    host().jobs.start(2);
    while (execution(run)["Status"] != "TRANSFERRING")
        std::this_thread::yield();
    host_.reset();
    EXPECT_EQ(execution(run)["Status"], "TRANSFERRING");
    ok("UpdateTaskExecution", {{"TaskExecutionArn", run}, {"Options", {{"BytesPerSecond", -1}}}});
    settle();
    EXPECT_EQ(execution(run)["Status"], "SUCCESS");
    // The file, and the root whose time differed, as in a run that was not stopped.
    EXPECT_EQ(execution(run)["FilesTransferred"], 2);
}

TEST_F(DataSyncTest, AKilledExecutionEndsLikeAnUndisturbedOne) {
    for (int i = 0; i < 60; ++i)
        write(home("200000") / ("d" + std::to_string(i % 7)) / std::to_string(i),
              std::string(static_cast<std::size_t>(i), 'x'));
    const auto kill_at = [&](const std::string& script) {
        const pid_t child = ::fork();
        if (child == 0) {
            fault::install(script);
            start(task(recovery_options()));
            host().jobs.start(2);
            host().jobs.settle(std::chrono::seconds(60));
            ::_exit(0);
        }
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        return WIFSIGNALED(status);
    };
    for (const char* script :
         {"datasync.launched=kill", "datasync.noted=kill", "datasync.noted:2=kill",
          "mover.directory-created:4=kill", "mover.file-before-mode:30=kill",
          "mover.file-after-naming:55=kill", "mover.tree-before-times:5=kill",
          "datasync.noted:3=kill", "mover.verify-read:20=kill", "datasync.copied=kill",
          "jobs.before-end=kill"}) {
        SCOPED_TRACE(script);
        host_.reset();
        fs::remove_all(home("200005"));
        fs::create_directory(home("200005"));
        for (const char* file : {"lifeboat.db", "lifeboat.db-wal", "lifeboat.db-shm"})
            fs::remove(temporary_.path() / file);
        ASSERT_TRUE(kill_at(script));
        settle();
        const Json runs = ok("ListTaskExecutions", Json::object())["TaskExecutions"];
        ASSERT_EQ(runs.size(), 1U);
        const Json done = execution(runs[0]["TaskExecutionArn"]);
        EXPECT_EQ(done["Status"], "SUCCESS") << done;
        EXPECT_EQ(done["FilesTransferred"], 67);
        EXPECT_EQ(done["EstimatedFilesToTransfer"], 67);
        EXPECT_EQ(done["BytesWritten"], 1770);
        EXPECT_EQ(done["BytesTransferred"], 1770);
        EXPECT_FALSE(done.contains("FirstEstimate"));
        for (int i = 0; i < 60; ++i)
            EXPECT_EQ(
                fs::file_size(home("200005") / ("d" + std::to_string(i % 7)) / std::to_string(i)),
                static_cast<std::uintmax_t>(i));
    }
}

TEST_F(DataSyncTest, ListsArePagedAndFiltered) {
    std::vector<std::string> tasks;
    for (int i = 0; i < 5; ++i)
        tasks.push_back(task());
    std::vector<std::string> seen;
    Json request = {{"MaxResults", 2}};
    for (int pages = 0; pages < 3; ++pages) {
        const Json page = ok("ListTasks", request);
        for (const Json& item : page["Tasks"])
            seen.push_back(item["TaskArn"]);
        if (!page.contains("NextToken")) break;
        request["NextToken"] = page["NextToken"];
    }
    EXPECT_EQ(seen, tasks);
    EXPECT_EQ(refused("ListTasks", {{"NextToken", "abc"}}),
              "InvalidRequestException[InvalidParameter]");
    const Json described = ok("DescribeTask", {{"TaskArn", tasks[2]}});
    const auto filtered = [&](const char* operation, const char* member, const char* name,
                              const char* op, const std::string& value) {
        return ok(operation,
                  {{"Filters", {{{"Name", name}, {"Operator", op}, {"Values", {value}}}}}})[member]
            .size();
    };
    EXPECT_EQ(
        filtered("ListTasks", "Tasks", "LocationId", "Equals", described["SourceLocationArn"]), 1U);
    EXPECT_EQ(filtered("ListTasks", "Tasks", "CreationTime", "GreaterThan", "2026-01-02T09:18:24Z"),
              0U);
    EXPECT_EQ(filtered("ListLocations", "Locations", "LocationUri", "Contains", "/200005/"), 5U);
    EXPECT_EQ(filtered("ListLocations", "Locations", "LocationType", "Equals", "S3"), 0U);
}

TEST_F(DataSyncTest, TagsStayWithWhatTheyTag) {
    const std::string arn = task();
    ok("TagResource",
       {{"ResourceArn", arn}, {"Tags", {{{"Key", "a"}, {"Value", "1"}}, {{"Key", "b"}}}}});
    ok("TagResource", {{"ResourceArn", arn}, {"Tags", {{{"Key", "a"}, {"Value", "2"}}}}});
    ok("UntagResource", {{"ResourceArn", arn}, {"Keys", {"b"}}});
    EXPECT_EQ(ok("ListTagsForResource", {{"ResourceArn", arn}})["Tags"],
              Json::parse(R"([{"Key": "a", "Value": "2"}])"));
    EXPECT_NE(refused("TagResource", {{"ResourceArn", arn}, {"Tags", {{{"Key", "aws:x"}}}}}), "");
    ok("DeleteTask", {{"TaskArn", arn}});
    EXPECT_EQ(refused("ListTagsForResource", {{"ResourceArn", arn}}),
              "InvalidRequestException[TaskNotFound]");
}

TEST_F(DataSyncTest, TheWholeFileSystemIsALegalLocation) {
    fs::create_directories(temporary_.path() / "allowed" / "backup");
    write(home("200000") / "a", "x");
    const std::string run = start(task(Json::object(), "", "/200005"));
    settle();
    // A home within the whole file system cannot receive it.
    EXPECT_EQ(execution(run)["Status"], "ERROR");
    EXPECT_EQ(execution(run)["Result"]["ErrorCode"], "DestinationWithinSource");
}

}  // namespace
}  // namespace lifeboat::local

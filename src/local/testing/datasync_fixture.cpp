#include "local/testing/datasync_fixture.h"

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/encoding.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/json.h"
#include "cloud/model.h"
#include "local/datasync/service.h"

namespace lifeboat::local::testing {

namespace fs = std::filesystem;

Json PlayedCloud::call(std::string_view service, std::string_view operation, const Json& request,
                       const cloud::CallOptions&) {
    if (service == "s3") return call_s3(operation, request);
    EXPECT_EQ(service, "efs");
    EXPECT_EQ(operation, "DescribeFileSystems");
    if (request.at("FileSystemId") != kFileSystem)
        throw Error(ErrorCategory::NotFound, "FileSystemNotFound", "no such file system");
    return {{"FileSystems", {{{"FileSystemId", kFileSystem}}}}};
}

Json PlayedCloud::call_s3(std::string_view operation, const Json& request) {
    if (request.at("Bucket") != "reports")
        throw Error(ErrorCategory::NotFound, "NoSuchBucket", "no such bucket");
    const std::string key = request.at("Key");
    if (operation == "PutObject") {
        objects[key] = base64_decode(request.at("Body").get<std::string>()).value_or("?");
        return Json::object();
    }
    EXPECT_EQ(operation, "GetObject");
    if (!objects.contains(key)) throw Error(ErrorCategory::NotFound, "NoSuchKey", "no such key");
    return {{"Body", base64_encode(objects[key])}};
}

void RecordedEvents::publish(Transaction&, const Json& event) {
    states.push_back(event.at("detail").at("State"));
}

DataSyncHost::DataSyncHost(const fs::path& data,
                           std::map<std::string, std::string, std::less<>> values,
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

DataSyncHost::~DataSyncHost() {
    jobs.stop();
}

Json DataSyncHost::call(const std::string& name, const Json& request, const std::string& token) {
    cloud::validate(cloud::service_model("datasync").operation(name), request);
    const Operation& operation = operations.at(name);
    Caller caller;
    caller.call_token = token;
    if (operation.block) return operation.block(request, caller);
    if (operation.read)
        return database.read([&](Transaction& tx) { return operation.read(tx, request, caller); });
    return database.write([&](Transaction& tx) { return operation.write(tx, request, caller); });
}

DataSyncTest::DataSyncTest() : clock_(from_epoch_seconds(1767345504)) {
    fs::create_directories(home("200000"));
    fs::create_directories(home("200005"));
    settings_["datasync.local_roots"] = temporary_.path() / "allowed";
    fs::create_directories(temporary_.path() / "allowed" / "below");
}

DataSyncTest::~DataSyncTest() {
    fault::install("");
}

fs::path DataSyncTest::home(const std::string& uid) const {
    return temporary_.path() / "efs" / kFileSystem / uid;
}

void DataSyncTest::write(const fs::path& path, std::string_view content) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
}

std::string DataSyncTest::read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

DataSyncHost& DataSyncTest::host() {
    if (!host_)
        host_ = std::make_unique<DataSyncHost>(temporary_.path(), settings_, clock_, random_);
    return *host_;
}

Json DataSyncTest::ok(const std::string& operation, const Json& request, const std::string& token) {
    try {
        return host().call(operation, request, token);
    } catch (const Error& error) {
        ADD_FAILURE() << operation << ": " << error.what();
        return Json::object();
    }
}

std::string DataSyncTest::refused(const std::string& operation, const Json& request) {
    try {
        host().call(operation, request, "");
        return "";
    } catch (const Error& error) {
        const auto code = find_string(error.members(), "datasyncErrorCode");
        return error.code() + (code ? "[" + *code + "]" : "");
    }
}

std::string DataSyncTest::efs_location(const std::string& subdirectory, const std::string& token) {
    return ok("CreateLocationEfs", efs_request(subdirectory), token).value("LocationArn", "");
}

Json DataSyncTest::efs_request(const std::string& subdirectory) {
    return {{"EfsFilesystemArn",
             std::string("arn:aws:elasticfilesystem:us-east-1:000000000000:file-system/") +
                 kFileSystem},
            {"Subdirectory", subdirectory},
            {"Ec2Config",
             {{"SubnetArn", "arn:aws:ec2:us-east-1:000000000000:subnet/subnet-0a"},
              {"SecurityGroupArns", {"arn:aws:ec2:us-east-1:000000000000:security-group/sg-0a"}}}}};
}

std::string DataSyncTest::task() {
    return task(Json::object());
}

std::string DataSyncTest::task(const Json& options, const std::string& from,
                               const std::string& to) {
    return ok("CreateTask", {{"SourceLocationArn", efs_location(from)},
                             {"DestinationLocationArn", efs_location(to)},
                             {"Options", options}})
        .value("TaskArn", "");
}

std::string DataSyncTest::start(const std::string& task_arn) {
    return ok("StartTaskExecution", {{"TaskArn", task_arn}}).value("TaskExecutionArn", "");
}

Json DataSyncTest::execution(const std::string& arn) {
    return ok("DescribeTaskExecution", {{"TaskExecutionArn", arn}});
}

void DataSyncTest::settle() {
    host().jobs.start(4);
    ASSERT_TRUE(host().jobs.settle(std::chrono::seconds(60)));
}

Json DataSyncTest::manifest_config(const std::string& bucket, const std::string& key) {
    return {{"Action", "TRANSFER"},
            {"Format", "CSV"},
            {"Source",
             {{"S3",
               {{"S3BucketArn", bucket},
                {"ManifestObjectPath", key},
                {"BucketAccessRoleArn", "arn:aws:iam::000000000000:role/reader"}}}}}};
}

Json DataSyncTest::report_config(const std::string& level) {
    return {{"OutputType", "STANDARD"},
            {"ReportLevel", level},
            {"Destination",
             {{"S3",
               {{"S3BucketArn", "arn:aws:s3:::reports"},
                {"Subdirectory", "/datasync"},
                {"BucketAccessRoleArn", "arn:aws:iam::000000000000:role/writer"}}}}}};
}

Json DataSyncTest::report(const std::string& execution, const std::string& file) {
    const std::string id = execution.substr(execution.rfind('/') + 1);
    const std::string task_id = execution.substr(execution.find("task-"), 22);
    const bool is_summary = file.empty();
    const std::string key = std::string("datasync/") + (is_summary ? "Summary" : "Detailed") +
                            "-Reports/" + task_id + "/" + id + "/" + id +
                            (is_summary ? "" : ".files-" + file + "-v1-00001") + ".json";
    const auto found = host().cloud.objects.find(key);
    return found == host().cloud.objects.end() ? Json() : parse_json(found->second, key);
}

Json DataSyncTest::recovery_options() {
    Json options = {{"OverwriteMode", "NEWER"}};
    if (::geteuid() == 0) {
        options["OwnerUid"] = 200005;
        options["OwnerGid"] = 1001;
    }
    return options;
}

}  // namespace lifeboat::local::testing

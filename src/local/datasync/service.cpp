#include "local/datasync/service.h"

#include "base/json.h"
#include "local/datasync/executions.h"
#include "local/datasync/locations.h"
#include "local/datasync/runner.h"
#include "local/datasync/schedules.h"
#include "local/datasync/tags.h"
#include "local/datasync/tasks.h"

namespace lifeboat::local {
namespace datasync {
namespace {

class DataSyncService final : public Service {
  public:
    explicit DataSyncService(Site& site)
        : schedules_(site),
          locations_(site),
          tasks_(site, locations_, schedules_),
          runner_(site, locations_, tasks_),
          executions_(site, locations_, tasks_, runner_) {}

    std::string_view name() const override { return "datasync"; }

    std::vector<std::string> schema() const override {
        return {R"(
            CREATE TABLE datasync_location (
                number INTEGER PRIMARY KEY AUTOINCREMENT,
                arn TEXT NOT NULL UNIQUE,
                type TEXT NOT NULL,
                uri TEXT NOT NULL,
                root TEXT NOT NULL,
                path TEXT NOT NULL,
                details TEXT NOT NULL,
                created INTEGER NOT NULL,
                call_token TEXT UNIQUE);
            CREATE TABLE datasync_task (
                number INTEGER PRIMARY KEY AUTOINCREMENT,
                arn TEXT NOT NULL UNIQUE,
                source TEXT NOT NULL,
                destination TEXT NOT NULL,
                settings TEXT NOT NULL,
                created INTEGER NOT NULL);
            CREATE INDEX datasync_task_source ON datasync_task (source);
            CREATE INDEX datasync_task_destination ON datasync_task (destination);
            CREATE TABLE datasync_execution (
                number INTEGER PRIMARY KEY AUTOINCREMENT,
                arn TEXT NOT NULL UNIQUE,
                task TEXT NOT NULL,
                status TEXT NOT NULL,
                cancelled INTEGER NOT NULL,
                document TEXT NOT NULL);
            CREATE INDEX datasync_execution_task ON datasync_execution (task, number);
            CREATE INDEX datasync_execution_open ON datasync_execution (task)
                WHERE status NOT IN ('SUCCESS', 'ERROR');
            CREATE TABLE datasync_tag (
                number INTEGER PRIMARY KEY AUTOINCREMENT,
                resource TEXT NOT NULL,
                key TEXT NOT NULL,
                value TEXT NOT NULL,
                UNIQUE (resource, key));
        )"};
    }

    std::vector<Operation> operations() override {
        using Kind = Location::Kind;
        return {
            blocks("CreateLocationEfs",
                   [this](const Json& request, const Caller& caller) {
                       return locations_.create_efs(request, caller);
                   }),
            writes("CreateLocationNfs",
                   [this](Transaction& tx, const Json& request, const Caller&) {
                       return locations_.create_nfs(tx, request);
                   }),
            blocks("CreateLocationS3",
                   [this](const Json& request, const Caller& caller) {
                       return locations_.create_s3(request, caller);
                   }),
            writes("UpdateLocationS3",
                   [this](Transaction& tx, const Json& request, const Caller&) {
                       return locations_.update_s3(tx, request);
                   }),
            reads("DescribeLocationS3",
                  [this](Transaction& tx, const Json& request, const Caller&) {
                      return locations_.describe(tx, request, Kind::S3);
                  }),
            reads("DescribeLocationEfs",
                  [this](Transaction& tx, const Json& request, const Caller&) {
                      return locations_.describe(tx, request, Kind::Efs);
                  }),
            reads("DescribeLocationNfs",
                  [this](Transaction& tx, const Json& request, const Caller&) {
                      return locations_.describe(tx, request, Kind::Local);
                  }),
            reads("ListLocations", to(locations_, &Locations::list)),
            writes("DeleteLocation", to(locations_, &Locations::remove)),
            writes("CreateTask", to(tasks_, &Tasks::create)),
            reads("DescribeTask", to(tasks_, &Tasks::describe)),
            writes("UpdateTask", to(tasks_, &Tasks::update)),
            writes("DeleteTask", to(tasks_, &Tasks::remove)),
            reads("ListTasks", to(tasks_, &Tasks::list)),
            writes("StartTaskExecution", to(executions_, &Executions::start)),
            reads("DescribeTaskExecution", to(executions_, &Executions::describe)),
            reads("ListTaskExecutions", to(executions_, &Executions::list)),
            writes("CancelTaskExecution", to(executions_, &Executions::cancel)),
            writes("UpdateTaskExecution",
                   [this](Transaction& tx, const Json& request, const Caller&) {
                       return executions_.update(tx, request);
                   }),
            writes("TagResource",
                   [this](Transaction& tx, const Json& request, const Caller&) {
                       put_tags(tx, tagged(tx, request), require(request, "Tags"));
                       return Json::object();
                   }),
            writes("UntagResource",
                   [this](Transaction& tx, const Json& request, const Caller&) {
                       remove_tags(tx, tagged(tx, request), require(request, "Keys"));
                       return Json::object();
                   }),
            reads("ListTagsForResource",
                  [this](Transaction& tx, const Json& request, const Caller&) {
                      return list_tags(tx, tagged(tx, request), request);
                  }),
        };
    }

    void prepare() override {
        runner_.prepare(executions_);
        schedules_.prepare([this](Transaction& tx, const std::string& task, const Json& schedule) {
            executions_.start_scheduled(tx, task, schedule);
        });
    }

  private:
    template <class Object, class Method>
    static Operation::Transacted to(Object& object, Method method) {
        return [&object, method](Transaction& tx, const Json& request, const Caller&) {
            return (object.*method)(tx, request);
        };
    }

    // The ARN of a resource that is there.
    std::string tagged(Transaction& tx, const Json& request) const {
        const std::string arn = require_string(request, "ResourceArn");
        if (arn.find("/execution/") != std::string::npos)
            return executions_.require_execution(tx, arn).arn;
        if (arn.find(":task/") != std::string::npos) return tasks_.require_task(tx, arn).arn;
        return locations_.require_location(tx, arn).arn;
    }

    Schedules schedules_;
    Locations locations_;
    Tasks tasks_;
    Runner runner_;
    Executions executions_;
};

}  // namespace
}  // namespace datasync

std::unique_ptr<Service> make_datasync_service(Site& site) {
    return std::make_unique<datasync::DataSyncService>(site);
}

}  // namespace lifeboat::local
